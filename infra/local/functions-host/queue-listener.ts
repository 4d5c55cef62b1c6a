import { once } from 'node:events';
import { type QueueClient, type ReceivedMessageItem, RestError } from '@azure/storage-queue';
import type { HostTimes } from './host-times.ts';
import { visibilityInSeconds } from './keep-hidden.ts';
import type { Listener } from './listener.ts';
import { pause } from './pause.ts';
import { pollDelay } from './poll-delay.ts';
import type { QueueSettings } from './read-host-json.ts';

/** `processMessage` must not reject; `random` is in [0, 1). */
export interface QueueListenerOptions {
  readonly queue: QueueClient;
  readonly settings: QueueSettings;
  readonly times: HostTimes;
  readonly processMessage: (message: ReceivedMessageItem) => Promise<void>;
  readonly log: (level: 'debug' | 'warning', message: string) => void;
  readonly random: () => number;
}

/**
 * Receives a queue's messages in batches and starts all of a batch at once; the next batch is asked for as soon as no
 * more than `newBatchThreshold` run. An empty, missing or failing queue is asked again after a growing pause.
 * The queue is never made. When stopped, what was received is still processed.
 * Source: QueueListener.cs.
 */
export function startQueueListener(options: QueueListenerOptions): Listener {
  const { queue, settings, times, processMessage, log, random } = options;
  const stopping = new AbortController();
  const settled = new EventTarget();
  let running = 0;
  let wasMissing = false;

  async function receive(): Promise<ReceivedMessageItem[]> {
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: visibilityInSeconds(times),
      });
      wasMissing = false;
      return receivedMessageItems;
    } catch (error) {
      const isMissing = error instanceof RestError && error.code === 'QueueNotFound';
      if (!isMissing) log('warning', `Queue "${queue.name}" cannot be read: ${error}`);
      else if (!wasMissing) log('debug', `Queue "${queue.name}" does not exist.`);
      wasMissing = isMissing;
      return [];
    }
  }

  async function listen(): Promise<void> {
    let emptyPolls = 0;
    while (!stopping.signal.aborted) {
      const messages = await receive();
      for (const message of messages) {
        running += 1;
        processMessage(message).finally(() => {
          running -= 1;
          settled.dispatchEvent(new Event('settled'));
        });
      }
      if (messages.length > 0) {
        emptyPolls = 0;
        await untilAtMost(settings.newBatchThreshold);
      } else {
        emptyPolls += 1;
        await pause(
          pollDelay(emptyPolls, times.minPollInMs, settings.maxPollingIntervalInMs, random()),
          stopping.signal,
        );
      }
    }
    await untilAtMost(0);
  }

  async function untilAtMost(count: number): Promise<void> {
    while (running > count) await once(settled, 'settled');
  }

  return { ended: listen(), stop: () => stopping.abort() };
}
