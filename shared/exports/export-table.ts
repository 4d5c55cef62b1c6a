import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { HoldError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import { checkTimeZone } from '../servicenow/check-time-zone.ts';
import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { checkColumns } from './check-columns.ts';
import { makeCsv } from './csv.ts';
import { decideRun } from './decide-run.ts';
import type { ExportSettings } from './export-settings.ts';
import { type ExportState, readExportState, type StoredExportState, type UnfinishedRun } from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';
import { openFile } from './file-writer.ts';
import { findDeletions } from './find-deletions.ts';
import { filePath, latestPath, type Manifest, removeOld, runName, writeManifest } from './manifest.ts';
import { makePageSize } from './page-size.ts';
import { type Chunk, readInOrder } from './read-in-order.ts';
import { makeReadPage } from './read-page.ts';

/** What an export of a table is given. */
export interface ExportOrder {
  readonly table: ExportedTable;
  /** The filter that the connection's settings have for it. */
  readonly filter: string | undefined;
  readonly settings: ExportSettings;
  /** Whether there is no time left, so that the run has to pause. */
  isTimeUp(): boolean;
}

/** What came of it. */
export type Exported = 'complete' | 'incremental' | 'paused' | 'wait';

/**
 * Does what a table is due for: goes on with a run, or makes a complete or an incremental export. A file that lacks rows says so in
 * its manifest. Permissions needed: read on the table in ServiceNow; Storage Blob Data Contributor on `export-output` and
 * `connector-state`.
 *
 * @throws ServiceNowError, HoldError, UnavailableError: what was read is kept, and the next run goes on from there.
 */
export type ExportTable = (instance: Instance, order: ExportOrder) => Promise<Exported>;

/** Fields that are read beside those that are exported. */
const READ_TOO = ['sys_id', 'sys_created_on'];
/** Of other tables, the class of each row is read too: deletions are filed under it. */
const WITHOUT_CLASSES = /^sys_user(_|$)/;
const MOST_CLASSES = 50;
const MOST_IN_FLIGHT = 8;
const SAVED_EVERY_IN_MS = 5_000;

/** Builds the export of one table. */
export function makeExportTable(deps: {
  readonly config: Pick<Config, 'exportOverlapInMs'>;
  readonly withPermit: WithPermit;
  readonly output: BlobStore;
  readonly state: BlobStore;
  readonly isDue: OnceADay;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}): ExportTable {
  const { config, withPermit, output, clock, log } = deps;
  const checked = new WeakSet<Instance>();

  return async (instance, order) => {
    const { table, settings } = order;
    const stored = await readExportState(deps.state, table.connection, table.table);
    const shape = shapeOf(order);
    const decision = decideRun(stored.state, { settings, shape, now: clock.now() });
    if (decision === 'wait') return 'wait';
    const run =
      decision === 'resume' && stored.state.Unfinished ? stored.state.Unfinished : begin(decision, stored.state, shape);
    if (run.Mode === 'incremental') await checkOnce(instance, order);
    return exportRun(instance, order, stored, run);
  };

  function begin(mode: 'complete' | 'incremental' | 'resume', state: ExportState, shape: string): UnfinishedRun {
    const now = clock.now();
    const isIncremental = mode === 'incremental';
    const since =
      isIncremental && state.Cookie !== undefined ? Date.parse(state.Cookie) - config.exportOverlapInMs : undefined;
    return {
      Run: runName(now),
      Mode: isIncremental ? 'incremental' : 'complete',
      Shape: shape,
      StartedAt: now.toISOString(),
      ...(since !== undefined && { Since: new Date(since).toISOString() }),
      ...{
        Parts: [],
        Rows: 0,
        Bytes: 0,
        Hidden: 0,
        Uncounted: false,
        Inserted: 0,
        InsertedThen: 0,
        InactiveSeen: false,
        Classes: [],
      },
      Missing: [],
    };
  }

  async function exportRun(
    instance: Instance,
    order: ExportOrder,
    stored: StoredExportState,
    begun: UnfinishedRun,
  ): Promise<Exported> {
    const { table, filter, settings } = order;
    const { connection: Connection, table: Table } = table;
    const startedAtInMs = clock.monotonicInMs();
    const isComplete = begun.Mode === 'complete';
    const csv = makeCsv(table.columns, isComplete ? undefined : settings.command.column);
    const path = filePath({ Connection, Table, ...begun });
    const latest = latestPath({ Connection, Table });
    let run = begun;
    // Whoever writes this first goes on with the run; another process that was at it writes no more.
    await save();
    const file = await openFile(output, path, {
      ...{ run: begun.Run, by: deps.newId().slice(0, 8), aliases: isComplete ? [latest] : [] },
      ...{ parts: begun.Parts, bytes: begun.Bytes },
    });
    const count = countRows(table, stored.state);
    const changed = new Set<string>();
    let savedAtInMs = clock.monotonicInMs();
    if (run.Parts.length === 0) await file.write(csv.header());
    const checked = isComplete && run.ExpectedAt === undefined ? checkAndCount(instance, order) : Promise.resolve({});
    // It is awaited below, at the latest with the first page.
    checked.catch(() => {});
    try {
      for await (const chunk of readChunks(instance, order, run)) {
        // Nothing is put aside before that.
        run = { ...run, ...(await checked) };
        const text = csv.rows(chunk.records, settings.command.merge);
        run = count(run, chunk);
        if (!isComplete) for (const { sys_id: sysId = '' } of chunk.records) changed.add(sysId);
        await file.write(text);
        if (order.isTimeUp()) {
          await keep();
          log.info('export.paused', { connection: Connection, table: Table, mode: run.Mode, rows: run.Rows });
          return 'paused';
        }
        if (clock.monotonicInMs() - savedAtInMs < SAVED_EVERY_IN_MS) continue;
        await keep();
        savedAtInMs = clock.monotonicInMs();
      }
      const deletions = isComplete
        ? undefined
        : await findDeletions(
            instance,
            { table, filter, command: settings.command, state: stored.state, run, changed, isTimeUp: order.isTimeUp },
            { withPermit, output, overlapInMs: config.exportOverlapInMs },
          );
      if (deletions && deletions.rows.length > 0) await file.write(csv.rows(deletions.rows, settings.command.delete));
      await keep();
      const reasons = [...reasonsIn(order, run), ...(deletions?.reasons ?? [])];
      const { bytes, sha256 } = await file.finish({ aliases: reasons.length === 0 });
      const manifest: Manifest = {
        v: 1,
        ...{ Connection, Table, Mode: run.Mode, Run: run.Run, File: path, Columns: csv.names },
        KeyColumns: table.keyColumns,
        Rows: run.Rows + (deletions?.rows.length ?? 0),
        Deleted: deletions?.rows.length ?? 0,
        Bytes: bytes,
        Sha256: sha256,
        ...(run.Since !== undefined && { Since: run.Since }),
        Cookie: run.ServedAt ?? run.StartedAt,
        Complete: reasons.length === 0,
        Reasons: reasons,
        StartedAt: run.StartedAt,
        FinishedAt: clock.now().toISOString(),
      };
      await publish(manifest);
      return run.Mode;

      async function publish(of: Manifest): Promise<void> {
        await writeManifest(output, of);
        tell(of);
        const { state } = stored;
        const after: ExportState = isComplete
          ? {
              ...{ v: 1, Connection, Table, Shape: run.Shape, Incrementals: [], Classes: run.Classes },
              ...{
                Cookie: of.Cookie,
                DeletedSince: of.Cookie,
                CompletedAt: of.StartedAt,
                CompleteFile: path,
                Rows: run.Rows,
              },
              ...{ Expected: run.Expected, ExpectedAt: run.ExpectedAt },
            }
          : {
              ...state,
              ...{ Unfinished: undefined, Cookie: of.Cookie, Incrementals: [...state.Incrementals, path] },
              Rows: (state.Rows ?? 0) + run.Inserted - of.Deleted,
              Classes: [...new Set([...state.Classes, ...run.Classes])].slice(0, MOST_CLASSES),
              ...deletions?.state,
            };
        await stored.save(after);
        await removeOld(output, of, {
          completes: settings.keptCompletes,
          incrementalsSince: new Date(clock.now().getTime() - settings.keptIncrementalsInMs),
          kept: new Set([after.CompleteFile ?? '', ...after.Incrementals]),
        });
      }

      function tell({ Rows, Deleted, Reasons, Mode }: Manifest): void {
        const durationInMs = Math.round(clock.monotonicInMs() - startedAtInMs);
        const of = { connection: Connection, table: Table, mode: Mode };
        log.info('export.finished', {
          ...of,
          rows: Rows,
          deleted: Deleted,
          isComplete: Reasons.length === 0,
          durationInMs,
        });
        for (const reason of Reasons)
          if (deps.isDue(`export ${path} ${reason}`)) log.error('export.incomplete', { ...of, reason });
      }
    } catch (error) {
      await keep().catch(() => {});
      throw error;
    }

    /** Puts aside what was read, and writes down how to go on behind it. */
    async function keep(): Promise<void> {
      await file.flush();
      const { parts, bytes } = file.progress();
      run = { ...run, Parts: [...parts], Bytes: bytes };
      await save();
    }

    async function save(): Promise<void> {
      if (await stored.save({ ...stored.state, Unfinished: run })) return;
      throw new HoldError(`table ${Table}`, `Another process exports table ${Table} of connection "${Connection}"`);
    }
  }

  async function* readChunks(
    instance: Instance,
    { table, filter }: ExportOrder,
    run: UnfinishedRun,
  ): AsyncGenerator<Chunk> {
    const { settings, concurrencyLimit, tables } = instance;
    const size = makePageSize(settings.pageSize);
    const readPage = makeReadPage(instance, size, withPermit);
    const since: Condition[] =
      run.Since === undefined ? [] : [['sys_updated_on', '>=', toServiceNowTime(new Date(run.Since))]];
    const displayed = new Set(table.columns.filter(({ isDisplayed }) => isDisplayed).map(({ name }) => name));
    const fields = fieldsOf(table);
    yield* readInOrder(
      (bounds, after) =>
        readAll(
          tables,
          table.table,
          { filter, where: [...since, ...bounds], fields, displayed },
          size.current,
          readPage,
          after,
        ),
      {
        from: run.From,
        inFlight: Math.min(MOST_IN_FLIGHT, concurrencyLimit),
        pageSize: settings.pageSize,
      },
    );
  }

  /** Times in queries have to mean GMT, or no change is seen and all looks well. */
  async function checkOnce(instance: Instance, { table: { table } }: ExportOrder): Promise<void> {
    if (checked.has(instance)) return;
    const all: Condition[] = [['sys_created_on', '>=', '1970-01-01 00:00:00']];
    if (await withPermit(instance, 'export', () => checkTimeZone(instance, table, all))) checked.add(instance);
  }

  /** What has to be known before a table is exported as a whole, beside its first page. */
  async function checkAndCount(instance: Instance, { table, filter }: ExportOrder) {
    const counting = withPermit(instance, 'export', () =>
      instance.tables.list(table.table, { filter, where: [], fields: ['sys_id'], orderBy: 'sys_id', limit: 1 }),
    );
    const [{ totalCount, servedAt }] = await Promise.all([counting, checkColumns(instance, table, withPermit)]);
    return { Expected: totalCount, ExpectedAt: servedAt.toISOString() };
  }

  /** Why a file lacks rows, or may. */
  function reasonsIn({ table, filter }: ExportOrder, run: UnfinishedRun): string[] {
    const reasons: string[] = [];
    const { connection, table: name } = table;
    if (run.Uncounted)
      reasons.push('ServiceNow did not count the rows (X-Total-Count), so nobody knows whether all came');
    // An instance may also give shorter pages than it was asked for, and lack nothing.
    if (run.Hidden > 0 && (run.Expected === undefined || run.Expected > run.Rows))
      reasons.push(`${run.Hidden} rows are hidden from the account: give it read access to them`);
    if (run.Missing.length > 0 && run.Rows > 0)
      reasons.push(
        `ServiceNow gives no ${run.Missing.join(', ')}: check the mapping, and that the account may read that`,
      );
    const inactive = `no inactive user came of table ${name}`;
    if (
      isUsers(table, filter) &&
      run.Mode === 'complete' &&
      run.Rows > 0 &&
      !run.InactiveSeen &&
      deps.isDue(`${connection} ${inactive}`)
    )
      log.warn('export.warning', {
        connection,
        table: name,
        reason: `${inactive}: a rule of ServiceNow hides them from accounts that are no administrators, and users who become inactive will look deleted; give the account the role, or filter by active=true`,
      });
    return reasons;
  }
}

function isUsers({ table }: ExportedTable, filter: string | undefined): boolean {
  return table === 'sys_user' && !/(^|\^)active[=!]/.test(filter ?? '');
}

function fieldsOf({ table, columns }: ExportedTable): readonly string[] {
  const more = WITHOUT_CLASSES.test(table) ? (table === 'sys_user' ? ['active'] : []) : ['sys_class_name'];
  return [...new Set([...columns.map(({ name }) => name), ...READ_TOO, ...more])];
}

/** What makes files of two runs differ in more than their rows. */
function shapeOf({ table, filter, settings }: ExportOrder): string {
  const { columns, keyColumns } = table;
  return createHash('sha256')
    .update(canonicalJson({ columns, keyColumns, filter, command: settings.command }))
    .digest('hex')
    .slice(0, 32);
}

/** Adds the pages of a run up. */
function countRows(table: ExportedTable, { ExpectedAt }: ExportState) {
  const counted = ExpectedAt === undefined ? undefined : toServiceNowTime(new Date(ExpectedAt));
  const names = table.columns.map(({ name }) => name);
  let missing: ReadonlySet<string> | undefined;
  return (run: UnfinishedRun, { records, next, hidden, isCounted, servedAt }: Chunk): UnfinishedRun => {
    missing ??= new Set(run.Rows === 0 ? names : run.Missing);
    missing = new Set([...missing].filter((name) => !records.some((record) => record[name] !== undefined)));
    const classes = records.flatMap(({ sys_class_name: name }) => (name ? [name] : []));
    return {
      ...run,
      ServedAt: run.ServedAt ?? servedAt.toISOString(),
      ...(next && { From: next }),
      Rows: run.Rows + records.length,
      Hidden: run.Hidden + hidden,
      Uncounted: run.Uncounted || !isCounted,
      Inserted: run.Inserted + madeSince(records, (at) => counted !== undefined && at > counted),
      InsertedThen: run.InsertedThen + madeSince(records, (at) => at === counted),
      InactiveSeen: run.InactiveSeen || records.some(({ active }) => active === 'false'),
      Classes: [...new Set([...run.Classes, ...classes])].slice(0, MOST_CLASSES),
      Missing: [...missing],
    };
  };
}

function madeSince(records: Chunk['records'], isMeant: (createdOn: string) => boolean): number {
  return records.filter(({ sys_created_on: createdOn = '' }) => isMeant(createdOn)).length;
}
