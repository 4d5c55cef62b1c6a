import { inspect } from 'node:util';
import type { SharedTimers, TimerLock } from './connect-timers.ts';
import type { HostTimes } from './host-times.ts';
import type { Listener } from './listener.ts';
import { pause } from './pause.ts';
import type { Reporter } from './report.ts';
import type { Schedule } from './schedule.ts';
import { firstStatus, resumedStatus, statusAfter, type TimerStatus } from './timer-status.ts';

/** `run` must not reject: a failed run is over like any other. */
export interface TimerListenerOptions {
  readonly functionName: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  /** Whether the platform writes down where the timer stands. */
  readonly isMonitored: boolean;
  /** What the hosts of the app share; without it, this one is alone and remembers nothing. */
  readonly shared: SharedTimers | undefined;
  readonly times: Pick<HostTimes, 'lockLeaseInMs' | 'lockRetryInMs'>;
  readonly run: (status: TimerStatus, isPastDue: boolean) => Promise<unknown>;
  readonly now: () => Date;
  readonly log: Reporter['log'];
}

/** A timer that also tells where it stands. */
export interface TimerListener extends Listener {
  status(): TimerStatus;
}

/**
 * Runs a timer function at its times, never two runs at once, and on one host at a time. A run that is under way when the listener stops
 * ends first. Sources: TimerListener.cs, SingletonListener.cs.
 */
export function startTimerListener(options: TimerListenerOptions): TimerListener {
  const { functionName, schedule, isMonitored, shared, times, run, now, log } = options;
  const stopping = new AbortController();
  let status = firstStatus(schedule, now());

  async function listen(): Promise<void> {
    if (!shared) return fire({ isPastDue: false }, stopping.signal);
    while (!stopping.signal.aborted) {
      const lock = await attempt('lock', () => shared.lock(functionName));
      if (lock) await fireUnder(lock, shared);
      if (!stopping.signal.aborted) await pause(times.lockRetryInMs, stopping.signal);
    }
  }

  /** Until this host stops, or is not the one any more. */
  async function fireUnder(lock: TimerLock, { read }: SharedTimers): Promise<void> {
    const isOver = new AbortController();
    const over = () => isOver.abort();
    stopping.signal.addEventListener('abort', over);
    const renewing = renew(lock, isOver);
    try {
      const recorded = isMonitored ? await attempt('read the status of', () => read(functionName)) : undefined;
      const resumed = resumedStatus(schedule, recorded, now());
      status = resumed.status;
      if (resumed.isNew) await writeDown();
      if (!isOver.signal.aborted) await fire(resumed, isOver.signal);
    } finally {
      stopping.signal.removeEventListener('abort', over);
      isOver.abort();
      await renewing;
      await attempt('release', () => lock.release());
    }
  }

  async function renew(lock: TimerLock, isOver: AbortController): Promise<void> {
    while (!isOver.signal.aborted) {
      await pause(times.lockLeaseInMs / 2, isOver.signal);
      if (isOver.signal.aborted) return;
      // One that can't be renewed runs out, and another host may have it.
      if (!(await attempt('renew', async () => lock.renew().then(() => true)))) isOver.abort();
    }
  }

  async function fire({ isPastDue }: { readonly isPastDue: boolean }, over: AbortSignal): Promise<void> {
    if (isPastDue) await runOnce(true);
    else if (options.runOnStartup) await run(status, false);
    while (!over.aborted) {
      await pause(status.next.getTime() - now().getTime(), over);
      if (!over.aborted) await runOnce(false);
    }
  }

  async function runOnce(isPastDue: boolean): Promise<void> {
    const startedAt = now();
    await run(status, isPastDue);
    status = statusAfter(schedule, status, startedAt);
    await writeDown();
  }

  async function writeDown(): Promise<void> {
    if (isMonitored && shared) await attempt('write the status of', () => shared.write(functionName, status));
  }

  async function attempt<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      log('warning', `Could not ${what} timer ${functionName}: ${inspect(error)}`);
      return undefined;
    }
  }

  return { ended: listen(), stop: () => stopping.abort(), status: () => status };
}
