import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { orderedOn } from '../provisioning/envelope.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import type { QueueReader } from '../storage/queue-reader.ts';
import { type Ledger, NO_CONNECTION, PASSWORDS } from '../tickets/ledger.ts';
import { openPoisoned } from './poisoned-message.ts';
import type { WatchPoison } from './watch-poison.ts';

/**
 * One look at all queues: what the platform poisoned is seen to, and the log says how long every queue is
 * (`queue.watched`) and how many orders and resets wait and for how long the oldest of them, by when it was given
 * (`orders.waiting`, `resets.waiting`).
 *
 * @throws what one of these failed with, after each had its turn.
 */
export type WatchQueues = () => Promise<void>;

/** Builds the watch. Visible messages of `orders` and `resets` are some that wait, up to 32 of each. */
export function makeWatchQueues(deps: {
  readonly watchPoison: readonly WatchPoison[];
  readonly queues: Readonly<Record<string, QueueReader>>;
  readonly orders: QueueReader;
  readonly resets: QueueReader;
  readonly ledger: Ledger;
  readonly mappings: Mappings;
  readonly clock: Clock;
  readonly log: Log;
}): WatchQueues {
  const { queues, orders, resets, ledger, mappings, clock, log } = deps;

  async function tellLengths(): Promise<void> {
    for (const [queue, reader] of Object.entries(queues))
      log.info('queue.watched', { queue, length: await reader.approximateLength() });
  }

  async function waitingIn(queue: QueueReader, partitions: Iterable<string>) {
    // What has its delay behind it is both a row and a message.
    const given = new Map<string, Date>();
    for (const message of await queue.peek()) {
      const { envelope } = openPoisoned(message);
      given.set(envelope.DeliveryId, orderedOn(envelope));
    }
    for (const partition of partitions) {
      for (const row of await ledger.listWaiting(partition)) given.set(row.DeliveryId, orderedOn(row));
    }
    const now = clock.now().getTime();
    const ages = [...given.values()].map((date) => (now - date.getTime()) / 1000);
    // A date that does not exist has no age.
    const oldest = ages.reduce((most, age) => (age > most ? age : most), 0);
    return { count: given.size, oldestAgeInSeconds: Math.round(oldest) };
  }

  async function tellOrders(): Promise<void> {
    const partitions = new Set([...(await mappings.connections()), NO_CONNECTION]);
    const { count, oldestAgeInSeconds } = await waitingIn(orders, partitions);
    log.info('orders.waiting', { orders: count, oldestAgeInSeconds });
  }

  async function tellResets(): Promise<void> {
    const { count, oldestAgeInSeconds } = await waitingIn(resets, [PASSWORDS]);
    log.info('resets.waiting', { resets: count, oldestAgeInSeconds });
  }

  return async () => {
    const done = await Promise.allSettled([
      ...deps.watchPoison.map((watchPoison) => watchPoison()),
      tellLengths(),
      tellOrders(),
      tellResets(),
    ]);
    const failures = done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Not all queues could be watched');
  };
}
