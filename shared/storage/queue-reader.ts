import type { PeekedMessageItem } from '@azure/storage-queue';
import { inParallel } from '../in-parallel.ts';
import type { LoadCredential } from './credential.ts';
import { queueClient } from './queue-client.ts';
import { reaching, statusOf } from './storage-failure.ts';

/** A message as it lies in a queue; `text` is as stored, still encoded. */
export interface StoredMessage {
  readonly id: string;
  readonly text: string;
  readonly insertedAt: Date;
  /** When storage removes it by itself; `undefined` for never. */
  readonly expiresAt: Date | undefined;
}

/** A message that nobody else sees for the moment. */
export interface TakenMessage extends StoredMessage {
  /** Removes it for good; one that is gone already is as good. @throws UnavailableError where somebody else has it now. */
  remove(): Promise<void>;
}

/** One storage queue, to look into. */
export interface QueueReader {
  /** How many messages there are, hidden ones too, roughly. Permission needed: Storage Queue Data Reader. */
  approximateLength(): Promise<number>;
  /** Up to 32 messages that show now, untouched. Permission needed: Storage Queue Data Reader. */
  peek(): Promise<readonly StoredMessage[]>;
  /**
   * Every message that shows now, each once, however many there are. What was not removed shows again when this ends;
   * where the process ends first, after a minute. Permission needed: Storage Queue Data Message Processor.
   */
  takeAll(): AsyncGenerator<TakenMessage>;
}

/** The most that storage gives at a time. */
export const MOST_AT_A_TIME = 32;

const HIDDEN_FOR_IN_SECONDS = 60;
const CALLS_IN_FLIGHT = 16;

/** A storage queue reached with the app's identity. */
export function queueReader(serviceUrl: string, name: string, loadCredential: LoadCredential): QueueReader {
  const client = queueClient(serviceUrl, name, loadCredential);
  const reachingQueue = <T>(what: string, call: () => Promise<T>) => reaching(`${what} queue ${name}`, call);

  return {
    approximateLength: () =>
      reachingQueue('look at', async () => (await (await client()).getProperties()).approximateMessagesCount ?? 0),

    peek: () =>
      reachingQueue('look into', async () => {
        const { peekedMessageItems } = await (await client()).peekMessages({ numberOfMessages: MOST_AT_A_TIME });
        return peekedMessageItems.map(toStored);
      }),

    async *takeAll() {
      const taken = new Set<string>();
      const receipts = new Map<string, string>();
      const giveBack = async ([id, receipt]: readonly [string, string]) => {
        // A message that can't be given back shows again by itself.
        await (await client()).updateMessage(id, receipt, undefined, 0).catch(() => {});
      };
      try {
        for (;;) {
          const { receivedMessageItems } = await reachingQueue('read', async () =>
            (await client()).receiveMessages({
              numberOfMessages: MOST_AT_A_TIME,
              visibilityTimeout: HIDDEN_FOR_IN_SECONDS,
            }),
          );
          for (const { messageId, popReceipt } of receivedMessageItems) receipts.set(messageId, popReceipt);
          // Those that were taken so long ago that they show again have had their turn.
          const fresh = receivedMessageItems.filter(({ messageId }) => !taken.has(messageId));
          if (fresh.length === 0) return;
          for (const { messageId } of fresh) taken.add(messageId);
          for (const item of fresh) yield { ...toStored(item), remove: () => remove(item.messageId, receipts) };
        }
      } finally {
        await inParallel(receipts, CALLS_IN_FLIGHT, giveBack);
      }
    },
  };

  async function remove(id: string, receipts: Map<string, string>): Promise<void> {
    await reachingQueue('remove a message from', async () => {
      try {
        await (await client()).deleteMessage(id, receipts.get(id) ?? '');
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
    receipts.delete(id);
  }
}

function toStored({
  messageId,
  messageText,
  insertedOn,
  expiresOn,
}: Pick<PeekedMessageItem, 'messageId' | 'messageText' | 'insertedOn' | 'expiresOn'>): StoredMessage {
  return {
    id: messageId,
    text: messageText,
    insertedAt: insertedOn,
    // Endless life is stored as the end of the year 9999.
    expiresAt: expiresOn.getUTCFullYear() >= 9999 ? undefined : expiresOn,
  };
}
