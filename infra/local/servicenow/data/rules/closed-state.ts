import type { Row } from '../row.ts';
import type { StoredWrite } from './follow-up.ts';

/** Values of `state` by which requests, their items and tasks are closed: the base system's of `task`. */
export const closedState = { complete: '3', incomplete: '4', skipped: '7' } as const;

const closedStates: ReadonlySet<string> = new Set(Object.values(closedState));

export function isClosed(row: Row | undefined): boolean {
  return closedStates.has(row?.state ?? '');
}

/** Whether this write is the one that closed the record. */
export function hasClosed({ previous, row }: Pick<StoredWrite, 'previous' | 'row'>): boolean {
  return isClosed(row) && !isClosed(previous);
}
