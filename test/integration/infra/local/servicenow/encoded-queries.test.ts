import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { makeClient } from './client.ts';

let instance: ServiceNow;

beforeAll(async () => {
  instance = await startServiceNow();
  const caller = (userName: string) =>
    instance.records('sys_user').find((row) => row.user_name === userName)?.sys_id ?? '';
  const incidents = [
    { short_description: 'a', impact: '1', urgency: '1', caller_id: caller('james.bond'), correlation_id: 'Key-1' },
    { short_description: 'b', impact: '2', urgency: '1', caller_id: caller('elise'), description: 'b' },
    { short_description: 'c', impact: '1', urgency: '3' },
    { short_description: 'D', impact: '3', urgency: '3', correlation_id: 'key-10' },
  ];
  for (const values of incidents) instance.insert('incident', values);
});
afterAll(() => instance.close());

const find = async (query: string, table = 'incident') => {
  const rows = await makeClient(instance).list(table, { sysparm_query: query, sysparm_fields: 'short_description' });
  return rows.map((row) => row.short_description).join('');
};

describe('encoded queries', () => {
  it.each([
    ['impact=1', 'ac'],
    ['impact!=1', 'bD'],
    ['impact>1', 'bD'],
    ['impact>=2', 'bD'],
    ['impact<3', 'abc'],
    ['impact<=1', 'ac'],
    ['impactIN1,2', 'abc'],
    ['impactNOT IN1,2', 'D'],
    ['impactBETWEEN2@3', 'bD'],
    ['correlation_idLIKEey-1', 'aD'],
    ['correlation_id*ey-1', 'aD'],
    ['correlation_idCONTAINSey-1', 'aD'],
    ['correlation_idNOT LIKEkey-10', 'abc'],
    ['correlation_idNOTLIKEkey-10', 'abc'],
    ['correlation_id!*key-10', 'abc'],
    ['correlation_idSTARTSWITHKEY', 'aD'],
    ['correlation_idENDSWITH0', 'D'],
    ['correlation_id%0', 'D'],
    ['correlation_idISEMPTY', 'bc'],
    ['correlation_idEMPTYSTRING', 'bc'],
    ['correlation_id=', 'bc'],
    ['correlation_idISNOTEMPTY', 'aD'],
    ['correlation_idANYTHING', 'abcD'],
    ['short_descriptionSAMEASdescription', 'b'],
    ['short_descriptionNSAMEASdescription', 'acD'],
    ['sys_class_nameINSTANCEOFtask', 'abcD'],
    ['correlation_id=KEY-1', 'a'],
    ['correlation_id<key-10', 'a'],
    ['correlation_id!=key-1', 'bcD'],
    ['resolved_at!=x', 'abcD'],
  ])('%s finds %j', async (query, found) => {
    expect(await find(query)).toBe(found);
  });

  it.each([
    ['impact=1^urgency=3^ORurgency=1', 'ac', '^OR belongs to the condition before it, not to all before it'],
    ['short_description=b^ORshort_description=a^impact=1', 'a', 'a condition after ^OR holds for both sides'],
    ['impact=3^NQshort_description=b^urgency=1', 'bD', '^NQ is another query'],
    ['impact=1^EQ', 'ac', '^EQ means nothing'],
    ['impact=1^ORDERBYDESCshort_description', 'ca', 'an order downwards'],
    ['ORDERBYimpact^ORDERBYDESCurgency', 'cabD', 'an order by two fields'],
  ])('%s finds %j: %s', async (query, found) => {
    expect(await find(query)).toBe(found);
  });

  it('walks over references, and compares their names with the operators for text', async () => {
    expect(await find('caller_id.email=james.bond@contoso.com')).toBe('a');
    expect(await find('caller_idSTARTSWITHjames')).toBe('a');
    expect(await find('caller_id=james')).toBe('');
    expect(await find('caller_idISNOTEMPTY^ORDERBYDESCcaller_id')).toBe('ab');
  });

  it('counts an empty value as not true', async () => {
    const sysId = instance.insert('sys_user', { user_name: 'nobody', active: '' }).sys_id ?? '';
    const names = await makeClient(instance).list('sys_user', {
      sysparm_query: 'active!=true',
      sysparm_fields: 'user_name',
    });
    expect(names).toEqual([{ user_name: 'nobody' }]);
    instance.remove('sys_user', sysId);
  });

  it('orders texts of digits as text, and integers by size', async () => {
    for (const number of ['9', '10']) {
      instance.insert('sys_user', { user_name: number, employee_number: number, failed_attempts: number });
    }
    const order = async (field: string) => {
      const query = `user_nameIN9,10^${field}>10^OR${field}=10^ORDERBY${field}`;
      const rows = await makeClient(instance).list('sys_user', { sysparm_query: query });
      return rows.map((row) => row.user_name);
    };
    expect(await order('employee_number')).toEqual(['10', '9']);
    expect(await order('failed_attempts')).toEqual(['10']);
  });

  it('takes two carets for one of the value', async () => {
    const users = (query: string) =>
      makeClient(instance).list('sys_user', { sysparm_query: query, sysparm_fields: 'user_name' });
    expect(await users('employee_number=E^^42')).toEqual([{ user_name: 'elise' }]);
    expect(await users('employee_number=E^42')).toEqual([]);
  });

  it('leaves out conditions that it does not understand, and so finds more', async () => {
    expect(await find('bunk_field=1')).toBe('abcD');
    expect(await find('impact=1^bunk_field=1')).toBe('ac');
    expect(await find('impact=3^ORbunk_field=1')).toBe('D');
    expect(await find('impactABOUT3')).toBe('abcD');
    expect(await find('opened_by=javascript:gs.getUserID()')).toBe('abcD');
    expect(await find('incident_state=1', 'task')).toBe('abcD');
  });

  it('finds nothing by a query with an invalid condition where the instance is set so', async () => {
    const strict = await startServiceNow({ invalidQueryReturnsNoRows: true });
    const { list } = makeClient(strict);
    expect(await list('sys_user', { sysparm_query: 'bunk_field=1^NQactive=true' })).toEqual([]);
    expect(await list('sys_user', { sysparm_query: 'user_name=elise' })).toHaveLength(1);
    await strict.close();
  });

  it('orders sys_ids as text, so that keyset paging meets every record once', async () => {
    const many = await startServiceNow({ users: 200, seed: 7 });
    const { list } = makeClient(many);
    const seen: string[] = [];
    for (;;) {
      const seek = seen.length === 0 ? '' : `sys_id>${seen.at(-1)}^`;
      const rows = await list('sys_user', {
        sysparm_query: `${seek}ORDERBYsys_id`,
        sysparm_limit: '30',
        sysparm_fields: 'sys_id',
      });
      if (rows.length === 0) break;
      seen.push(...rows.map((row) => String(row.sys_id)));
    }
    expect(seen).toEqual(
      many
        .records('sys_user')
        .map((row) => row.sys_id)
        .toSorted(),
    );
    await many.close();
  });

  it('finds one of ten thousand nearly as fast as one of a hundred', async () => {
    const [small, large] = [await startServiceNow({ users: 100 }), await startServiceNow({ users: 10_000 })];
    const look = async (instance: ServiceNow, user: string) => {
      const started = performance.now();
      expect(
        await makeClient(instance).list('sys_user', { sysparm_query: `user_name=${user}^active=true` }),
      ).toHaveLength(1);
      return performance.now() - started;
    };
    const [inSmall, inLarge]: number[][] = [[], []];
    for (let round = 0; round < 21; round++) {
      inSmall?.push(await look(small, 'user.000100'));
      inLarge?.push(await look(large, 'user.010000'));
    }
    // Whatever else the machine does, it does to both.
    expect(median(inLarge)).toBeLessThan(20 * median(inSmall));
    await Promise.all([small.close(), large.close()]);
  });
});

function median(values: readonly number[] = []): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
