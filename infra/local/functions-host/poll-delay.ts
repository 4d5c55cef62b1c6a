/**
 * Gives the pause in milliseconds after the `emptyPolls`-th empty poll in a row (from 1): the shortest first, then the
 * shortest plus a step that doubles, spread by a fifth, up to the longest. `random` is in [0, 1).
 * Source: RandomizedExponentialBackoffStrategy.cs, QueuePollingIntervals.cs.
 */
export function pollDelay(emptyPolls: number, minInMs: number, maxInMs: number, random: number): number {
  const step = emptyPolls <= 1 ? 0 : minInMs * 2 ** (emptyPolls - 2) * (0.8 + 0.4 * random);
  return Math.min(minInMs + step, maxInMs);
}
