import { describe, expect, it } from 'vitest';
import { readAll } from '../../../../shared/servicenow/read-all.ts';
import type { RecordPage, RecordQuery, TableApi } from '../../../../shared/servicenow/table-api.ts';

interface Row {
  readonly id: string;
  readonly hidden?: boolean;
}

const readOnly: Pick<TableApi, 'insert' | 'update'> = {
  insert: () => Promise.reject(new Error('Expected no insert')),
  update: () => Promise.reject(new Error('Expected no update')),
};

/** A table whose pages are cut before hidden rows are left out, and counted with them; as the Table API does it. */
function tableOf(rows: readonly Row[], options: { readonly counts?: boolean } = {}) {
  const queries: RecordQuery[] = [];
  const list = async (_table: string, query: RecordQuery): Promise<RecordPage> => {
    queries.push(query);
    if (queries.length > 200) throw new Error('Expected an end');
    const after = query.where.find((entry) => entry[0] === 'sys_id' && entry[1] === '>')?.[2] ?? '';
    const matching = rows.filter(({ id }) => typeof after === 'string' && id > after);
    const offset = query.offset ?? 0;
    return {
      records: matching
        .slice(offset, offset + query.limit)
        .filter(({ hidden }) => !hidden)
        .map(({ id }) => ({ sys_id: id })),
      totalCount: options.counts === false ? undefined : matching.length,
      servedAt: new Date(0),
    };
  };
  const tables: TableApi = { ...readOnly, list };
  return { tables, queries };
}

async function idsOf(tables: TableApi, pageSize: number): Promise<string[]> {
  const ids: string[] = [];
  const query = { where: [['state', '=', '1']], fields: ['number'] } as const;
  for await (const page of readAll(tables, 'incident', query, pageSize, (call) => call())) {
    ids.push(...page.records.map((record) => record.sys_id ?? ''));
  }
  return ids;
}

const rows = (visible: string): Row[] =>
  [...visible].map((mark, index) => ({ id: String.fromCharCode(97 + index), hidden: mark === '-' }));
const visibleIds = (of: readonly Row[]) => of.filter(({ hidden }) => !hidden).map(({ id }) => id);

describe('readAll', () => {
  it.each([
    ['no row', ''],
    ['one row', '+'],
    ['a full page', '+++'],
    ['a page and one', '++++'],
    ['several pages', '++++++++++'],
    ['a hidden row in a page', '+-++++'],
    ['a whole hidden window', '+++---+++'],
    ['hidden windows one after the other', '+++------++'],
    ['a hidden beginning', '----++'],
    ['a hidden end', '++++----'],
    ['nothing but hidden rows', '-------'],
  ])('gives every row once that may be seen: %s', async (_, visible) => {
    const all = rows(visible);
    expect(await idsOf(tableOf(all).tables, 3)).toEqual(visibleIds(all));
  });

  it('asks no more often than it has to', async () => {
    for (const [visible, calls] of [
      ['', 1],
      ['+++', 1],
      ['++++', 2],
      ['---+', 2],
    ] as const) {
      const { tables, queries } = tableOf(rows(visible));
      await idsOf(tables, 3);
      expect(queries).toHaveLength(calls);
    }
  });

  it('asks by keyset, for the id always and only once', async () => {
    const { tables, queries } = tableOf(rows('++++'));
    await idsOf(tables, 3);
    expect(queries).toEqual([
      { where: [['state', '=', '1']], fields: ['sys_id', 'number'], orderBy: 'sys_id', limit: 3, offset: 0 },
      {
        where: [
          ['state', '=', '1'],
          ['sys_id', '>', 'c'],
        ],
        fields: ['sys_id', 'number'],
        orderBy: 'sys_id',
        limit: 3,
        offset: 0,
      },
    ]);
  });

  it('without the count goes on until an empty page', async () => {
    const { tables, queries } = tableOf(rows('+-+++'), { counts: false });
    expect(await idsOf(tables, 3)).toEqual(['a', 'c', 'd', 'e']);
    expect(queries).toHaveLength(3);
  });

  it('steps on where an id comes again, instead of asking for the same for ever', async () => {
    const offsets: (number | undefined)[] = [];
    const stubborn: TableApi = {
      ...readOnly,
      list: async (_table, { offset }) => {
        offsets.push(offset);
        return { records: [{ sys_id: 'a' }], totalCount: 5, servedAt: new Date(0) };
      },
    };
    await idsOf(stubborn, 2);
    expect(offsets).toEqual([0, 0, 2, 4]);
  });

  it('steps on where the ids can not be read', async () => {
    const offsets: (number | undefined)[] = [];
    const blind: TableApi = {
      ...readOnly,
      list: async (_table, { offset }) => {
        offsets.push(offset);
        return { records: [{ sys_id: '' }, {}], totalCount: 5, servedAt: new Date(0) };
      },
    };
    await idsOf(blind, 2);
    const half: TableApi = {
      ...blind,
      list: async () => ({ records: [{ sys_id: 'a' }, { sys_id: '' }], totalCount: 2, servedAt: new Date(0) }),
    };
    expect(offsets).toEqual([0, 2, 4]);
    expect(await idsOf(half, 1)).toHaveLength(4);
  });

  it('wraps every single call', async () => {
    const { tables, queries } = tableOf(rows('++++++++'));
    let wrapped = 0;
    const pages = readAll(tables, 'incident', { where: [], fields: [] }, 3, (call) => {
      wrapped += 1;
      return call();
    });
    for await (const page of pages) expect(page.records.length).toBeGreaterThan(0);
    expect(wrapped).toBe(queries.length);
  });
});
