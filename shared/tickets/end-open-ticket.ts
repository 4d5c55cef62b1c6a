import type { TicketRow } from './ledger-row.ts';
import { makeResult } from './make-result.ts';

/** A ticket that was deleted; who did it and when (ISO 8601), where the instance tells. */
export interface Deletion {
  readonly by?: string | undefined;
  readonly at?: string | undefined;
}

/** The row of an open ticket that was deleted, with its `Errored` pending; `undefined` where it is not open any more. Pure. */
export function deletedRow(row: TicketRow, { by, at }: Deletion, now: Date): TicketRow | undefined {
  const who = by ? ` by ${by}` : '';
  const when = at ? ` at ${at} UTC` : '';
  const unknown = by || at ? '' : '; ServiceNow does not say by whom';
  return ended(row, `${row.Number} was deleted in ServiceNow${who}${when}${unknown}`, now, {});
}

/** The row of an order whose ticket is open for too long, with its `Errored` pending; `undefined` where it is not open. Pure. */
export function expiredRow(row: TicketRow, days: number, now: Date): TicketRow | undefined {
  const message = `${row.Number} is still open after ${days} days (ExpireAfterDays), and its order is given up. The ticket is there still: if somebody closes it, that counts`;
  return ended(row, message, now, { ExpiredAt: now.toISOString() });
}

/** Whether an open ticket is older than its mapping allows. Pure. */
export function isExpired(openedAt: string | undefined, days: number | undefined, now: Date): boolean {
  if (openedAt === undefined || days === undefined) return false;
  return now.getTime() - Date.parse(openedAt) >= days * 86_400_000;
}

function ended(row: TicketRow, message: string, now: Date, more: Partial<TicketRow>): TicketRow | undefined {
  if (row.State !== 'open') return undefined;
  const next: TicketRow = {
    ...row,
    ...more,
    State: 'closed',
    ProvisioningState: 'Errored',
    Sequence: row.Sequence + 1,
  };
  return { ...next, Pending: JSON.stringify(makeResult(next, { state: 'Errored', message, at: now })) };
}
