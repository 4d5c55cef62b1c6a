import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import { MOST_AT_A_TIME, type QueueReader, type StoredMessage, type TakenMessage } from '../storage/queue-reader.ts';
import { decidePoisoned, keptFor } from './decide-poisoned.ts';
import { openPoisoned, type PoisonedMessage, summarizeContent } from './poisoned-message.ts';
import type { PutBackPace } from './put-back-pace.ts';

/**
 * Sees to it that nothing in poison expires: what the platform gave up is put back once, a message a minute, and after
 * that kept for good. Every step sends first and removes second, so a run that is cut short can only repeat.
 *
 * @throws AggregateError with the failures of single messages, after every message had its turn.
 */
export type WatchPoison = () => Promise<void>;

/** Builds the watch over one queue and its poison. */
export function makeWatchPoison(deps: {
  readonly poison: QueueReader & MessageQueue;
  readonly orders: MessageQueue;
  readonly store: OrderStore;
  readonly pace: PutBackPace;
  readonly log: Log;
  /** How messages of this queue are opened and named; by default those of orders. */
  readonly open?: (message: StoredMessage) => PoisonedMessage;
  readonly summarize?: (envelope: Envelope) => string;
}): WatchPoison {
  const { poison, orders, store, pace, log, open = openPoisoned, summarize = summarizeContent } = deps;

  return async () => {
    // Mostly there is nothing to do, and then no message is hidden from an operator.
    const peeked = await poison.peek();
    if (peeked.length < MOST_AT_A_TIME && peeked.every(({ expiresAt }) => expiresAt === undefined)) return;
    const failures: unknown[] = [];
    for await (const message of poison.takeAll()) {
      try {
        await handle(message);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `${failures.length} messages of poison could not be seen to; they are next time`,
      );
  };

  async function handle(message: TakenMessage): Promise<void> {
    const poisoned = open(message);
    const decision = decidePoisoned(poisoned);
    if (decision.kind === 'leave') return;
    const delayInSeconds = decision.kind === 'putBack' ? await pace() : undefined;
    const envelope =
      decision.kind === 'putBack' && delayInSeconds === undefined
        ? keptFor(poisoned.envelope, 'The platform gave it up, with so many others that it could not be put back')
        : decision.envelope;
    const isPutBack = delayInSeconds !== undefined;
    if (isPutBack) await orders.send(await store.fit(envelope), delayInSeconds);
    else await poison.send(await store.fit(envelope));
    await message.remove();
    log.error('poison.found', {
      deliveryId: envelope.DeliveryId,
      order: summarize(envelope),
      became: isPutBack ? 'put back' : 'kept',
      unsure: envelope.Unsure ?? false,
      ...(isPutBack && { delayInSeconds: Math.ceil(delayInSeconds) }),
    });
  }
}
