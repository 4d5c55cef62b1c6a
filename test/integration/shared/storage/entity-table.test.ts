import { createServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import { UnavailableError } from '../../../../shared/errors.ts';
import {
  ConflictError,
  type EntityChange,
  type EntityTable,
  entityTable,
} from '../../../../shared/storage/entity-table.ts';
import { runCertificate } from '../../../lease-account.ts';
import { type StartedStorage, startStorage, unreachableUrl } from './start-storage.ts';

let storage: StartedStorage;
let table: EntityTable;

beforeAll(async () => {
  storage = await startStorage();
  await storage.table('rows').createTable();
  table = entityTable(storage.tableUrl, 'rows', storage.loadCredential);
});
afterAll(() => storage.close());

const insert = (
  rowKey: string,
  columns: EntityChange extends infer C ? (C extends { columns: infer V } ? V : never) : never = {},
): EntityChange => ({
  kind: 'insert',
  rowKey,
  columns,
});

describe('a row', () => {
  it('comes back with what was put into its columns', async () => {
    const columns = {
      text: 'Łukasz 🎫 \'"\n',
      empty: '',
      whole: 42,
      negative: -1,
      large: 2 ** 40,
      fraction: 0.5,
      yes: true,
      no: false,
      binary: Buffer.from([0, 255, 128, 10]),
      nothing: Buffer.alloc(0),
      date: '2026-11-23T10:00:00.000Z',
    };
    await table.commit('columns', [insert('1', columns)]);
    expect((await table.get('columns', '1'))?.columns).toEqual(columns);
    expect((await table.list('columns', '0', '2')).entities[0]?.columns).toEqual(columns);
  });

  it('has no column for what is undefined', async () => {
    await table.commit('undefined', [insert('1', { here: 1, gone: undefined })]);
    expect((await table.get('undefined', '1'))?.columns).toEqual({ here: 1 });
  });

  it('is nothing where there is none', async () => {
    expect(await table.get('nowhere', '1')).toBeUndefined();
  });

  it('says when it was written, by storage', async () => {
    await table.commit('written', [insert('1')]);
    const { readAt } = await table.list('written', '0', '2');
    const written = (await table.get('written', '1'))?.writtenAt.getTime() ?? 0;
    // A Date header has no fractions of a second.
    expect(written).toBeLessThan(readAt.getTime() + 1000);
    expect(written).toBeGreaterThan(readAt.getTime() - 60_000);
  });

  it('is found by the value of a column, whatever signs that has', async () => {
    const names = ["O'Brien", "' or RowKey ge '", '7', ''];
    await table.commit(
      'where',
      names.map((Name, index) => insert(String(index), { Name })),
    );
    for (const [index, Name] of names.entries()) {
      const rows: string[] = [];
      for await (const { entities } of table.pages('where', '', '~', { column: 'Name', equals: Name }))
        rows.push(...entities.map(({ rowKey }) => rowKey));
      expect(rows).toEqual([String(index)]);
    }
  });

  it('may have quotes and other signs in its keys', async () => {
    const partition = "O'Brien & Söhne, 100%";
    await table.commit(partition, [insert("a'b", { n: 1 }), insert('a"b', { n: 2 })]);
    expect((await table.get(partition, "a'b"))?.columns).toEqual({ n: 1 });
    expect((await table.list(partition, "a'b", "a'c")).entities.map(({ rowKey }) => rowKey)).toEqual(["a'b"]);
  });
});

describe('a transaction', () => {
  it('makes all its changes and gives the new versions', async () => {
    const first = await table.commit('all', [insert('1', { n: 1 }), insert('2', { n: 2 }), insert('3', { n: 3 })]);
    const etags = await table.commit('all', [
      { kind: 'replace', rowKey: '1', etag: first.get('1') ?? '', columns: { m: 10 } },
      { kind: 'delete', rowKey: '2' },
      { kind: 'put', rowKey: '3', columns: { m: 30 } },
      { kind: 'put', rowKey: '4', columns: { m: 40 } },
      insert('5', { m: 50 }),
    ]);
    const { entities } = await table.list('all', '0', '9');
    expect(entities.map(({ rowKey, columns }) => [rowKey, columns])).toEqual([
      // Replaced, not merged.
      ['1', { m: 10 }],
      ['3', { m: 30 }],
      ['4', { m: 40 }],
      ['5', { m: 50 }],
    ]);
    for (const { rowKey, etag } of entities) expect([rowKey, etags.get(rowKey)]).toEqual([rowKey, etag]);
  });

  it.each<[string, (stale: string) => EntityChange]>([
    ['inserts a row that is there', () => insert('there')],
    ['replaces a row that has changed', (etag) => ({ kind: 'replace', rowKey: 'there', etag, columns: {} })],
    ['replaces a row that has gone', (etag) => ({ kind: 'replace', rowKey: 'gone', etag, columns: {} })],
    ['deletes a row that has gone', () => ({ kind: 'delete', rowKey: 'gone' })],
  ])('that %s is a conflict and changes nothing, wherever that change stands', async (name, changeOf) => {
    const there = (await table.commit(name, [insert('there', { n: 1 })])).get('there') ?? '';
    await table.commit(name, [{ kind: 'put', rowKey: 'there', columns: { n: 2 } }]);
    const before = await table.list(name, ' ', 'zz');
    const change = changeOf(there);
    for (const changes of [
      [change],
      [change, insert('new')],
      [insert('new'), change],
      [insert('new'), insert('other'), change, insert('third')],
    ]) {
      const committing = table.commit(name, changes);
      await expect(committing).rejects.toThrow(ConflictError);
      await expect(committing).rejects.toMatchObject({ failure: { class: 'transient', retryAfterInSeconds: 1 } });
    }
    expect((await table.list(name, ' ', 'zz')).entities).toEqual(before.entities);
  });

  it.each(['*', ''])('that replaces version %j is a conflict, and replaces not just any', async (etag) => {
    await table.commit(`version ${etag}`, [insert('there', { n: 1 })]);
    const committing = table.commit(`version ${etag}`, [{ kind: 'replace', rowKey: 'there', etag, columns: { n: 2 } }]);
    await expect(committing).rejects.toThrow(ConflictError);
    expect((await table.get(`version ${etag}`, 'there'))?.columns).toEqual({ n: 1 });
  });

  it('lets one of twenty through who insert the same row, or replace the same version', async () => {
    const twenty = (changeOf: (index: number) => EntityChange) =>
      Promise.allSettled(Array.from({ length: 20 }, (_, index) => table.commit('race', [changeOf(index)])));
    const won = (outcomes: PromiseSettledResult<unknown>[]) =>
      outcomes.filter((outcome) => {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ConflictError);
        return outcome.status === 'fulfilled';
      }).length;
    expect(won(await twenty((by) => insert('claim', { by })))).toBe(1);
    const { etag = '' } = (await table.get('race', 'claim')) ?? {};
    expect(won(await twenty((by) => ({ kind: 'replace', rowKey: 'claim', etag, columns: { by } })))).toBe(1);
  });
});

