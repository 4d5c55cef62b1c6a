import type { Ledger } from './ledger.ts';
import type { OrderPlace } from './put-back.ts';

/**
 * Whether a delivery led to what it was to lead to, with nothing left to send: an operator dropped it, say, or another copy
 * came first. Two point reads at most. @throws UnavailableError.
 */
export async function isDone(ledger: Ledger, place: OrderPlace, deliveryId: string): Promise<boolean> {
  const { partition, assignmentId } = place;
  const delivery = (await ledger.readDelivery(partition, assignmentId, deliveryId))?.row;
  if (delivery?.State !== 'decided' || delivery.TicketKey === undefined) return false;
  const ticket = (await ledger.readTicket(partition, delivery.TicketKey))?.row;
  return ticket?.State !== 'creating' && ticket?.Pending === undefined && ticket?.PoisonPending === undefined;
}
