import type { Listener } from './listener.ts';
import { pause } from './pause.ts';
import type { Schedule } from './schedule.ts';
import { statusAfter, type TimerStatus } from './timer-status.ts';

/** `run` must not reject: a failed run is over like any other. */
export interface TimerListenerOptions {
  readonly schedule: Schedule;
  /** Where the timer stands when this host starts. */
  readonly status: TimerStatus;
  readonly runOnStartup: boolean;
  readonly run: (status: TimerStatus) => Promise<unknown>;
  readonly now: () => Date;
}

/** A timer that also tells where it stands. */
export interface TimerListener extends Listener {
  status(): TimerStatus;
}

/**
 * Runs a timer function at its times, never two runs at once. A run that is under way when the listener stops ends
 * first. Source: TimerListener.cs.
 */
export function startTimerListener(options: TimerListenerOptions): TimerListener {
  const { schedule, runOnStartup, run, now } = options;
  const stopping = new AbortController();
  let { status } = options;

  async function runOnce(): Promise<void> {
    const startedAt = now();
    await run(status);
    status = statusAfter(schedule, status, startedAt);
  }

  async function listen(): Promise<void> {
    if (runOnStartup) await run(status);
    while (!stopping.signal.aborted) {
      await pause(status.next.getTime() - now().getTime(), stopping.signal);
      if (!stopping.signal.aborted) await runOnce();
    }
  }

  return { ended: listen(), stop: () => stopping.abort(), status: () => status };
}
