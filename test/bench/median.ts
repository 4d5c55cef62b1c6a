/** The median of at least one number: what one slow run can't move. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error('Expected numbers to take the median of, got none.');
  return (lower + upper) / 2;
}
