import { vi } from 'vitest';

/** Lets time pass until what is given has come about. */
export async function runTimers<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  while (!isDone) await vi.advanceTimersByTimeAsync(10);
  return done;
}
