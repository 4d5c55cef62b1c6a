import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bound, type Chunk, readInOrder } from '../../../../shared/exports/read-in-order.ts';
import { readAll } from '../../../../shared/servicenow/read-all.ts';
import type { TableApi } from '../../../../shared/servicenow/table-api.ts';
import { tableOf } from './table-of.ts';

async function readTable(
  tables: TableApi,
  options: { readonly pageSize: number; readonly inFlight: number; readonly from?: Bound | undefined },
): Promise<Chunk<readonly string[]>[]> {
  const chunks: Chunk<readonly string[]>[] = [];
  const read = readInOrder(
    (bounds, after) =>
      readAll(tables, 'sys_user', { where: bounds, fields: [] }, options.pageSize, (call) => call(), after),
    { ...options, from: options.from, convert: (records) => records.map(({ sys_id: id = '' }) => id) },
  );
  for await (const chunk of read) chunks.push(chunk);
  return chunks;
}

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 });
/** Mostly as instances make them, some as people do; no two that differ in case alone. */
const sysIds = fc.uniqueArray(
  fc.oneof(
    { weight: 8, arbitrary: hex },
    fc.constantFrom('glean_user_role', 'AdminRole', 'zz.top', '0', 'f', '~none'.slice(1)),
  ),
  { maxLength: 300, selector: (id) => id.toLowerCase() },
);

describe('a table that is read by several at once', () => {
  it('comes whole and in order, whatever its ids are and which of them are hidden', async () => {
    await fc.assert(
      fc.asyncProperty(
        sysIds,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.nat(4)),
        async (ids, pageSize, inFlight, dice) => {
          const hidden = ids.filter(() => dice.next().value === 0);
          const { tables } = tableOf(ids, hidden);
          const chunks = await readTable(tables, { pageSize, inFlight });
          const expected = ids
            .filter((id) => !hidden.includes(id))
            .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
          expect(chunks.flatMap(({ content }) => content)).toEqual(expected);
          expect(chunks.reduce((sum, chunk) => sum + chunk.hidden, 0)).toBe(hidden.length);
          expect(chunks.every(({ isCounted }) => isCounted)).toBe(true);
        },
      ),
      { seed: 20_261_127, numRuns: 200 },
    );
  });

  it('has every row that was there throughout exactly once, whoever edits meanwhile', async () => {
    const edit = fc.record({
      kind: fc.constantFrom('insert' as const, 'delete' as const, 'hide' as const),
      sysId: hex,
    });
    await fc.assert(
      fc.asyncProperty(
        sysIds,
        fc.array(edit, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (ids, made, pageSize) => {
          // Some of the edits are of rows that are there.
          const edits = made.map((one, index) => (index % 2 === 0 ? { ...one, sysId: ids[index] ?? one.sysId } : one));
          const touched = new Set(edits.map(({ sysId }) => sysId));
          const { tables } = tableOf(ids, [], edits);
          const found = (await readTable(tables, { pageSize, inFlight: 4 })).flatMap(({ content }) => content);
          const throughout = ids.filter((id) => !touched.has(id)).sort();
          expect(found.filter((id) => !touched.has(id)).sort()).toEqual(throughout);
          expect(new Set(found).size).toBe(found.length);
        },
      ),
      { seed: 20_261_128, numRuns: 200 },
    );
  });

  it('goes on behind any page, and nothing comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(sysIds, fc.integer({ min: 1, max: 10 }), fc.nat(40), async (ids, pageSize, stop) => {
        const { tables } = tableOf(ids, []);
        const chunks = await readTable(tables, { pageSize, inFlight: 3 });
        const before = chunks.slice(0, stop);
        const from = before.at(-1)?.next;
        const rest = from ? await readTable(tables, { pageSize, inFlight: 3, from }) : chunks.slice(before.length);
        expect([...before, ...rest].flatMap(({ content }) => content)).toEqual(
          chunks.flatMap(({ content }) => content),
        );
      }),
      { seed: 20_261_129, numRuns: 100 },
    );
  });

  it('takes few calls more than it has pages', async () => {
    const random = seeded(7);
    const ids = Array.from({ length: 20_000 }, () =>
      Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join(''),
    );
    const { tables, calls } = tableOf(ids, []);
    const chunks = await readTable(tables, { pageSize: 200, inFlight: 4 });
    expect(chunks.reduce((sum, { rows }) => sum + rows, 0)).toBe(20_000);
    expect(calls()).toBeLessThan(125);
  });

  it('gives what came before a failure, and then the failure', async () => {
    const { tables } = tableOf(
      Array.from({ length: 100 }, (_, index) => String(index).padStart(32, '0')),
      [],
    );
    let calls = 0;
    const failing: TableApi = {
      ...tables,
      list: (table, query) => (++calls === 4 ? Promise.reject(new Error('gone')) : tables.list(table, query)),
    };
    const found: string[] = [];
    const read = readInOrder(
      (bounds, after) => readAll(failing, 'sys_user', { where: bounds, fields: [] }, 10, (call) => call(), after),
      { from: undefined, inFlight: 1, pageSize: 10, convert: (records) => records.map(({ sys_id: id = '' }) => id) },
    );
    await expect(async () => {
      for await (const { content } of read) found.push(...content);
    }).rejects.toThrow('gone');
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found).size).toBe(found.length);
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
