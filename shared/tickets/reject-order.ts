import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { neutralLine } from '../neutral-text.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { OrderIdentity } from '../provisioning/order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import { decideCreate } from './decide-create.ts';
import { INCIDENT } from './incident-fields.ts';
import { keyOf, type Ledger } from './ledger.ts';
import type { DeliveryRow, Stored, TicketRow } from './ledger-row.ts';
import { makeResult } from './make-result.ts';
import type { OrderPlace, PutBack } from './put-back.ts';
import type { SettlePending } from './settle-pending.ts';

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

/** Gives an order up: an `Errored` result where its assignment is known, and the order in poison with the reason. */
export type RejectOrder = (rejection: Rejection) => Promise<void>;

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
      return;
    }
    const { partition, assignmentId } = place;
    const view = await ledger.readAssignment(partition, assignmentId);
    const delivery = view.deliveries.find(({ row }) => row.DeliveryId === envelope.DeliveryId);
    const { DeliveryId: deliveryId, OrderedAt: orderedAt } = envelope;
    const decision = decideCreate({ orderKey, deliveryId, orderedAt }, view);
    const own = view.tickets.find(
      ({ row: { State, ClaimId } }) => State === 'creating' && ClaimId === rejection.claimId,
    );
    if (decision.kind === 'repeat' || decision.kind === 'absorb') {
      // Its ticket is there, whatever went wrong with this copy of the order.
      if (decision.kind === 'absorb') {
        const row = { ...decidedAs(keyOf(decision.row.row)), Absorbed: true };
        await ledger.write(partition, { delivery: { assignmentId, previous: delivery, row } });
      }
      if (decision.row) await settle(partition, decision.row);
      log.info('delivery.repeated', { deliveryId, orderKey });
      return;
    }
    if (decision.kind === 'wait' && !own) {
      return putBack(envelope, place, {
        kind: 'waiting',
        delayInSeconds: decision.seconds,
        reason: decision.reason,
      });
    }

    const row = own ?? (decision.kind === 'takeOver' ? decision.row : undefined);
    const generation = decision.kind === 'claim' ? decision.generation : 1;
    const unclear = row !== undefined && !row.row.NotPosted;
    const why = rejection.reason.slice(0, LONGEST_REASON).toWellFormed();
    const reason = unclear
      ? `A ticket may exist: look in ServiceNow for correlation_id ${keyOf(row.row)}. ${why}`
      : why;
    const rejected = rejectedRow(row, reason, generation);
    const poisoned = await store.fit({ ...envelope, Reason: reason });
    const pending: TicketRow = {
      ...rejected,
      Unclear: unclear,
      PoisonPending: Buffer.from(JSON.stringify(poisoned), 'utf8'),
    };
    const etag = await ledger.write(partition, {
      ticket: { row: pending, previous: row },
      delivery: {
        assignmentId,
        previous: delivery,
        row: decidedAs(keyOf(pending)),
      },
    });
    log.error('order.rejected', {
      orderKey,
      deliveryId: envelope.DeliveryId,
      resourceType: identity.resourceType,
      reason,
    });
    await settle(partition, { row: pending, etag, writtenAt: clock.now() });

    function decidedAs(key: string): DeliveryRow {
      return { v: 1, State: 'decided', DeliveryId: deliveryId, OrderedAt: orderedAt, TicketKey: key };
    }

    function rejectedRow(claimed: Stored<TicketRow> | undefined, message: string, newGeneration: number): TicketRow {
      const base: TicketRow = claimed?.row ?? {
        v: 1,
        State: 'rejected',
        OrderKey: orderKey,
        Generation: newGeneration,
        OrderedAt: envelope.OrderedAt,
        DeliveryId: envelope.DeliveryId,
        Connection: partition,
        ResourceType: identity.resourceType,
        AssignmentId: assignmentId,
        ChangeType: identity.changeType,
        OwnerId: identity.ownerId,
        OwnerType: identity.ownerType,
        ...(envelope.TraceParent && { TraceParent: envelope.TraceParent }),
        ClaimId: '',
        ClaimSeconds: 0,
        FirstClaimedAt: clock.now().toISOString(),
        NotPosted: true,
        Unclear: false,
        Sequence: 0,
        TicketTable: INCIDENT,
      };
      const next: TicketRow = { ...base, State: 'rejected', Sequence: base.Sequence + 1, ProvisioningState: 'Errored' };
      const result = makeResult(next, { state: 'Errored', message: neutralLine(message, 1_000), at: clock.now() });
      return { ...next, Pending: JSON.stringify(result) };
    }
  };
}
