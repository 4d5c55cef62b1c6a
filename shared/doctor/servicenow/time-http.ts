import type { Clock } from '../../clock.ts';
import type { Http } from '../../servicenow/http.ts';

/** HTTP that knows how long its last exchange took, whatever was waited for before it. */
export interface TimedHttp {
  readonly http: Http;
  lastTookInMs(): number;
}

/** Times every exchange, for who makes one call at a time. */
export function timeHttp(http: Http, clock: Clock): TimedHttp {
  let lastTookInMs = 0;
  return {
    lastTookInMs: () => lastTookInMs,
    http: async (request) => {
      const startedAtInMs = clock.monotonicInMs();
      try {
        return await http(request);
      } finally {
        lastTookInMs = clock.monotonicInMs() - startedAtInMs;
      }
    },
  };
}
