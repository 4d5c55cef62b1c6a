import { describe, expect, it } from 'vitest';
import { readFilters } from '../../../../shared/servicenow/read-filters.ts';

const read = (...settings: string[]) => {
  const { byTable, faults } = readFilters(settings);
  return { byTable: Object.fromEntries(byTable), faults: [...faults.values()] };
};

describe('readFilters', () => {
  it.each([
    [['sys_user#active=true'], { sys_user: 'active=true' }],
    [
      ['sys_user#active=true*sys_user_group#nameSTARTSWITHa'],
      { sys_user: 'active=true', sys_user_group: 'nameSTARTSWITHa' },
    ],
    [
      ['sys_user#active=true', 'incident#state!=7^ORpriority=1^EQ'],
      { sys_user: 'active=true', incident: 'state!=7^ORpriority=1' },
    ],
    [['sys_user#name=a^^b^active=true'], { sys_user: 'name=a^^b^active=true' }],
    [['sys_user#sys_updated_on>javascript:gs.daysAgo(30)'], { sys_user: 'sys_updated_on>javascript:gs.daysAgo(30)' }],
    [[], {}],
  ])('%j', (settings, byTable) => {
    expect(read(...settings)).toEqual({ byTable, faults: [] });
  });

  it.each([
    ['sys_user', /expected table#encodedQuery/],
    ['sys_user#', /expected table#encodedQuery/],
    ['sys_user#active=true^NQname=x', /one group/],
    ['sys_user#active=true^ORDERBYname', /no ORDERBY/],
    ['sys_user#active=\ttrue', /control characters/],
    ['sys_user#active', /a field and an operator/],
    ['Sys_User#active=true', /expected table#/],
  ])('refuses %j', (setting, fault) => {
    const { byTable, faults } = read(setting);
    expect(byTable).toEqual({});
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  it('refuses what may be an operator or stand between two tables', () => {
    const { byTable, faults } = read('sys_user#name*foo#bar');
    expect(byTable).toEqual({});
    expect(faults[0]).toMatch(/got "name".*write LIKE/);
  });

  it('refuses both of two filters of one table', () => {
    expect(read('a#b=1', 'a#c=1')).toEqual({ byTable: {}, faults: [expect.stringMatching(/one filter/)] });
  });
});
