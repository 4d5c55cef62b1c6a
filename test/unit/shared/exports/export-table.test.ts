import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { type ExportOrder, makeExportTable } from '../../../../shared/exports/export-table.ts';
import type { RecordQuery, ServiceNowRecord, TableApi } from '../../../../shared/servicenow/table-api.ts';
import type { BlobStore } from '../../../../shared/storage/blob-store.ts';
import { basicSettings } from '../doctor/servicenow/settings-of.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { recordingLog } from '../recording-log.ts';
import { instanceOf } from '../servicenow/instance-of.ts';

const PAGE_SIZE = 10;
const TABLE = {
  ...{ connection: 'Help', table: 'sys_user', keyColumns: ['sys_id'], mostDeleted: undefined },
  columns: ['sys_id', 'name'].map((name) => ({ name, dateFormat: undefined, isDisplayed: false })),
};
const SETTINGS = {
  ...{ completeEveryInMs: 86_400_000, window: undefined, keptCompletes: 3, keptIncrementalsInMs: 30 * 86_400_000 },
  command: { column: 'Command', merge: 'merge', delete: 'delete' },
};
type Row = Record<string, string>;

/** An instance with so many users, and its exports into memory; `fail` is asked before anything is written. */
function startExports(count: number, fail: (what: string, path: string, text: string) => boolean = () => false) {
  const clock = manualClock();
  const at = () => clock.now().toISOString().slice(0, 19).replace('T', ' ');
  const users = new Map<string, ServiceNowRecord>();
  const deleted: ServiceNowRecord[] = [];
  const change = (index: number, name: string) => {
    const sysId = String(index).padStart(32, '0');
    const made = users.get(sysId)?.sys_created_on ?? at();
    users.set(sysId, { sys_id: sysId, name, active: 'false', sys_created_on: made, sys_updated_on: at() });
    return sysId;
  };
  for (let index = 0; index < count; index += 1) change(index, `user ${index}`);
  const remove = (index: number) => {
    const sysId = String(index).padStart(32, '0');
    users.delete(sysId);
    deleted.push({ sys_id: `d${index}`, tablename: 'sys_user', documentkey: sysId, sys_created_on: at() });
  };
  const holds = (record: ServiceNowRecord, [field, operator, value]: readonly [string, string, string]) => {
    const has = record[field] ?? '';
    if (operator === 'IN') return value.split(',').includes(has);
    if (operator === '<' || operator === '<=') return has < value || (operator === '<=' && has === value);
    return has > value || (operator !== '>' && has === value);
  };
  async function list(table: string, { where, limit, offset = 0, fields }: RecordQuery) {
    const rows = table === 'sys_user' ? [...users.values()] : table === 'sys_audit_delete' ? deleted : [];
    const matching = rows
      .filter((record) =>
        where.every((entry) =>
          typeof entry[0] === 'string' ? holds(record, [entry[0], String(entry[1]), String(entry[2])]) : false,
        ),
      )
      .sort((a, b) => ((a.sys_id ?? '') < (b.sys_id ?? '') ? -1 : 1));
    const records = matching
      .slice(offset, offset + limit)
      .map((record) => Object.fromEntries(fields.map((field) => [field, record[field] ?? ''])));
    return { records, totalCount: matching.length, servedAt: clock.now() };
  }
  const unexpected = () => Promise.reject(new Error('Expected no write'));
  const tables: TableApi = { list, insert: unexpected, update: unexpected };
  const instance = instanceOf(basicSettings({ pageSize: PAGE_SIZE }), tables);
  const output = memoryBlobs();
  const state = memoryBlobs();
  const guarded = (blobs: BlobStore): BlobStore => ({
    ...blobs,
    replace: async (path, text, etag) => {
      if (fail('replace', path, text)) throw new UnavailableError('storage is away');
      return blobs.replace(path, text, etag);
    },
    commit: async (path, ids, options) => (fail('commit', path, '') ? false : blobs.commit(path, ids, options)),
  });
  let ids = 0;
  const exportTable = makeExportTable({
    config: { exportOverlapInMs: 1_000 },
    withPermit: (_instance, _work, call) => call(),
    output: guarded(output),
    state: guarded(state),
    isDue: () => true,
    newId: () => String(++ids).padStart(8, '0'),
    clock,
    log: recordingLog(),
  });
  const order = (isTimeUp = () => false): ExportOrder => ({
    table: TABLE,
    filter: undefined,
    settings: SETTINGS,
    isTimeUp,
  });
  const run = (isTimeUp?: () => boolean) => {
    clock.advance(10_000);
    return exportTable(instance, order(isTimeUp));
  };
  const read = (path: string) => {
    const manifest = JSON.parse(output.blobs.get(path)?.text ?? 'null');
    const rows: Row[] = parse(output.blobs.get(manifest.File)?.text ?? '', { columns: true });
    return { manifest, rows };
  };
  const incrementals = () => [...output.blobs.keys()].filter((path) => /^incremental.*json$/.test(path)).map(read);
  return { run, change, remove, clock, output, complete: () => read('complete/Help_sys_user.json'), incrementals };
}

it('a run that could not say that it is done is finished by the next one, with nothing in it twice', async () => {
  let isAway = false;
  const exports = startExports(45, (what, path, text) => {
    const isLast = what === 'replace' && path.startsWith('exports/') && !text.includes('"Unfinished"');
    return isAway && isLast;
  });
  await exports.run();
  exports.clock.advance(60_000);
  exports.remove(3);
  exports.change(7, 'changed');
  isAway = true;
  await expect(exports.run()).rejects.toThrow('storage is away');
  isAway = false;
  await exports.run();
  const [file, ...more] = exports.incrementals();
  expect(more).toEqual([]);
  expect(file?.rows.map(({ Command, name }) => [Command, name])).toEqual([
    ['merge', 'changed'],
    ['delete', ''],
  ]);
  expect(file?.manifest).toMatchObject({ Rows: 2, Deleted: 1, Complete: true });
  await exports.run();
  expect(exports.incrementals()).toHaveLength(1);
});

it('a run whose parts are gone begins anew', async () => {
  let areGone = false;
  const exports = startExports(45, (what, path) => areGone && what === 'commit' && path.includes('/Help_sys_user/'));
  await exports.run(() => true);
  expect(exports.output.blobs.size).toBe(0);
  areGone = true;
  await expect(exports.run()).rejects.toThrow('is not there any more; its export begins anew');
  areGone = false;
  await exports.run();
  expect(exports.complete().rows).toHaveLength(45);
  expect(exports.complete().manifest).toMatchObject({ Complete: true, Rows: 45 });
});

it('the file of the name that never changes is whole also where what was put aside for it is gone', async () => {
  let lost = 1;
  const exports = startExports(
    45,
    (what, path) => what === 'commit' && path === 'complete/Help_sys_user.csv' && lost-- > 0,
  );
  await exports.run();
  const { manifest } = exports.complete();
  expect(exports.output.blobs.get('complete/Help_sys_user.csv')?.text).toBe(
    exports.output.blobs.get(manifest.File)?.text,
  );
});

it('a run that pauses at every page ends with every row once', async () => {
  const exports = startExports(45);
  let runs = 0;
  do {
    await exports.run(() => true);
    runs += 1;
  } while (!exports.output.blobs.has('complete/Help_sys_user.json') && runs < 20);
  expect(runs).toBeGreaterThan(2);
  const { rows, manifest } = exports.complete();
  expect(rows.map(({ name }) => name)).toEqual(Array.from({ length: 45 }, (_, index) => `user ${index}`));
  expect(manifest.Complete).toBe(true);
});
