import { EventEmitter, once } from 'node:events';
import type { HostEvent } from '../../../../../infra/local/functions-host/host-event.ts';

/** The events of a host that is spawned with this `onEvent`. */
export interface Recording {
  readonly events: readonly HostEvent[];
  onEvent(event: HostEvent): void;
  /** Resolves with all events that fit once there are `count` of them, past ones included; rejects after 15 s. */
  until(fits: (event: HostEvent) => boolean, count?: number): Promise<readonly HostEvent[]>;
  /** What a function of the app logged as JSON, in order. */
  logged(functionName: string): unknown[];
}

/** Makes an empty recording. */
export function makeRecording(): Recording {
  const events: HostEvent[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  return {
    events,
    onEvent(event) {
      events.push(event);
      news.emit('event');
    },
    async until(fits, count = 1) {
      const signal = AbortSignal.timeout(15_000);
      for (;;) {
        const found = events.filter(fits);
        if (found.length >= count) return found;
        await once(news, 'event', { signal });
      }
    },
    logged: (functionName) =>
      events.flatMap((event) =>
        event.event === 'log' && event.level === 'information' && event.functionName === functionName
          ? [JSON.parse(event.message)]
          : [],
      ),
  };
}
