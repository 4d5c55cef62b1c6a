import type { Clock } from './clock.ts';

const DAY_IN_MS = 86_400_000;
/** More are not remembered: what is told of too often is better than a process that grows. */
const MOST_REMEMBERED = 10_000;

/** Whether it is time to tell of something: yes the first time in 24 hours for each key, for as long as the process lives. */
export type OnceADay = (key: string) => boolean;

/** Builds the memory of what was told already. */
export function makeOnceADay(clock: Pick<Clock, 'monotonicInMs'>): OnceADay {
  const toldAtInMs = new Map<string, number>();
  return (key) => {
    const nowInMs = clock.monotonicInMs();
    const told = toldAtInMs.get(key);
    if (told !== undefined && nowInMs - told < DAY_IN_MS) return false;
    if (toldAtInMs.size >= MOST_REMEMBERED) toldAtInMs.clear();
    toldAtInMs.set(key, nowInMs);
    return true;
  };
}
