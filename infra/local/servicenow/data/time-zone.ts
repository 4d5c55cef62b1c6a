import { formatTime } from './format-time.ts';

/** How a user reads and writes times. Texts that are no times stay as they are. */
export interface TimeZone {
  /** UTC of a time that the user writes, "yyyy-MM-dd[ HH:mm:ss]". */
  toUtc(text: string): string;
  /** What the user sees of a time in UTC. */
  fromUtc(text: string): string;
}

/** The zone that times are stored in. */
export const gmt: TimeZone = { toUtc: (text) => text, fromUtc: (text) => text };

/** The zone of an IANA name or one of its older names ("US/Pacific"); GMT for a name that nobody knows. */
export function makeTimeZone(name: string): TimeZone {
  if (name === 'GMT' || !isKnown(name)) return gmt;
  const format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
  const offsetAt = (utcInMs: number): number => {
    const [, sign, hours, minutes = '0', seconds = '0'] =
      /GMT([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(format.format(utcInMs)) ?? [];
    if (hours === undefined) return 0;
    const offsetInMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === '-' ? -offsetInMs : offsetInMs;
  };
  return {
    toUtc(text) {
      const local = parseTime(text);
      if (local === undefined) return text;
      // The offset at the local time taken for UTC is that of hours away; the second look is right, but within the hour of a change.
      const guess = local - offsetAt(local);
      return formatTime(new Date(local - offsetAt(guess)));
    },
    fromUtc(text) {
      const utc = parseTime(text);
      return utc === undefined ? text : formatTime(new Date(utc + offsetAt(utc)));
    },
  };
}

function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(text)) return undefined;
  const time = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
