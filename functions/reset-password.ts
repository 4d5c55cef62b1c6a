import type { StorageQueueHandler } from '@azure/functions';
import type { ReceiveResets } from '../shared/passwords/receive-resets.ts';
import { openQueueMessage } from './open-queue-message.ts';

/** `resetPassword`: one message of `password-resets` becomes a password in ServiceNow, a put-back or poison, and never nothing. */
export function makeResetPasswordHandler(receive: ReceiveResets, now: () => Date): StorageQueueHandler {
  return openQueueMessage(receive, now);
}
