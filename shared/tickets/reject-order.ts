import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { neutralLine } from '../neutral-text.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { OrderIdentity } from '../provisioning/order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import { decideCreate } from './decide-create.ts';
import { assignmentChange, decidedDelivery } from './decided-delivery.ts';
import { keyOf, type Ledger } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import { makeResult } from './make-result.ts';
import { newTicketRow } from './new-ticket-row.ts';
import type { OrderPlace, PutBack } from './put-back.ts';
import type { SettlePending } from './settle-pending.ts';
import type { PlacedOrder } from './ticket-order.ts';
import { whereToLook } from './ticket-reference.ts';

/** An order that can't become a ticket, and why. */
export interface Rejection {
  readonly envelope: Envelope;
  readonly identity: OrderIdentity;
  /** Absent where no assignment is known: then there is nobody to send a result to. */
  readonly place: OrderPlace | undefined;
  readonly orderKey: string;
  readonly reason: string;
  /** The claim of the caller, if it holds one. */
  readonly claimId: string | undefined;
}

/** A reason travels in envelopes that are nearly full. */
const LONGEST_REASON = 1_000;

/**
 * Gives an order up: an `Errored` result where its assignment is known, and the order in poison with the reason. Says whether it
 * did: not where its ticket is there, nor where somebody is making it, and the order was put back.
 */
export type RejectOrder = (rejection: Rejection) => Promise<boolean>;

/**
 * Builds the giver-up. Result and poison become pending in one write, refused where the order's ticket is open, closed
 * or under another's living claim; whoever meets the row sends both.
 */
export function makeRejectOrder(deps: {
  readonly ledger: Ledger;
  readonly poison: MessageQueue;
  readonly store: OrderStore;
  readonly settle: SettlePending;
  readonly putBack: PutBack;
  readonly clock: Clock;
  readonly log: Log;
}): RejectOrder {
  const { ledger, poison, store, settle, putBack, clock, log } = deps;

  return async (rejection) => {
    const { envelope, identity, place, orderKey } = rejection;
    if (!place) {
      await poison.send(
        await store.fit({ ...envelope, Reason: rejection.reason.slice(0, LONGEST_REASON).toWellFormed() }),
      );
      log.error('delivery.refused', { deliveryId: envelope.DeliveryId, reason: rejection.reason });
      return true;
    }
    const { partition, assignmentId } = place;
    const view = await ledger.readAssignment(partition, assignmentId);
    const placed: PlacedOrder = { envelope, place, orderKey };
    const { DeliveryId: deliveryId, OrderedAt: orderedAt } = envelope;
    const decision = decideCreate({ orderKey, deliveryId, orderedAt }, view);
    const own = view.tickets.find(
      ({ row: { State, ClaimId } }) => State === 'creating' && ClaimId === rejection.claimId,
    );
    if (decision.kind === 'repeat' || decision.kind === 'absorb') {
      // Its ticket is there, whatever went wrong with this copy of the order.
      const absorbed = decision.kind === 'absorb' && decidedDelivery(placed, view, keyOf(decision.row.row), true);
      if (absorbed) await ledger.write(partition, { delivery: absorbed, assignment: assignmentChange(placed, view) });
      if (decision.row) await settle(partition, decision.row);
      log.info('delivery.repeated', { deliveryId, orderKey });
      return false;
    }
    if (decision.kind === 'wait' && !own) {
      const { seconds: delayInSeconds, reason } = decision;
      await putBack(envelope, place, { kind: 'waiting', delayInSeconds, reason });
      return false;
    }

    const row = own ?? (decision.kind === 'takeOver' ? decision.row : undefined);
    const generation = decision.kind === 'claim' ? decision.generation : 1;
    const unclear = row !== undefined && !row.row.NotPosted;
    const why = rejection.reason.slice(0, LONGEST_REASON).toWellFormed();
    const reason = unclear ? `A ticket may exist: look in ServiceNow for ${whereToLook(row.row)}. ${why}` : why;
    const base = row?.row ?? newTicketRow(placed, identity, generation, view.readAt);
    const rejected: TicketRow = {
      ...base,
      State: 'rejected',
      Sequence: base.Sequence + 1,
      ProvisioningState: 'Errored',
      Unclear: unclear,
    };
    const result = makeResult(rejected, { state: 'Errored', message: neutralLine(reason, 1_000), at: clock.now() });
    const poisoned = await store.fit({ ...envelope, Reason: reason });
    const pending: TicketRow = {
      ...rejected,
      Pending: JSON.stringify(result),
      PoisonPending: Buffer.from(JSON.stringify(poisoned), 'utf8'),
    };
    const delivery = decidedDelivery(placed, view, keyOf(pending), false);
    const etag = await ledger.write(partition, {
      ticket: { row: pending, previous: row },
      ...(delivery && { delivery }),
    });
    log.error('order.rejected', {
      orderKey,
      deliveryId: envelope.DeliveryId,
      resourceType: identity.resourceType,
      reason,
    });
    await settle(partition, { row: pending, etag, writtenAt: clock.now() });
    return true;
  };
}
