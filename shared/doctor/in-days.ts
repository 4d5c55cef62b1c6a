/** How far off a day is, by the full days until then. */
export function inDays(days: number): string {
  if (days < 1) return 'in less than a day';
  return days === 1 ? 'in 1 day' : `in ${days} days`;
}
