import { z } from 'zod';
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
 * Gives where a timer stands when a host takes it up, by what the last one wrote down (nothing: it waits for its next time). Times
 * missed meanwhile lead to one run at once, past due; a schedule that was changed begins anew, without one.
 * Source: ScheduleMonitor.cs.
 */
export function resumedStatus(
  schedule: Schedule,
  recorded: TimerStatus | undefined,
  now: Date,
): { readonly status: TimerStatus; readonly isPastDue: boolean; readonly isNew: boolean } {
  if (!recorded) return { status: firstStatus(schedule, now), isPastDue: false, isNew: true };
  const expected = schedule.next(recorded.last ?? recorded.lastUpdated);
  if (expected.getTime() === recorded.next.getTime())
    return { status: recorded, isPastDue: recorded.next < now, isNew: false };
  const status =
    expected < now
      ? firstStatus(schedule, now)
      : { next: expected, lastUpdated: recorded.last ?? recorded.lastUpdated };
  return { status, isPastDue: false, isNew: true };
}

const NEVER = '0001-01-01T00:00:00';
const dateSchema = z.pipe(
  z.string(),
  z.transform((text) => (text.startsWith(NEVER) ? undefined : new Date(text))),
);
const statusSchema = z.object({ Last: dateSchema, Next: z.coerce.date(), LastUpdated: z.coerce.date() });

/** Reads what {@link statusText} wrote; what can't be read is as good as nothing. */
export function readStatus(text: string): TimerStatus | undefined {
  try {
    const { Last: last, Next: next, LastUpdated: lastUpdated } = statusSchema.parse(JSON.parse(text));
    return { ...(last && { last }), next, lastUpdated };
  } catch {
    return undefined;
  }
}

/** The status as the platform writes it down. Source: ScheduleStatus.cs. */
export function statusText({ last, next, lastUpdated }: TimerStatus): string {
  return JSON.stringify({
    Last: last ? netDateText(last) : NEVER,
    Next: netDateText(next),
    LastUpdated: netDateText(lastUpdated),
  });
}

/**
 * Makes a timer function's input as the host hands it over; the app's library lower-cases the first letters.
 * `status` is undefined where the platform keeps none, and null then for the handler.
 * Source: TimerInfo.cs, ScheduleStatus.cs (timer extension).
 */
export function timerInput(status: TimerStatus | undefined, isPastDue = false): RpcData {
  const scheduleStatus = status && JSON.parse(statusText(status));
  const input = { Schedule: { AdjustForDST: true }, ScheduleStatus: scheduleStatus ?? null, IsPastDue: isPastDue };
  return { json: JSON.stringify(input) };
}
