import type { TimerHandler } from '@azure/functions';
import type { ReconcileTickets } from '../shared/tickets/reconcile-tickets.ts';
import { inInvocation } from './invocation-log.ts';

/** `reconcileTickets`: what became of tickets that no poll sees, such as deleted ones, becomes results as well. */
export function makeReconcileTicketsHandler(reconcile: ReconcileTickets): TimerHandler {
  return (_timer, context) => inInvocation(context, reconcile);
}
