import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { Content, OrderStore } from '../provisioning/order-store.ts';
import { splitList, splitLongList } from '../provisioning/split-list.ts';
import type { MessageQueue } from '../storage/message-queue.ts';

/** Sends in flight at a time while a list is split. */
const SENDS_IN_FLIGHT = 16;

/**
 * Puts every order of a list on the queue in an envelope of its own, so that one bad order never holds up its
 * neighbours. May be repeated from the start after a crash: the envelopes are the same again, and so absorbed.
 */
export async function splitOrders(
  parent: Envelope,
  content: Content,
  deps: { readonly orders: MessageQueue; readonly store: OrderStore; readonly log: Log },
): Promise<void> {
  const isLong = content.kind === 'longList';
  const envelopes = isLong ? splitLongList(parent, content.orders) : splitList(parent, content.orders);
  await inParallel(envelopes, SENDS_IN_FLIGHT, async (envelope) => {
    await deps.orders.send(await deps.store.fit(envelope));
  });
  deps.log.info('delivery.split', {
    deliveryId: parent.DeliveryId,
    orders: isLong ? content.length : content.orders.length,
  });
}
