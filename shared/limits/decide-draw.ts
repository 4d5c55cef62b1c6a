import type { DayColumns } from './hold-rows.ts';

/** What a process that needs leave for new tickets may do. */
export type DrawDecision =
  /** Take leave for so many, by writing this; `endedSince` is when the limit was reached that does not count any more. */
  | {
      readonly kind: 'draw';
      readonly block: number;
      readonly columns: Day;
      readonly endedSince: string | undefined;
    }
  /** None: the limit is reached; `columns` says so where nobody has yet. */
  | { readonly kind: 'braked'; readonly columns: Day | undefined };

type Day = Pick<DayColumns, 'Day' | 'Drawn' | 'Extra' | 'Alert' | 'Since'>;

/** The most that one process has leave for and may lose when it is killed. */
const LARGEST_BLOCK = 20;
/** A block is at most this part of what is left: towards the limit blocks get as small as one. */
const PART_OF_REST = 100;

/** Whether the limit is reached on that day or, as other instances' clocks have it, on a later one. Pure. */
export function isBraked(day: Day | undefined, today: string, limit: number): boolean {
  return day !== undefined && day.Day >= today && day.Drawn >= limit * (1 + day.Extra);
}

/** Decides what to draw from a scope's day. Pure; `alert` names the alert that is due where the limit is reached. */
export function decideDraw(
  before: Day | undefined,
  {
    today,
    limit,
    alert,
    now,
  }: { readonly today: string; readonly limit: number; readonly alert: string; readonly now: string },
): DrawDecision {
  // Where another clock is ahead, its day has begun: no day is counted twice.
  const isNew = before === undefined || before.Day < today;
  const day: Day = isNew ? { Day: today, Drawn: 0, Extra: 0, Alert: '', Since: '' } : before;
  const rest = limit * (1 + day.Extra) - day.Drawn;
  if (rest <= 0)
    return { kind: 'braked', columns: day.Alert === '' ? { ...day, Alert: alert, Since: now } : undefined };
  const block = Math.min(LARGEST_BLOCK, Math.ceil(rest / PART_OF_REST));
  return {
    kind: 'draw',
    block,
    columns: { ...day, Drawn: day.Drawn + block, Alert: '', Since: '' },
    // On a new day, or after a release.
    endedSince: before?.Since ? before.Since : undefined,
  };
}
