import { type QueueClient, RestError } from '@azure/storage-queue';
import type { Settlement } from './decide-attempt.ts';
import type { HostEvent } from './host-event.ts';
import { isGone } from './is-gone.ts';

/** A message as it lies in its queue. `messageText` is the stored text, still encoded. */
export interface StoredMessage {
  readonly messageId: string;
  readonly popReceipt: string;
  readonly messageText: string;
}

/**
 * Carries out what was decided about a message, and reports it once done.
 * The move to the poison queue is two calls, so that a crash between them leaves the message in both; the copy has the
 * same text and nothing else, and the poison queue is made where it is missing.
 * A message that is someone else's by now, or gone, is left alone.
 * @throws any other storage error; the message then returns when its visibility runs out.
 * Source: QueueProcessor.cs.
 */
export async function settleMessage(
  queue: QueueClient,
  poisonQueue: QueueClient | undefined,
  message: StoredMessage,
  settlement: Settlement,
  report: (event: HostEvent) => void,
): Promise<void> {
  const { messageId, popReceipt, messageText } = message;
  const reportAs = (event: 'message.deleted' | 'message.released' | 'message.poisoned') =>
    report({ event, queue: queue.name, messageId });
  try {
    switch (settlement.action) {
      case 'delete':
        await queue.deleteMessage(messageId, popReceipt);
        return reportAs('message.deleted');
      case 'release':
        await queue.updateMessage(messageId, popReceipt, undefined, settlement.visibilityTimeoutInSeconds);
        return reportAs('message.released');
      case 'poison':
        if (poisonQueue) await sendCreating(poisonQueue, messageText);
        await queue.deleteMessage(messageId, popReceipt);
        return reportAs('message.poisoned');
      case 'leave':
        return;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
    report({
      event: 'log',
      level: 'debug',
      message: `Message ${messageId} of "${queue.name}" was taken or removed by someone else: ${error}`,
    });
  }
}

async function sendCreating(queue: QueueClient, text: string): Promise<void> {
  try {
    await queue.sendMessage(text);
  } catch (error) {
    if (!(error instanceof RestError && error.code === 'QueueNotFound')) throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(text);
  }
}
