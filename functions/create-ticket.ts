import type { StorageQueueHandler } from '@azure/functions';
import { openMessage } from '../shared/provisioning/envelope.ts';
import type { ReceiveOrders } from '../shared/tickets/receive-orders.ts';
import { inInvocation } from './invocation-log.ts';

/** `createTicket`: one message of `provisioning-orders` becomes tickets, put-backs or poison, and never nothing. */
export function makeCreateTicketHandler(receive: ReceiveOrders, now: () => Date): StorageQueueHandler {
  return (body, context) =>
    inInvocation(context, async () => {
      const { triggerMetadata, traceContext } = context;
      const metadata = {
        id: triggerMetadata?.id,
        insertionTime: triggerMetadata?.insertionTime,
        traceParent: traceContext?.traceParent,
      };
      await receive(openMessage(body, metadata, now()));
    });
}
