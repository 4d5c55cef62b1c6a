import { Cron } from 'croner';

/** When a timer fires. */
export interface Schedule {
  /** The first time after `date`, itself not included. */
  next(date: Date): Date;
  /** The platform keeps no status of a timer that can fire more than once a minute. */
  readonly isMoreThanOncePerMinute: boolean;
}

const NAME = '[A-Za-z]{3}';
const FIELD = new RegExp(`^(?:\\*|(?:\\d+|${NAME})(?:-(?:\\d+|${NAME}))?)(?:/\\d+)?$`);

/**
 * Reads an NCRONTAB expression of six fields, `{second} {minute} {hour} {day} {month} {day of week}`, or five (second
 * 0), in UTC. Day and day of week must both match.
 * @throws for anything else: a TimeSpan (App Service plans only), `L`, `W`, `#`, `?`, `@daily`, day of week 7, and an
 * expression that never fires.
 * Sources: CronSchedule.cs and TimerSchedule.cs (timer extension), "NCRONTAB expressions" in the public documentation.
 */
export function parseSchedule(expression: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  const isNcrontab =
    (fields.length === 5 || fields.length === 6) &&
    fields.every((field) => field.split(',').every((part) => FIELD.test(part))) &&
    !/(?<!\/)7/.test(fields.at(-1) ?? '');
  if (!isNcrontab) throw refusal(expression);
  const cron = parse(expression);
  const next = (date: Date) => {
    const found = cron.nextRun(date);
    if (found === null)
      throw new Error(`Expected a schedule that fires at some time, got "${expression}"; correct it.`);
    return found;
  };
  const first = next(new Date(0));
  const times = [first, ...cron.nextRuns(5, first)].map((date) => date.getTime());
  return { next, isMoreThanOncePerMinute: times.some((time, i) => i > 0 && time - (times[i - 1] ?? 0) < 60_000) };
}

function parse(expression: string): Cron {
  try {
    // Sloppy ranges: "5/15", every 15 from 5 on, is NCRONTAB.
    return new Cron(expression, { mode: '5-or-6-parts', domAndDow: true, sloppyRanges: true, utcOffset: 0 });
  } catch (cause) {
    throw refusal(expression, { cause });
  }
}

function refusal(expression: string, options?: ErrorOptions): Error {
  return new Error(
    `Expected a schedule as a six- or five-field NCRONTAB expression such as "0 */5 * * * *", got "${expression}".`,
    options,
  );
}
