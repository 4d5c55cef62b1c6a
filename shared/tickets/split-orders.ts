import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import { type Envelope, splitEnvelope } from '../provisioning/envelope.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';

/** Sends in flight at a time while a list is split. */
const SENDS_IN_FLIGHT = 16;

/**
 * Puts every order of a list on the queue in an envelope of its own, so that one bad order never holds up its
 * neighbours. May be repeated from the start after a crash: the envelopes are the same again, and so absorbed.
 */
export async function splitOrders(
  parent: Envelope,
  list: readonly unknown[],
  deps: { readonly orders: MessageQueue; readonly store: OrderStore; readonly log: Log },
): Promise<void> {
  await inParallel(splitEnvelope(parent, list), SENDS_IN_FLIGHT, async (envelope) => {
    await deps.orders.send(await deps.store.fit(envelope));
  });
  deps.log.info('delivery.split', { deliveryId: parent.DeliveryId, orders: list.length });
}
