import { describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiRequest, makeTableApi } from '../../../../shared/servicenow/table-api.ts';

const SERVER = 'https://acme.service-now.com/api/now/table';
const DATE = 'Mon, 23 Nov 2026 10:00:00 GMT';

function tableApi(result: unknown, headers: ApiAnswer['headers'] = { 'x-total-count': '7' }) {
  const requests: ApiRequest[] = [];
  const tables = makeTableApi(SERVER, async (request) => {
    requests.push(request);
    request.beforeSend?.();
    return { result, headers: { date: DATE, ...headers } };
  });
  return { tables, requests };
}

const query = { where: [['state', '=', '7']], fields: ['sys_id', 'number'], limit: 50 } as const;

describe('list', () => {
  it('asks for the fields as plain values, and gives records, count and the server’s time', async () => {
    const { tables, requests } = tableApi([{ sys_id: 'a', number: '' }]);
    expect(await tables.list('incident', { ...query, orderBy: 'sys_id' })).toEqual({
      records: [{ sys_id: 'a', number: '' }],
      totalCount: 7,
      servedAt: new Date(DATE),
    });
    expect(requests).toEqual([
      {
        method: 'GET',
        url: `${SERVER}/incident`,
        query: {
          sysparm_query: 'state=7^ORDERBYsys_id',
          sysparm_fields: 'sys_id,number',
          sysparm_limit: '50',
          sysparm_exclude_reference_link: 'true',
        },
      },
    ]);
  });

  it('names an offset only where there is one, and escapes the table', async () => {
    const { tables, requests } = tableApi([]);
    await tables.list('../sys_user', { ...query, offset: 50 });
    expect(requests[0]?.query).toMatchObject({ sysparm_offset: '50' });
    expect(requests[0]?.url).toBe(`${SERVER}/..%2Fsys_user`);
  });

  it('takes a reference by its value', async () => {
    const { tables } = tableApi([{ caller_id: { link: 'https://x', value: 'b' } }]);
    expect((await tables.list('incident', query)).records).toEqual([{ caller_id: 'b' }]);
  });

  it.each([[undefined], [''], [' '], ['many'], ['1.5'], ['-1']])('takes a count of %j for none', async (count) => {
    const { tables } = tableApi([], { 'x-total-count': count });
    expect((await tables.list('incident', query)).totalCount).toBeUndefined();
  });

  it('knows a count of 0', async () => {
    expect((await tableApi([], { 'x-total-count': '0' }).tables.list('incident', query)).totalCount).toBe(0);
  });

  it.each([
    [null],
    [{ sys_id: 'a' }],
    ['x'],
    [[null]],
    [[['a']]],
    [[{ active: true }]],
    [[{ caller_id: { link: 'x' } }]],
  ])('takes %j for an answer that did not come', async (result) => {
    await expect(tableApi(result).tables.list('incident', query)).rejects.toMatchObject({
      execution: 'unknown',
      failure: { class: 'transient' },
    });
  });

  it.each([undefined, '', 'today'])('needs the server’s time, not %j', async (date) => {
    await expect(tableApi([], { date }).tables.list('incident', query)).rejects.toMatchObject({
      failure: { class: 'transient' },
    });
  });
});

describe('insert', () => {
  const values = { short_description: 'x', correlation_id: 'k.1' };

  it('sends strict JSON once the caller allows it, and gives the record as stored', async () => {
    const { tables, requests } = tableApi({ sys_id: 'a', number: 'INC1' });
    let allowed = 0;
    const beforeSend = () => {
      allowed += 1;
    };
    expect(await tables.insert('incident', values, ['sys_id', 'number'], beforeSend)).toEqual({
      sys_id: 'a',
      number: 'INC1',
    });
    expect(allowed).toBe(1);
    expect(requests).toEqual([
      {
        method: 'POST',
        url: `${SERVER}/incident`,
        query: { sysparm_fields: 'sys_id,number', sysparm_exclude_reference_link: 'true' },
        json: values,
        beforeSend,
      },
    ]);
  });

  it.each([null, [], {}, { number: 'INC1' }, { sys_id: '' }, 'x'])(
    'does not know whether a record was made where the answer is %j',
    async (result) => {
      await expect(tableApi(result).tables.insert('incident', values, ['sys_id'], () => {})).rejects.toMatchObject({
        execution: 'unknown',
        failure: { class: 'transient' },
      });
    },
  );
});
