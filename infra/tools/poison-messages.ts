import { failureOf, messageOf } from '../../shared/errors.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import { describeContent } from '../../shared/poison/describe-content.ts';
import type { PoisonedMessage } from '../../shared/poison/poisoned-message.ts';
import type { Envelope } from '../../shared/provisioning/envelope.ts';
import type { OrderStore } from '../../shared/provisioning/order-store.ts';
import type { QueueReader, StoredMessage } from '../../shared/storage/queue-reader.ts';

/** One message of poison as the commands print it. */
export interface ListedPoison {
  /** Its place in the list, oldest first, from 1; only a list gives one. */
  readonly n?: number;
  readonly deliveryId: string;
  readonly summary: string;
  readonly orderedAt: string;
  readonly poisonedAt: string;
  readonly reason: string;
  /** When it is gone unless somebody acts: only of what the platform gave up and nobody has looked at yet. */
  readonly expiresAt?: string;
  /** How often an operator replayed it. */
  readonly replays?: number;
  readonly putBack?: true;
  readonly unsure?: true;
}

/** A message with its content, a line per value; secrets are masked. */
export interface ShownPoison extends ListedPoison {
  readonly content: readonly string[];
}

const LONGEST_REASON = 2_000;
const NO_REASON = 'none is known: the platform gave it up after its last attempt; the log of the app says more';

/** A queue of poison, and how its messages are read. */
export interface PoisonQueue {
  readonly poison: QueueReader;
  readonly store: OrderStore;
  readonly open: (message: StoredMessage) => PoisonedMessage;
  readonly summarize: (envelope: Envelope) => string;
}

/** Everything in poison, oldest first; nothing is changed. @throws UnavailableError. */
export async function readPoison({ poison, open }: PoisonQueue): Promise<readonly PoisonedMessage[]> {
  const messages: PoisonedMessage[] = [];
  for await (const taken of poison.takeAll()) messages.push(open(taken));
  // Storage tells whole seconds; the place of a message must not change from one command to the next.
  const age = ({ poisonedAt, envelope, id }: PoisonedMessage) =>
    `${poisonedAt.toISOString()} ${envelope.OrderedAt} ${id}`;
  return messages.sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

/** One message as listed, with what it carries. @throws UnavailableError where its blob can't be reached. */
export async function showPoison(message: PoisonedMessage, queue: PoisonQueue, n?: number): Promise<ShownPoison> {
  const listed = listPoison(message, queue, n);
  try {
    return { ...listed, content: describeContent(await queue.store.contentOf(message.envelope)) };
  } catch (error) {
    if (failureOf(error)?.class !== 'permanent') throw error;
    return { ...listed, content: [neutralLine(messageOf(error), LONGEST_REASON)] };
  }
}

/** One message without its content. */
export function listPoison(
  { envelope, poisonedAt, expiresAt }: PoisonedMessage,
  { summarize }: Pick<PoisonQueue, 'summarize'>,
  n?: number,
): ListedPoison {
  const { DeliveryId, OrderedAt, Reason, Replay, PutBack, Unsure } = envelope;
  return {
    ...(n !== undefined && { n }),
    deliveryId: DeliveryId,
    summary: summarize(envelope),
    orderedAt: OrderedAt,
    poisonedAt: poisonedAt.toISOString(),
    reason: Reason === undefined ? NO_REASON : neutralLine(Reason, LONGEST_REASON),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(Replay !== undefined && { replays: Replay }),
    ...(PutBack && { putBack: true as const }),
    ...(Unsure && { unsure: true as const }),
  };
}

/** One message for people. */
export function formatPoison({
  n,
  deliveryId,
  summary,
  orderedAt,
  poisonedAt,
  reason,
  expiresAt,
  replays,
  putBack,
  unsure,
}: ListedPoison): string {
  const notes = [
    ...(expiresAt ? [`given up by the platform, gone on ${expiresAt} unless the app or you act`] : []),
    ...(replays === undefined ? [] : [`replayed ${replays === 1 ? 'once' : `${replays} times`}`]),
    ...(putBack ? ['put back once after the platform gave it up'] : []),
    ...(unsure ? ['may be a repeat'] : []),
  ];
  return [
    `${n === undefined ? '-' : `${n}.`} ${neutralLine(deliveryId, 300)}`,
    `   ${summary}`,
    `   ordered ${orderedAt.split('#')[0]}, in poison since ${poisonedAt}${notes.map((note) => `; ${note}`).join('')}`,
    `   Reason: ${reason}`,
  ].join('\n');
}

/** One message with its content, for people. */
export function formatShown(shown: ShownPoison): string {
  return [formatPoison(shown), ...shown.content.map((line) => `     ${line}`)].join('\n');
}
