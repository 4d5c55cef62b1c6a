import type { OrderIdentity } from '../provisioning/order.ts';
import { INCIDENT } from './incident-fields.ts';
import type { TicketRow } from './ledger-row.ts';
import type { PlacedOrder } from './ticket-order.ts';

/**
 * The row of a new generation of an order, under nobody's claim and with nothing posted. `readAt` is the time of storage, for a
 * look-up for the ticket goes back no further: a machine whose clock is fast would never find it. Pure.
 */
export function newTicketRow(
  { envelope, place, orderKey }: PlacedOrder,
  identity: OrderIdentity,
  generation: number,
  readAt: Date,
): TicketRow {
  return {
    v: 1,
    State: 'creating',
    OrderKey: orderKey,
    Generation: generation,
    OrderedAt: envelope.OrderedAt,
    DeliveryId: envelope.DeliveryId,
    Connection: place.partition,
    ResourceType: identity.resourceType,
    AssignmentId: place.assignmentId,
    ChangeType: identity.changeType,
    OwnerId: identity.ownerId,
    OwnerType: identity.ownerType,
    ...(envelope.TraceParent && { TraceParent: envelope.TraceParent }),
    ClaimId: '',
    ClaimSeconds: 0,
    FirstClaimedAt: readAt.toISOString(),
    NotPosted: true,
    Unclear: false,
    Sequence: 0,
    TicketTable: INCIDENT,
  };
}
