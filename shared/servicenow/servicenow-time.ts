/** A time as the Table API writes and reads it: `yyyy-MM-dd HH:mm:ss`, GMT, to the second. */
export function toServiceNowTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** Reads a time of the Table API; `undefined` where the field is empty or no time. */
export function fromServiceNowTime(text: string | undefined): Date | undefined {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text ?? '');
  return match ? new Date(`${match[1]}T${match[2]}Z`) : undefined;
}
