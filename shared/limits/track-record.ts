/** What happened lately, by scope: enough to tell an outage from an order that alone keeps failing. */
export interface TrackRecord {
  succeeded(scope: string): void;
  /** Whether the scope had a success within the last `withinInMs`. */
  succeedsLately(scope: string, withinInMs: number): boolean;
  /** Counts one more of the same refusal within a scope and gives how many it were running; a success ends the run. */
  refused(scope: string, refusal: string): number;
}

/** The record of this process. Sharing it over all instances takes another implementation of the same port. */
export function makeTrackRecord(monotonicInMs: () => number): TrackRecord {
  const successes = new Map<string, number>();
  const refusals = new Map<string, { readonly refusal: string; readonly count: number }>();
  return {
    succeeded(scope) {
      successes.set(scope, monotonicInMs());
      refusals.delete(scope);
    },
    succeedsLately(scope, withinInMs) {
      const at = successes.get(scope);
      return at !== undefined && monotonicInMs() - at <= withinInMs;
    },
    refused(scope, refusal) {
      const before = refusals.get(scope);
      const count = before?.refusal === refusal ? before.count + 1 : 1;
      refusals.set(scope, { refusal, count });
      return count;
    },
  };
}
