import { setTimeout as sleep } from 'node:timers/promises';

const MAX_TIMER_IN_MS = 2 ** 31 - 1;

/** Waits `durationInMs` of any length, or less: until `signal` aborts, which is no error. */
export async function pause(durationInMs: number, signal: AbortSignal): Promise<void> {
  try {
    for (let left = durationInMs; left > 0; left -= MAX_TIMER_IN_MS) {
      await sleep(Math.min(left, MAX_TIMER_IN_MS), undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
