import type { StorageQueueHandler } from '@azure/functions';
import type { ReceiveOrders } from '../shared/tickets/receive-orders.ts';
import { openQueueMessage } from './open-queue-message.ts';

/** `createTicket`: one message of `provisioning-orders` becomes tickets, put-backs or poison, and never nothing. */
export function makeCreateTicketHandler(receive: ReceiveOrders, now: () => Date): StorageQueueHandler {
  return openQueueMessage(receive, now);
}
