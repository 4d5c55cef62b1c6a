import { failureOf, messageOf } from '../errors.ts';
import { ordersIn } from '../provisioning/envelope.ts';
import { isErased } from '../provisioning/erased-order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { TakenMessage } from '../storage/queue-reader.ts';
import type { FindTickets } from './find-tickets.ts';
import { openPoisoned } from './poisoned-message.ts';
import { replayEnvelope } from './replay-envelope.ts';

/** What became of one message that was to be replayed: `as` is its new DeliveryId, `refused` says why there is none. */
export type Replayed =
  | { readonly deliveryId: string; readonly as: string }
  | { readonly deliveryId: string; readonly refused: string };

/**
 * Sends one message of poison as a new delivery, and only then removes it; a crash in between leads to a repeat, never to
 * a loss. Where a ticket exists already, or that can't be told, it stays unless it is to be done `again`.
 *
 * @throws UnavailableError when storage or settings can't be reached.
 */
export type ReplayPoisoned = (message: TakenMessage, again: boolean) => Promise<Replayed>;

const ANYWAY = 'It is replayed all the same with --again';

/** Builds the replay. */
export function makeReplayPoisoned(deps: {
  readonly findTickets: FindTickets;
  readonly store: OrderStore;
  readonly orders: MessageQueue;
}): ReplayPoisoned {
  async function refusal(message: TakenMessage): Promise<string | undefined> {
    const { envelope } = openPoisoned(message);
    try {
      const tickets = await deps.findTickets(envelope);
      if (tickets.length === 0) return undefined;
      const named = tickets.map(({ Number: number, State }) => `${number ?? 'a ticket without a number'} (${State})`);
      return `a ticket exists already: ${named.join(', ')}. ${ANYWAY}`;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined || failure.class === 'transient') throw error;
      return `whether a ticket exists can't be told: ${messageOf(error)}. ${ANYWAY}`;
    }
  }

  return async (message, again) => {
    const { envelope } = openPoisoned(message);
    const deliveryId = envelope.DeliveryId;
    if (isOneErased(envelope.Order))
      return { deliveryId, refused: "its person's data was erased, and no ticket can be made of what is left" };
    const refused = again ? undefined : await refusal(message);
    if (refused !== undefined) return { deliveryId, refused };
    const replayed = replayEnvelope(envelope);
    await deps.orders.send(await deps.store.fit(replayed));
    await message.remove();
    return { deliveryId, as: replayed.DeliveryId };
  };
}

function isOneErased(content: unknown): boolean {
  const { orders } = ordersIn(content);
  return orders.length === 1 && isErased(orders[0]);
}
