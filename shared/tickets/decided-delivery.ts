import type { AssignmentView, LedgerChange } from './ledger.ts';
import type { DeliveryRow } from './ledger-row.ts';
import type { PlacedOrder } from './ticket-order.ts';

/** The change that makes everybody else who read the assignment before now read it again. */
export function assignmentChange(
  { place }: PlacedOrder,
  view: AssignmentView,
): NonNullable<LedgerChange['assignment']> {
  return { assignmentId: place.assignmentId, previous: view.assignment };
}

/** The change that says what this delivery led to; `undefined` where a row says so already. */
export function decidedDelivery(
  { envelope, place }: PlacedOrder,
  view: AssignmentView,
  key: string,
  absorbed: boolean,
): LedgerChange['delivery'] {
  const previous = view.deliveries.find(({ row }) => row.DeliveryId === envelope.DeliveryId);
  if (previous?.row.State === 'decided') return undefined;
  const row: DeliveryRow = {
    v: 1,
    State: 'decided',
    DeliveryId: envelope.DeliveryId,
    OrderedAt: envelope.OrderedAt,
    TicketKey: key,
    Absorbed: absorbed,
  };
  return { assignmentId: place.assignmentId, row, previous };
}
