import type { Clock } from '../../../shared/clock.ts';

/** A clock that moves only when it is told to; sleeping moves it. */
export interface ManualClock extends Clock {
  advance(durationInMs: number): void;
}

/** Builds a clock that stands at `start`. */
export function manualClock(start = new Date('2026-11-23T10:00:00.000Z')): ManualClock {
  let elapsedInMs = 0;
  const advance = (durationInMs: number) => {
    elapsedInMs += durationInMs;
  };
  return {
    now: () => new Date(start.getTime() + elapsedInMs),
    monotonicInMs: () => elapsedInMs,
    sleep: async (durationInMs) => advance(durationInMs),
    advance,
  };
}
