import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { HoldError, UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import { checkTimeZone } from '../servicenow/check-time-zone.ts';
import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { checkColumns } from './check-columns.ts';
import { addPage, makeCountRows, mergeClasses } from './count-rows.ts';
import { makeCsv } from './csv.ts';
import { decideRun } from './decide-run.ts';
import type { ExportSettings } from './export-settings.ts';
import {
  beginRun,
  deletionStateOf,
  type ExportState,
  readExportState,
  type StoredExportState,
  type UnfinishedRun,
} from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';
import { type FileWriter, openFile } from './file-writer.ts';
import { findDeletions } from './find-deletions.ts';
import { filePath, latestPath, type Manifest, removeOld, runName, writeManifest } from './manifest.ts';
import { readTable } from './read-table.ts';
import { missesInactive, whyIncomplete } from './why-incomplete.ts';

/** What an export of a table is given. */
export interface ExportOrder {
  readonly table: ExportedTable;
  /** The filter that the connection's settings have for it. */
  readonly filter: string | undefined;
  readonly settings: ExportSettings;
  /** Whether there is no time left, so that the run has to pause. */
  isTimeUp(): boolean;
}

/**
 * Does what a table is due for: goes on with a run, or makes a complete or an incremental export. A file that lacks rows says so in
 * its manifest. Permissions needed: read on the table in ServiceNow; Storage Blob Data Contributor on `export-output` and
 * `connector-state`.
 *
 * @throws ServiceNowError, HoldError, UnavailableError: what was read is kept, and the next run goes on from there.
 */
export type ExportTable = (instance: Instance, order: ExportOrder) => Promise<void>;

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
  const inGmt = new WeakSet<Instance>();

  return async (instance, order) => {
    const { table, settings } = order;
    const stored = await readExportState(deps.state, table.connection, table.table);
    const { Unfinished, Cookie } = stored.state;
    const shape = shapeOf(order);
    const decision = decideRun(stored.state, { settings, shape, now: clock.now() });
    if (decision === 'wait') return;
    if (decision === 'resume' && Unfinished) return exportRun(instance, order, stored, Unfinished);
    const isIncremental = decision === 'incremental';
    if (isIncremental) await checkTimes(instance, order);
    const since = isIncremental && Cookie ? new Date(Date.parse(Cookie) - config.exportOverlapInMs) : undefined;
    return exportRun(instance, order, stored, beginRun(runName(clock.now()), { shape, since, now: clock.now() }));
  };

  async function exportRun(
    instance: Instance,
    order: ExportOrder,
    stored: StoredExportState,
    begun: UnfinishedRun,
  ): Promise<void> {
    const { table, filter, settings } = order;
    const { state } = stored;
    const of = { Connection: table.connection, Table: table.table, Mode: begun.Mode, Run: begun.Run };
    const isComplete = begun.Mode === 'complete';
    const csv = makeCsv(table.columns, isComplete ? undefined : settings.command.column);
    const path = filePath(of);
    let run = begun;
    // Whoever writes this first goes on with the run; another process that was at it writes no more.
    await save();
    const file = await openFile(output, path, {
      ...{ run: run.Run, by: deps.newId().slice(0, 8), aliases: isComplete ? [latestPath(of)] : [] },
      ...{ parts: run.Parts, bytes: run.Bytes },
    });
    if (!file) {
      await stored.save({ ...state, Unfinished: undefined });
      throw new UnavailableError(`What was read of table ${of.Table} is not there any more; its export begins anew`);
    }
    try {
      // Where only the end of it is missing, nothing is read again.
      if (!run.Deletions) {
        const changed = await readRows(file);
        if (!changed) return log.info('export.paused', { ...told(of), rows: run.Rows });
        if (!isComplete) await addDeletions(file, changed);
      }
      const reasons = [...whyIncomplete(run), ...(run.Deletions?.Reasons ?? [])];
      const isQuiet = !isComplete && run.Rows === 0 && run.Deletions?.Rows === 0 && reasons.length === 0;
      const manifest = isQuiet ? undefined : await finish(file, reasons);
      tell(manifest);
      await moveOn(manifest);
    } catch (error) {
      if (run.Rows > 0) await keep(file).catch(() => {});
      throw error;
    }

    /** Writes the rows; gives those that were changed, or nothing where the time is up. */
    async function readRows(file: FileWriter): Promise<ReadonlySet<string> | undefined> {
      const changed = new Set<string>();
      const countRows = makeCountRows(state);
      const checked = isComplete && run.ExpectedAt === undefined ? checkAndCount(instance, order) : Promise.resolve({});
      // It is awaited below, with the first page.
      checked.catch(() => {});
      let savedAtInMs = clock.monotonicInMs();
      if (run.Parts.length === 0) await file.write(csv.header());
      const chunks = readTable(instance, order, run, {
        withPermit,
        convert: (records) => ({
          rows: csv.rows(records, settings.command.merge),
          counts: countRows(records),
          sysIds: isComplete ? [] : records.map(({ sys_id: sysId = '' }) => sysId),
        }),
      });
      for await (const chunk of chunks) {
        const { rows, counts, sysIds } = chunk.content;
        // Nothing is put aside before that.
        run = { ...addPage(run, chunk, counts, csv.names.filter(isColumn)), ...(await checked) };
        for (const sysId of sysIds) changed.add(sysId);
        await file.write(rows);
        // A page without rows may be the last one, and then only the end is missing.
        const isTimeUp = chunk.rows > 0 && order.isTimeUp();
        if (!isTimeUp && clock.monotonicInMs() - savedAtInMs < SAVED_EVERY_IN_MS) continue;
        await keep(file);
        if (isTimeUp) return undefined;
        savedAtInMs = clock.monotonicInMs();
      }
      await checked;
      return changed;
    }

    function isColumn(name: string): boolean {
      return isComplete || name !== settings.command.column;
    }

    async function addDeletions(file: FileWriter, changed: ReadonlySet<string>): Promise<void> {
      const {
        rows,
        reasons,
        state: State,
      } = await findDeletions(
        instance,
        { table, filter, command: settings.command, state, run, changed, isTimeUp: order.isTimeUp },
        { withPermit, output, overlapInMs: config.exportOverlapInMs },
      );
      await file.write(csv.rows(rows, settings.command.delete));
      run = { ...run, Deletions: { Rows: rows.length, Reasons: [...reasons], State } };
    }

    async function finish(file: FileWriter, reasons: readonly string[]): Promise<Manifest> {
      await keep(file);
      const { bytes, sha256 } = await file.finish({ aliases: reasons.length === 0 });
      const deleted = run.Deletions?.Rows ?? 0;
      const manifest: Manifest = {
        v: 1,
        ...of,
        File: path,
        Columns: csv.names,
        KeyColumns: table.keyColumns,
        Rows: run.Rows + deleted,
        Deleted: deleted,
        Bytes: bytes,
        Sha256: sha256,
        ...(run.Since !== undefined && { Since: run.Since }),
        Cookie: cookieOf(run),
        Complete: reasons.length === 0,
        Reasons: reasons,
        StartedAt: run.StartedAt,
        FinishedAt: clock.now().toISOString(),
      };
      await writeManifest(output, manifest);
      return manifest;
    }

    function tell(manifest: Manifest | undefined): void {
      const { Rows: rows = 0, Deleted: deleted = 0, Reasons: reasons = [] } = manifest ?? {};
      const durationInMs = clock.now().getTime() - Date.parse(run.StartedAt);
      log.info('export.finished', { ...told(of), rows, deleted, isComplete: reasons.length === 0, durationInMs });
      for (const reason of reasons) log.error('export.incomplete', { ...told(of), reason });
      const warning = 'no inactive user came, and users who become inactive will look deleted';
      if (missesInactive(table, filter, run) && deps.isDue(`${table.connection} ${warning}`))
        log.warn('export.warning', {
          ...told(of),
          reason: `${warning}: a rule of ServiceNow hides them from accounts that are no administrators; give the account the role, or filter by active=true`,
        });
    }

    /** The cookie moves once the manifest is there. */
    async function moveOn(manifest: Manifest | undefined): Promise<void> {
      const files = manifest ? [...state.Incrementals, path] : state.Incrementals;
      const after: ExportState = isComplete ? completed() : { ...state, ...incremented(files) };
      await stored.save(after);
      await removeOld(output, of, {
        completes: settings.keptCompletes,
        incrementalsSince: new Date(clock.now().getTime() - settings.keptIncrementalsInMs),
        kept: new Set([after.CompleteFile ?? '', ...after.Incrementals]),
      });
    }

    function completed(): ExportState {
      const { Connection, Table } = of;
      const Cookie = cookieOf(run);
      return {
        ...{ v: 1, Connection, Table, Shape: run.Shape, Cookie, DeletedSince: Cookie, CompletedAt: run.StartedAt },
        ...{ CompleteFile: path, Incrementals: [], Rows: run.Rows, Classes: run.Classes },
        ...{ Expected: run.Expected, ExpectedAt: run.ExpectedAt },
      };
    }

    function incremented(Incrementals: string[]): Partial<ExportState> {
      return {
        ...{ Unfinished: undefined, Cookie: cookieOf(run), Incrementals },
        Rows: (state.Rows ?? 0) + run.Inserted - (run.Deletions?.Rows ?? 0),
        Classes: mergeClasses(state.Classes, run.Classes),
        ...deletionStateOf(run.Deletions?.State ?? state),
      };
    }

    /** Puts aside what was read, and writes down how to go on behind it. */
    async function keep(file: FileWriter): Promise<void> {
      await file.flush();
      const { parts, bytes } = file.progress();
      run = { ...run, Parts: [...parts], Bytes: bytes };
      await save();
    }

    async function save(): Promise<void> {
      if (await stored.save({ ...state, Unfinished: run })) return;
      throw new HoldError(
        `table ${of.Table}`,
        `Another process exports table ${of.Table} of connection "${of.Connection}"`,
      );
    }
  }

  /** Times in queries have to mean GMT, or no change is seen and all looks well. */
  async function checkTimes(instance: Instance, { table: { table } }: ExportOrder): Promise<void> {
    if (inGmt.has(instance)) return;
    const all: Condition[] = [['sys_created_on', '>=', '1970-01-01 00:00:00']];
    if (await withPermit(instance, 'export', () => checkTimeZone(instance, table, all))) inGmt.add(instance);
  }

  /** What has to be known before a table is exported as a whole, beside its first page. */
  async function checkAndCount(instance: Instance, { table, filter }: ExportOrder) {
    const counting = withPermit(instance, 'export', () =>
      instance.tables.list(table.table, { filter, where: [], fields: ['sys_id'], orderBy: 'sys_id', limit: 1 }),
    );
    const [{ totalCount, servedAt }] = await Promise.all([counting, checkColumns(instance, table, withPermit)]);
    return { Expected: totalCount, ExpectedAt: servedAt.toISOString() };
  }
}

function told({ Connection: connection, Table: table, Mode: mode }: Pick<Manifest, 'Connection' | 'Table' | 'Mode'>) {
  return { connection, table, mode };
}

/** The instance's own time when the first page was made: what was changed later is for the next run. */
function cookieOf({ ServedAt, StartedAt }: UnfinishedRun): string {
  return ServedAt ?? StartedAt;
}

/** What makes files of two runs differ in more than their rows. */
function shapeOf({ table: { columns, keyColumns }, filter, settings: { command } }: ExportOrder): string {
  return createHash('sha256')
    .update(canonicalJson({ columns, keyColumns, filter, command }))
    .digest('hex')
    .slice(0, 32);
}
