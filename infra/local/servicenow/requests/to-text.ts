/** A JSON value as the instance stores it; `undefined` for what is neither text, number, boolean nor null. */
export function toText(value: unknown): string | undefined {
  if (value === null) return '';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
