const TIME_SPAN =
  /^(?:(?<days>\d+)\.)?(?<hours>[01]?\d|2[0-3]):(?<minutes>[0-5]\d)(?::(?<seconds>[0-5]\d(?:\.\d{1,7})?))?$/;

/**
 * Turns a .NET TimeSpan text (`hh:mm:ss`, `d.hh:mm:ss`, `hh:mm:ss.fff`) into milliseconds; undefined for anything else.
 * Negative spans are not taken. Source: "Standard TimeSpan format strings", .NET documentation.
 */
export function parseTimeSpan(text: string): number | undefined {
  const groups = TIME_SPAN.exec(text)?.groups;
  if (!groups) return undefined;
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = groups;
  return Math.round(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000);
}
