import type { Field } from '../data/field.ts';

const number = /^-?\d+$/;

/** Gives the database's order of a field's values: of integers and numeric choices by size, else as text without regard to case. */
export function compareValues(field: Field): (left: string, right: string) => number {
  if (field.type !== 'integer' && field.type !== 'choice') return compareTexts;
  return (left, right) =>
    number.test(left) && number.test(right) ? Number(left) - Number(right) : compareTexts(left, right);
}

function compareTexts(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}
