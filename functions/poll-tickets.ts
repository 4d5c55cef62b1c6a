import type { TimerHandler } from '@azure/functions';
import type { PollTickets } from '../shared/tickets/poll-tickets.ts';
import { inInvocation } from './invocation-log.ts';

/** `pollTickets`: what people did in ServiceNow since the last run becomes results on `provisioning-results`. */
export function makePollTicketsHandler(poll: PollTickets): TimerHandler {
  return (_timer, context) => inInvocation(context, poll);
}
