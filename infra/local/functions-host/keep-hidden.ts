import type { QueueClient } from '@azure/storage-queue';
import type { HostTimes } from './host-times.ts';
import { isGone } from './is-gone.ts';
import { pause } from './pause.ts';

/**
 * Hides a message anew while it is worked on; the function returned ends that and gives the newest pop receipt, the
 * only one that still counts. After a failed renewal the next one comes sooner; if the message was taken or removed
 * meanwhile, no more is tried.
 * Source: QueueListener.cs (renewal after half the visibility), LinearSpeedupStrategy.cs.
 */
export function keepHidden(
  queue: QueueClient,
  { messageId, popReceipt }: { readonly messageId: string; readonly popReceipt: string },
  times: HostTimes,
  log: (level: 'warning', message: string) => void,
): () => Promise<string> {
  const stopping = new AbortController();
  let newest = popReceipt;
  const renewing = (async () => {
    let delayInMs = times.renewEveryInMs;
    for (;;) {
      await pause(delayInMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        const hidden = await queue.updateMessage(messageId, newest, undefined, visibilityInSeconds(times));
        newest = hidden.popReceipt ?? newest;
        delayInMs = times.renewEveryInMs;
      } catch (error) {
        log('warning', `Message ${messageId} could not be hidden longer: ${error}`);
        if (isGone(error)) return;
        delayInMs = Math.max(delayInMs / 2, times.minRenewInMs);
      }
    }
  })();
  return async () => {
    stopping.abort();
    await renewing;
    return newest;
  };
}

/** Storage counts in whole seconds. */
export function visibilityInSeconds({ receiveVisibilityInMs }: HostTimes): number {
  return Math.ceil(receiveVisibilityInMs / 1000);
}