describe('a range', () => {
  it('begins with its first key and ends before its last, in one partition', async () => {
    await table.commit(
      'range',
      ['a', 'b', 'b1', 'c'].map((rowKey) => insert(rowKey)),
    );
    await table.commit('range2', [insert('b')]);
    const { entities } = await table.list('range', 'b', 'c');
    expect(entities.map(({ rowKey }) => rowKey)).toEqual(['b', 'b1']);
  });

  it('without rows has a time all the same', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { entities, readAt } = await table.list('empty', 'a', 'z');
    expect(entities).toEqual([]);
    expect(readAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(readAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('of more than a thousand rows is read to its end, once each and in order', async () => {
    const keys = Array.from({ length: 1_150 }, (_, index) => String(index).padStart(5, '0'));
    const transactions = Array.from({ length: 12 }, (_, index) => keys.slice(index * 100, index * 100 + 100));
    await Promise.all(
      transactions.map((some) =>
        table.commit(
          'many',
          some.map((rowKey) => insert(rowKey)),
        ),
      ),
    );
    const { entities } = await table.list('many', '', 'z');
    expect(entities.map(({ rowKey }) => rowKey)).toEqual(keys);
  });

  it("is as old as storage says that its first page is, whatever this machine's clock says", async () => {
    const dates = ['Mon, 01 Jan 2024 00:00:00 GMT', 'Mon, 01 Jan 2024 00:00:30 GMT'];
    const certificate = runCertificate();
    const server = createServer({ cert: certificate.certificate, key: certificate.key }, ({ url = '' }, response) => {
      const isFirst = !url.includes('NextRowKey');
      response.writeHead(200, {
        'Content-Type': 'application/json',
        Date: isFirst ? dates[0] : dates[1],
        ...(isFirst && { 'x-ms-continuation-NextPartitionKey': 'p', 'x-ms-continuation-NextRowKey': 'r' }),
      });
      response.end('{"value":[]}');
    });
    const { port, close } = await listen(server);
    const slow = entityTable(`https://127.0.0.1:${port}/account`, 'rows', storage.loadCredential);
    const { readAt } = await slow.list('p', 'a', 'z');
    await close();
    expect(readAt).toEqual(new Date('2024-01-01T00:00:00Z'));
  });
});

describe('a table that cannot be used', () => {
  it.concurrent.each([
    ['listing', (broken: EntityTable) => broken.list('p', 'a', 'b'), 'read table rows'],
    ['getting', (broken: EntityTable) => broken.get('p', 'a'), 'read table rows'],
    ['committing', (broken: EntityTable) => broken.commit('p', [insert('a')]), 'write table rows'],
  ])(
    'for no connection: %s is unavailable, within seconds',
    async (_name, use, what) => {
      const using = use(entityTable(await unreachableUrl(), 'rows', storage.loadCredential));
      await expect(using).rejects.toThrow(UnavailableError);
      await expect(using).rejects.toThrow(`Storage could not ${what} (no answer ECONNREFUSED); it is tried again`);
    },
    8_000,
  );

  it('for it is not there is unavailable, and no conflict', async () => {
    const missing = entityTable(storage.tableUrl, 'missing', storage.loadCredential);
    await expect(missing.list('p', 'a', 'b')).rejects.toThrow(UnavailableError);
    await expect(missing.commit('p', [insert('a')])).rejects.toThrow(UnavailableError);
  });
});
