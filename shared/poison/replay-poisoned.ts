import { failureOf, messageOf } from '../errors.ts';
import { type Envelope, ordersIn } from '../provisioning/envelope.ts';
import { isErased } from '../provisioning/erased-order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { StoredMessage, TakenMessage } from '../storage/queue-reader.ts';
import type { FindTickets } from './find-tickets.ts';
import { openPoisoned, type PoisonedMessage } from './poisoned-message.ts';
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

/**
 * Why a message had better not be sent again: what it asks for may be there already. `undefined` where nothing speaks against it.
 *
 * @throws UnavailableError when storage or settings can't be reached.
 */
export type WhyNotReplay = (envelope: Envelope) => Promise<string | undefined>;

const ANYWAY = 'It is replayed all the same with --again';

/** Of an order: that it has a ticket, or that nobody can tell. */
export function makeWhyNotReplayOrder(findTickets: FindTickets): WhyNotReplay {
  return async (envelope) => {
    try {
      const tickets = await findTickets(envelope);
      if (tickets.length === 0) return undefined;
      const named = tickets.map(({ Number: number, State }) => `${number ?? 'a ticket without a number'} (${State})`);
      return `a ticket exists already: ${named.join(', ')}`;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined || failure.class === 'transient') throw error;
      return `whether a ticket exists can't be told: ${messageOf(error)}`;
    }
  };
}

/** Builds the replay; messages are opened as orders by default. */
export function makeReplayPoisoned(deps: {
  readonly whyNot: WhyNotReplay;
  readonly store: OrderStore;
  readonly orders: MessageQueue;
  readonly open?: (message: StoredMessage) => PoisonedMessage;
}): ReplayPoisoned {
  const { open = openPoisoned } = deps;

  return async (message, again) => {
    const { envelope } = open(message);
    const deliveryId = envelope.DeliveryId;
    if (isOneErased(envelope.Order))
      return { deliveryId, refused: "its person's data was erased, and no ticket can be made of what is left" };
    const whyNot = again ? undefined : await deps.whyNot(envelope);
    if (whyNot !== undefined) return { deliveryId, refused: `${whyNot}. ${ANYWAY}` };
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
