import { describe, expect, it } from 'vitest';
import {
  checkMappedRecords,
  describeCallers,
  describeNamedRecord,
} from '../../../../../shared/doctor/servicenow/check-mapped-records.ts';
import { contextOf, mappingsOf } from './context-of.ts';
import { fakeTables } from './fake-tables.ts';

const GROUP = { member: 'AssignmentGroup', table: 'sys_user_group', what: 'group', keys: ['name', 'sys_id'] } as const;
const CALLS = { TicketCallerId: 'EmployeeId', FallbackCaller: 'identity.manager' };

describe('describeNamedRecord', () => {
  it.each([
    {
      state: 'absent',
      status: 'failed',
      says: /^AssignmentGroup "Badges" of Sap, Key is no group.* → Name one by name, sys_id/,
    },
    { state: 'inactive', status: 'failed', says: /is not active\. → Make the group active, or name another/ },
    { state: 'several', status: 'failed', says: /means several records of sys_user_group\. → Name it by sys_id/ },
    {
      state: 'unknown',
      status: 'notProven',
      says: /^Whether .* exists can't be told\. → Let the API user read table sys_user_group/,
    },
  ] as const)('says what to do about a group that is $state', ({ state, status, says }) => {
    const found = describeNamedRecord(GROUP, 'Badges', ['Sap', 'Key'], state);
    expect(found.status).toBe(status);
    expect(`${found.message} → ${found.remedy}`).toMatch(says);
  });
});

describe('describeCallers', () => {
  it.each([
    { what: 'has both', mapping: CALLS, says: [] },
    {
      what: 'has no caller',
      mapping: { FallbackCaller: 'x' },
      says: [/^failed: TicketCallerId is missing in the mapping of Sap, which tickets require/],
    },
    {
      what: 'has no fallback caller',
      mapping: { TicketCallerId: 'EmployeeId' },
      says: [/^warning: FallbackCaller is missing in the mapping of Sap: /],
    },
    { what: 'has neither, which is said once', mapping: {}, says: [/^failed: TicketCallerId is missing/] },
  ])('says of a mapping that $what what it needs', ({ mapping, says }) => {
    const findings = describeCallers(mappingsOf({ Sap: mapping }));
    expect(findings.map(({ status, message }) => `${status}: ${message}`)).toEqual(
      says.map((one) => expect.stringMatching(one)),
    );
  });

  it('has nothing to say without mappings', () => {
    expect(describeCallers(new Map())).toEqual([]);
  });
});

describe('checkMappedRecords', () => {
  const group = (more: object = {}) => ({ sys_id: 'g1', name: 'Badges', active: 'true', ...more });
  const statesOf = async (records: readonly Record<string, string>[], value = 'Badges', totalCount?: number) => {
    const tables = fakeTables({
      sys_user_group: { records, totalCount: totalCount ?? records.length },
      sys_user: [{ sys_id: 'u1', user_name: 'identity.manager', active: 'true' }],
    });
    const mappings = mappingsOf({
      Sap: { ...CALLS, AssignmentGroup: value },
      Key: { ...CALLS, AssignmentGroup: value },
    });
    const findings = await checkMappedRecords(contextOf({ tables, mappings }));
    return { said: findings.map(({ status, message }) => `${status}: ${message}`), queries: tables.queries };
  };
  const callerOnly = 'ok: Users, groups and catalog items that mappings name exist (1).';

  it('looks once for a record that several mappings name', async () => {
    const { said, queries } = await statesOf([group()]);
    expect(said).toEqual(['ok: Users, groups and catalog items that mappings name exist (2).']);
    expect(queries.map(({ table }) => table)).toEqual(['sys_user', 'sys_user_group']);
  });

  it.each([
    { what: 'is named in other letters', records: [group({ name: 'BADGES' })], says: /exist \(2\)\.$/ },
    { what: 'is named by its sys_id', records: [group({ sys_id: 'badges', name: 'x' })], says: /exist \(2\)\.$/ },
    { what: 'shows no state', records: [{ sys_id: 'g1', name: 'Badges' }], says: /exist \(2\)\.$/ },
    { what: 'is not active', records: [group({ active: 'false' })], says: /is not active\.$/ },
    { what: 'is there twice', records: [group(), group({ sys_id: 'g2' })], says: /means several/ },
    { what: 'is not there', records: [], says: /is no group of the instance\.$/ },
    { what: 'is hidden', records: [], totalCount: 1, says: /exists can't be told\.$/ },
    {
      what: 'can not be looked for, for the instance gives others',
      records: [group({ name: 'Network' })],
      says: /exists can't be told\.$/,
    },
    {
      what: 'no query can hold',
      value: 'javascript:gs.now()',
      records: [group()],
      says: /is no group of the instance\.$/,
    },
  ])('knows a group that $what', async ({ records, value, totalCount, says }) => {
    const { said } = await statesOf(records, value, totalCount);
    expect(said[0]).toMatch(says);
    if (said.length > 1) expect(said.slice(1)).toEqual([callerOnly]);
  });

  it.each([
    { what: 'for all change types', named: 'Access Request', found: 1 },
    { what: 'by change type', named: { Added: 'Access Request', Deleted: 'Return' }, found: 2 },
    { what: 'twice', named: { Added: 'Access Request', Modified: 'Access Request' }, found: 1 },
  ])('looks for what a mapping names $what', async ({ named, found }) => {
    const items = ['Access Request', 'Return'].map((name) => ({ sys_id: name, name, active: 'true' }));
    const tables = fakeTables({
      sc_cat_item: ({ where }) => items.filter(({ name }) => JSON.stringify(where).includes(name)),
    });
    const mappings = mappingsOf({ Sap: { TicketCallerId: 'EmployeeId', CatalogItem: named } });
    const findings = await checkMappedRecords(contextOf({ tables, mappings }));
    expect(tables.queries).toHaveLength(found);
    expect(findings[0]?.message).toMatch(new RegExp(`exist \\(${found}\\)\\.$`));
    expect(findings.at(-1)?.message).toMatch(/^FallbackCaller is missing/);
  });
});
