import type { Log } from '../log.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { Ledger } from './ledger.ts';
import type { PlacedOrder } from './ticket-order.ts';

/**
 * Puts an `Unsure` order into poison where another delivery of the same order has a row already, and says whether it did:
 * it may be that very delivery under a new name, and only a person can tell. No result is sent, for the row's own count.
 */
export type KeepRepeat = (order: PlacedOrder) => Promise<boolean>;

/** Builds the keeper. */
export function makeKeepRepeat(deps: {
  readonly ledger: Ledger;
  readonly poison: MessageQueue;
  readonly store: OrderStore;
  readonly log: Log;
}): KeepRepeat {
  const { ledger, poison, store, log } = deps;

  return async ({ envelope, place: { partition, assignmentId }, orderKey }) => {
    if (!envelope.Unsure) return false;
    const deliveryId = envelope.DeliveryId;
    const { tickets, deliveries } = await ledger.readAssignment(partition, assignmentId);
    // What was decided about this delivery stands, whatever other rows there are.
    if (deliveries.some(({ row }) => row.DeliveryId === deliveryId && row.State === 'decided')) return false;
    const other = tickets.findLast(({ row }) => row.OrderKey === orderKey)?.row;
    if (!other) return false;
    const reason = `It may be a repeat: the platform gave it up, and nobody can tell any more whether it is what led to ${other.Number ?? 'an order'} (${other.State}). Replay it with --again only if it is a new order`;
    await ledger.forgetWaiting(partition, assignmentId, deliveryId);
    await poison.send(await store.fit({ ...envelope, Reason: reason }));
    log.error('delivery.refused', { deliveryId, orderKey, reason });
    return true;
  };
}
