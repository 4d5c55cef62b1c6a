import type { QueueClient, ReceivedMessageItem } from '@azure/storage-queue';
import { decideEnd, decideStart } from './decide-attempt.ts';
import { decodeBody } from './decode-body.ts';
import type { HostEvent } from './host-event.ts';
import type { HostTimes } from './host-times.ts';
import type { CallResult, Invoker } from './invoker.ts';
import { keepHidden } from './keep-hidden.ts';
import type { QueueSettings } from './read-host-json.ts';
import { settleMessage } from './settle-message.ts';
import { triggerMetadata } from './trigger-metadata.ts';

/** The function that a queue starts, and what its messages go through. */
export interface QueueFunction {
  readonly functionName: string;
  readonly binding: string;
  readonly queue: QueueClient;
  readonly poisonQueue: QueueClient | undefined;
  readonly settings: QueueSettings;
  readonly times: HostTimes;
  readonly invoker: Pick<Invoker, 'invoke'>;
  readonly report: (event: HostEvent) => void;
}

/**
 * Makes what takes a received message to its end: run it, hidden as long as that takes, then delete it, give it back or
 * move it to the poison queue. Never rejects: a storage error is logged, and storage gives the message out again.
 */
export function makeProcessMessage(target: QueueFunction): (message: ReceivedMessageItem) => Promise<void> {
  const { queue, poisonQueue, settings, times, report } = target;
  const hasPoisonQueue = poisonQueue !== undefined;
  const log = (level: string, message: string) => report({ event: 'log', level, message });

  async function processMessage(message: ReceivedMessageItem): Promise<void> {
    const body = decodeBody(message.messageText, settings.messageEncoding);
    const attempt = { dequeueCount: message.dequeueCount, hasPoisonQueue };
    const start = decideStart({ ...attempt, isDecodable: body.kind !== 'not-base64' }, settings);
    if (start.action !== 'run') {
      log('warning', `Message ${message.messageId} of "${queue.name}" is not run (${body.kind}, ${start.action}).`);
      return settleMessage(queue, poisonQueue, message, start, report);
    }
    const stopHiding = keepHidden(queue, message, times, log);
    const { succeeded } = body.kind === 'text' ? await run(target, message, body.text) : { succeeded: false };
    const popReceipt = await stopHiding();
    await settleMessage(
      queue,
      poisonQueue,
      { ...message, popReceipt },
      decideEnd({ ...attempt, succeeded }, settings),
      report,
    );
  }

  return (message) =>
    processMessage(message).catch((error) => {
      log('error', `Message ${message.messageId} of "${queue.name}" could not be settled, it will return: ${error}`);
    });
}

function run(
  { functionName, binding, invoker }: QueueFunction,
  message: ReceivedMessageItem,
  text: string,
): Promise<CallResult> {
  return invoker.invoke({
    functionName,
    binding,
    input: { string: text },
    triggerMetadata: triggerMetadata(text, message),
    message,
  });
}
