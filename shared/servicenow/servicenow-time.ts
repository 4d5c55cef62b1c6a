/** A time as the Table API writes and reads it: `yyyy-MM-dd HH:mm:ss`, GMT, to the second. */
export function toServiceNowTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
