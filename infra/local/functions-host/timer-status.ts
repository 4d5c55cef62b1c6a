import type { RpcData } from './core-types.ts';
import { netDateText } from './net-date-text.ts';
import type { Schedule } from './schedule.ts';

/** Where a timer stands: its last planned time (none before the first run), the next, and when that was worked out. */
export interface TimerStatus {
  readonly last?: Date;
  readonly next: Date;
  readonly lastUpdated: Date;
}

/** Gives the status of a timer that starts for the first time: it waits for its next time. */
export function firstStatus(schedule: Schedule, now: Date): TimerStatus {
  return { next: schedule.next(now), lastUpdated: now };
}

/**
 * Gives the status after a run that began at `startedAt`, successful or not. The next time is the first one after the
 * run's start, so that after a long run it is past already and one run follows at once, for all the times missed; a
 * timer that fired early counts from the planned time, or it would fire twice.
 * Source: TimerListener.cs, InvokeJobFunction.
 */
export function statusAfter(schedule: Schedule, { next }: TimerStatus, startedAt: Date): TimerStatus {
  const last = startedAt < next ? next : startedAt;
  return { last, next: schedule.next(last), lastUpdated: last };
}

/**
 * Makes a timer function's input as the host hands it over; the app's library lower-cases the first letters.
 * `status` is undefined where the platform keeps none, and null then for the handler.
 * Source: TimerInfo.cs, ScheduleStatus.cs (timer extension).
 */
export function timerInput(status: TimerStatus | undefined): RpcData {
  const text = (date: Date | undefined) => (date ? netDateText(date) : '0001-01-01T00:00:00');
  const scheduleStatus = status && {
    Last: text(status.last),
    Next: text(status.next),
    LastUpdated: text(status.lastUpdated),
  };
  const input = { Schedule: { AdjustForDST: true }, ScheduleStatus: scheduleStatus ?? null, IsPastDue: false };
  return { json: JSON.stringify(input) };
}
