import type { LoadCredential } from './credential.ts';
import { queueClient } from './queue-client.ts';
import { reaching } from './storage-failure.ts';

/** A message holds 64 KiB as stored; Base64 takes a third of that. Source: Azure Queue Storage scale targets. */
export const LARGEST_MESSAGE_IN_BYTES = 48 * 1024;

/** Storage allows no longer delay than seven days. */
const LONGEST_DELAY_IN_SECONDS = 7 * 24 * 3600 - 1;

/** One storage queue, to send to. */
export interface MessageQueue {
  /**
   * Puts one JSON message on the queue, Base64 as `host.json` says, with endless life; it shows after the delay.
   *
   * @throws UnavailableError when storage can't take it. Permission needed: Storage Queue Data Message Sender.
   */
  send(body: unknown, delayInSeconds?: number): Promise<void>;
}

/** A storage queue reached with the app's identity; the client is built at the first send. */
export function messageQueue(serviceUrl: string, name: string, loadCredential: LoadCredential): MessageQueue {
  const client = queueClient(serviceUrl, name, loadCredential);
  return {
    send: (body, delayInSeconds = 0) =>
      reaching(`send to queue ${name}`, async () => {
        const text = Buffer.from(JSON.stringify(body), 'utf8').toString('base64');
        await (await client()).sendMessage(text, {
          messageTimeToLive: -1,
          visibilityTimeout: Math.min(Math.ceil(Math.max(delayInSeconds, 0)), LONGEST_DELAY_IN_SECONDS),
        });
      }),
  };
}
