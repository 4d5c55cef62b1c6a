import { failureOf } from '../errors.ts';
import { openPoisoned } from '../poison/poisoned-message.ts';
import { eraseOrders } from '../provisioning/erased-order.ts';
import { identifyOrder } from '../provisioning/order.ts';
import type { Content } from '../provisioning/order-store.ts';
import type { TakenMessage } from '../storage/queue-reader.ts';
import type { AskedErasure, EraseDeps, Erased } from './erase-owner.ts';

/**
 * Blanks a person's orders in poison: each is sent anew without their data, and only then removed. A list in a blob is left to the
 * blob. @throws UnavailableError.
 */
export async function* eraseInPoison(
  { ownerId, dryRun }: AskedErasure,
  { store, poison, toPoison }: Pick<EraseDeps, 'store' | 'poison' | 'toPoison'>,
): AsyncGenerator<Erased> {
  const isTheirs = (order: unknown) => identifyOrder(order).ownerId === ownerId;
  const length = await poison.approximateLength();
  const seen = { messages: 0, ours: 0 };
  for await (const taken of poison.takeAll()) {
    seen.messages += 1;
    const erased = await erase(taken);
    if (erased) yield erased;
  }
  if (seen.messages - seen.ours < length)
    yield {
      kind: 'queue',
      name: 'provisioning-orders-poison',
      left: 'something else looks at messages of it right now, and they were not seen: run it again',
    };

  async function erase(taken: TakenMessage): Promise<Erased | undefined> {
    const { envelope, expiresAt } = openPoisoned(taken);
    const { DeliveryId: name, OrdersBlob, Together: _together, ...rest } = envelope;
    const content = await contentOrNone(envelope);
    if (content?.kind !== 'orders' || !content.orders.some(isTheirs)) return undefined;
    const isSingle = content.orders.length === 1;
    if (OrdersBlob !== undefined && !isSingle) return undefined;
    if (expiresAt !== undefined)
      return {
        kind: 'poison',
        name,
        left: 'the platform gave it up, and the app is about to put it back: run it again later',
      };
    if (!dryRun) {
      const whole = await store.contentOf(envelope);
      const Order = eraseOrders(whole, isTheirs);
      const erased = { ...rest, DeliveryId: name, Order };
      // A reason may quote what a person's order says.
      await toPoison.send(await store.fit(isSingle ? { ...erased, Reason: "Its person's data was erased" } : erased));
      seen.ours += 1;
      await taken.remove();
    }
    return { kind: 'poison', name };
  }

  async function contentOrNone(envelope: Parameters<typeof store.ordersOf>[0]): Promise<Content | undefined> {
    try {
      return await store.ordersOf(envelope);
    } catch (error) {
      // A blob that is not there, or is no JSON, tells of nobody that could be known.
      if (failureOf(error)?.class === 'permanent') return undefined;
      throw error;
    }
  }
}
