import type { StorageQueueHandler } from '@azure/functions';
import { type Envelope, openMessage } from '../shared/provisioning/envelope.ts';
import { inInvocation } from './invocation-log.ts';

/** A handler of a queue: opens the message, whatever it is, and hands its envelope on. */
export function openQueueMessage(receive: (envelope: Envelope) => Promise<void>, now: () => Date): StorageQueueHandler {
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
