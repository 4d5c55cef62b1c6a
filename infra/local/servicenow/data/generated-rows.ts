import type { Row } from './row.ts';

/** Rows that are computed when somebody looks at them: a million of them need no memory. They are in the order of their sys_ids. */
export interface GeneratedRows {
  readonly count: number;
  sysIdOf(index: number): string;
  rowOf(index: number): Row;
  /** What all of them have alike. */
  readonly constants: Row;
}

/** The first index whose sys_id is not below `sysId`. */
export function lowerBound({ count, sysIdOf }: GeneratedRows, sysId: string): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (sysIdOf(middle) < sysId) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of a sys_id, where one has it. */
export function indexOf(rows: GeneratedRows, sysId: string): number | undefined {
  const index = lowerBound(rows, sysId);
  return index < rows.count && rows.sysIdOf(index) === sysId ? index : undefined;
}
