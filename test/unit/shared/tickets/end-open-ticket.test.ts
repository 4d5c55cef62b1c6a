import { describe, expect, it } from 'vitest';
import { deletedRow, expiredRow, isExpired } from '../../../../shared/tickets/end-open-ticket.ts';
import { READ_AT, ticketRowOf } from './rows.ts';

const row = ticketRowOf({ Number: 'INC0010001', SysId: 'a'.repeat(32), Sequence: 3 });

describe('an open ticket', () => {
  it('that was deleted ends with one result more, which says by whom and when', () => {
    const ended = deletedRow(row, { by: 'beth.anglin', at: '2026-11-22 09:00:00' }, READ_AT);
    expect(ended).toMatchObject({ State: 'closed', ProvisioningState: 'Errored', Sequence: 4 });
    expect(ended?.ExpiredAt).toBeUndefined();
    expect(JSON.parse(ended?.Pending ?? '')).toMatchObject({
      Sequence: 4,
      ProvisioningState: 'Errored',
      Message: 'INC0010001 was deleted in ServiceNow by beth.anglin at 2026-11-22 09:00:00 UTC',
    });
  });

  it('that nobody closes in time ends its order, and says since when', () => {
    const ended = expiredRow(row, 30, READ_AT);
    expect(ended).toMatchObject({ State: 'closed', ProvisioningState: 'Errored', ExpiredAt: READ_AT.toISOString() });
  });

  it.each(['closed', 'rejected', 'creating'] as const)('is what ends: a row that is %s stays as it is', (State) => {
    expect(deletedRow({ ...row, State }, {}, READ_AT)).toBeUndefined();
    expect(expiredRow({ ...row, State }, 1, READ_AT)).toBeUndefined();
  });

  it('expires at the end of its days, and never where none are given', () => {
    expect(isExpired('2026-11-22T10:00:00.000Z', 1, READ_AT)).toBe(true);
    expect(isExpired('2026-11-22T10:00:00.001Z', 1, READ_AT)).toBe(false);
    expect(isExpired('2020-01-01T00:00:00.000Z', undefined, READ_AT)).toBe(false);
    expect(isExpired(undefined, 1, READ_AT)).toBe(false);
  });
});
