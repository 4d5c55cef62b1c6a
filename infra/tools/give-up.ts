import { failureOf, messageOf } from '../../shared/errors.ts';
import type { RejectReset } from '../../shared/passwords/reject-reset.ts';
import { type Envelope, ordersIn } from '../../shared/provisioning/envelope.ts';
import { identifyOrder } from '../../shared/provisioning/order.ts';
import type { OrderStore } from '../../shared/provisioning/order-store.ts';
import { readAgain } from '../../shared/storage/read-again.ts';
import { keyOfOrder } from '../../shared/tickets/key-of-order.ts';
import type { RejectOrder } from '../../shared/tickets/reject-order.ts';
import type { FoundWaiting } from './waiting-orders.ts';

/**
 * Gives up what waits: `Errored`, and kept in poison. Gives why it was not, `undefined` where it was.
 *
 * @throws UnavailableError.
 */
export type GiveUp = (envelope: Envelope, found: FoundWaiting) => Promise<string | undefined>;

const REASON = 'dropped by an operator';

/** Of an order. */
export function makeGiveUpOrder(deps: {
  readonly installationId: string;
  readonly store: OrderStore;
  readonly reject: RejectOrder;
}): GiveUp {
  return async (envelope, { order, place: { partition } }) => {
    let data: unknown;
    try {
      data = ordersIn(await deps.store.contentOf(envelope)).orders[0];
    } catch (error) {
      if (failureOf(error)?.class !== 'permanent') throw error;
      return messageOf(error);
    }
    const identity = identifyOrder(data);
    const { assignmentId } = identity;
    if (assignmentId === undefined) return 'it names no assignment';
    const isDropped = await readAgain(() =>
      deps.reject({
        envelope,
        identity,
        place: { partition, assignmentId, summary: order.summary },
        orderKey: keyOfOrder(deps.installationId, partition, data),
        reason: REASON,
        claimId: undefined,
      }),
    );
    return isDropped ? undefined : 'its ticket is there, or somebody is just making it';
  };
}

/** Of a password reset. */
export function makeGiveUpReset(reject: RejectReset): GiveUp {
  return async (envelope) => {
    const seconds = await readAgain(() => reject(envelope, REASON));
    return seconds > 0 ? 'somebody is just setting its password' : undefined;
  };
}
