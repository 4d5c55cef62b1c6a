import { describe, expect, it } from 'vitest';
import { describeReadAccess } from '../../../../../shared/doctor/servicenow/check-read-access.ts';
import type { Rows } from '../../../../../shared/doctor/servicenow/read-rows.ts';

const NEEDED = {
  table: 'sys_user',
  fields: ['sys_id', 'email', 'sys_created_on'],
  neverEmpty: ['sys_id', 'sys_created_on'],
  purpose: 'to find callers',
};
const full = { sys_id: '1', email: 'ada@contoso.com', sys_created_on: '2026-11-23 10:00:00' };
const rows = (
  records: readonly Record<string, string>[],
  more: Partial<Extract<Rows, { kind: 'rows' }>> = {},
): Rows => ({
  kind: 'rows',
  records,
  totalCount: records.length,
  hidden: 0,
  ...more,
});

interface Case {
  readonly what: string;
  readonly rows: Rows;
  readonly status: string;
  readonly message: RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'everything is readable',
    rows: rows([full]),
    status: 'ok',
    message: /^The API user may read table sys_user\.$/,
  },
  {
    what: 'a field is empty that may be so',
    rows: rows([{ ...full, email: '' }]),
    status: 'ok',
    message: /may read table/,
  },
  {
    what: 'a field is missing from one row only',
    rows: rows([full, { sys_id: '2', email: '', sys_created_on: '' }]),
    status: 'ok',
    message: /may read table/,
  },
  {
    what: 'the table is refused, in the words of the instance',
    rows: { kind: 'unreadable', reason: 'answered 403: Insufficient rights to query records' },
    status: 'failed',
    message: /may not read table sys_user: answered 403: Insufficient rights to query records\.$/,
  },
  {
    what: 'there is no row',
    rows: rows([]),
    status: 'notProven',
    message: /there is no row yet to see which fields are readable/,
  },
  {
    what: 'no row comes and the instance does not say whether there are any',
    rows: rows([], { totalCount: undefined }),
    status: 'notProven',
    message: /shows no row; the instance does not say whether there are any/,
  },
  {
    what: 'all rows are hidden',
    rows: rows([], { totalCount: 12, hidden: 5 }),
    status: 'failed',
    message: /has rows, and the API user may read none of those looked at/,
  },
  {
    what: 'a field is left out of every row',
    rows: rows([{ sys_id: '1', sys_created_on: 'x' }]),
    status: 'failed',
    message: /may not read email of table sys_user/,
  },
  {
    what: 'fields are empty that never are',
    rows: rows([{ sys_id: '', email: 'x', sys_created_on: '' }]),
    status: 'failed',
    message: /may not read sys_id, sys_created_on of table sys_user/,
  },
  {
    what: 'some rows are hidden',
    rows: rows([full], { totalCount: 9, hidden: 4 }),
    status: 'warning',
    message: /not every row: 4 of 5 looked at are hidden/,
  },
];

describe('describeReadAccess', () => {
  it.each(cases)('says $status where $what', ({ rows: given, status, message }) => {
    const found = describeReadAccess(NEEDED, given);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(message);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });

  it.each(cases.filter(({ status }) => status === 'failed'))(
    'only warns of a table that is not needed for work where $what',
    ({ rows: given, message }) => {
      const found = describeReadAccess({ ...NEEDED, isOptional: true }, given);
      expect(found.status).toBe('warning');
      expect(found.message).toMatch(message);
    },
  );

  it('takes hidden tickets of others for what they should be', () => {
    const hidden = rows([full], { hidden: 4 });
    expect(describeReadAccess({ ...NEEDED, table: 'incident' }, hidden).remedy).toMatch(/^That is as it should be/);
    expect(describeReadAccess(NEEDED, hidden).remedy).toMatch(/^Give the API user a role/);
  });
});
