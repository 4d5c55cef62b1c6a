import type { ChaosResourceType } from '../plan/resource-types.ts';

/** What the documentation of the program says of a ticket's state; said here again, for it is what is judged. */
export function expectedState(
  type: Pick<ChaosResourceType, 'table' | 'resolvedCounts' | 'done'>,
  { state, close_code: code, deleted }: Readonly<Record<string, string>>,
): string {
  if (deleted) return 'Errored';
  if (type.table === 'sc_req_item') {
    if (state === '4' || state === '7') return 'Errored';
    return state === '3' ? type.done : 'Transmitted';
  }
  if (state === '8') return 'Errored';
  if (state === '7' || (state === '6' && type.resolvedCounts)) return code === 'Duplicate' ? 'Errored' : type.done;
  return 'Transmitted';
}
