/** Writes a time as .NET does in UTC: `2026-11-23T10:00:00+00:00`, a fraction only where there is one. */
export function netDateText(date: Date): string {
  return date.toISOString().replace(/\.?0*Z$/, '+00:00');
}
