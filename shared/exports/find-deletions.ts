import { once } from '../once.ts';
import type { Instance } from '../servicenow/client.ts';
import { readAll } from '../servicenow/read-all.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { existing } from './existing.ts';
import type { ExportSettings } from './export-settings.ts';
import { type DeletionState, deletionStateOf, type ExportState, type UnfinishedRun } from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';
import { readKnownRows } from './known-rows.ts';
import { makePageSize } from './page-size.ts';
import { readAuditedDeletions } from './read-audited-deletions.ts';
import { makeReadPage } from './read-page.ts';
import { type Swept, sweep } from './sweep.ts';

/** The rows that are gone, as they were last, and why some may be missing. */
export interface Deletions {
  readonly rows: readonly ServiceNowRecord[];
  readonly reasons: readonly string[];
  /** What the next run is to know. */
  readonly state: DeletionState;
}

/** Which incremental export asks. */
export interface DeletionsOf {
  readonly table: ExportedTable;
  readonly filter: string | undefined;
  readonly command: ExportSettings['command'];
  readonly state: ExportState;
  readonly run: UnfinishedRun;
  /** The rows that the run found new or changed. */
  readonly changed: ReadonlySet<string>;
  isTimeUp(): boolean;
}

/** Where a mapping says nothing: more than a tenth, and more than twenty, look like a clone or a changed ACL. */
const FEW = 20;
const SMALL_SHARE_IN_PERCENT = 10;
/** Keys alone are read in large pages. */
const KEYS_AT_A_TIME = 10_000;
/** A look at every row that found nothing is not repeated before. */
const SWEPT_AGAIN_AFTER_IN_MS = 3_600_000;

/**
 * Finds what was deleted since the last run: by `sys_audit_delete` where the account may read that, and, where the rows are fewer
 * than they ought to be, by asking for every row that a reader knows. A row that left the filter is gone as well. More than the
 * mapping allows is not believed before the next complete export: a clone or a changed ACL looks the same.
 *
 * @throws ServiceNowError, HoldError, UnavailableError.
 */
export async function findDeletions(
  instance: Instance,
  of: DeletionsOf,
  deps: { readonly withPermit: WithPermit; readonly output: BlobStore; readonly overlapInMs: number },
): Promise<Deletions> {
  const { filter, state, run, changed } = of;
  const { table } = of.table;
  const size = makePageSize(KEYS_AT_A_TIME);
  const readPage = makeReadPage(instance, size, deps.withPermit);
  const next = run.ServedAt ?? run.StartedAt;
  const since = new Date(Date.parse(state.DeletedSince ?? next) - deps.overlapInMs);
  const known = once(() => readKnownRows(deps.output, state, of.command));
  const classes = [...new Set([table, ...state.Classes])];

  const candidates = new Set(await readAuditedDeletions(instance, classes, since, readPage));
  for (const sysId of await leftFilter()) candidates.add(sysId);
  for (const sysId of changed) candidates.delete(sysId);
  const { totalCount, servedAt } = await readPage(() =>
    instance.tables.list(table, { filter, where: [], fields: ['sys_id'], orderBy: 'sys_id', limit: 1 }),
  );
  const expected = state.Expected === undefined ? totalCount : state.Expected + run.Inserted;
  const missing = totalCount === undefined || expected === undefined ? 0 : expected - totalCount;
  const expecting = (count: number | undefined) => ({ Expected: count, ExpectedAt: servedAt.toISOString() });

  const rows = state.Rows ?? 0;
  const most = mostDeleted(of.table, rows);
  const doubted = Math.max(missing, candidates.size);
  if (doubted > most)
    return {
      rows: [],
      reasons: [
        `${doubted} of ${rows} rows seem to be deleted at once, more than ${most}: nothing is concluded before the next complete export; a clone, a restore or a changed ACL looks the same`,
      ],
      // The next run looks from the same point again, for they may be back by then.
      state: { ...deletionStateOf(state), ...expecting(expected) },
    };

  const there = await existing(instance, { table, filter }, [...candidates], readPage);
  const gone = new Set([...candidates].filter((sysId) => !there.has(sysId)));
  let swept: Swept | undefined;
  // Rows that were made in the very second of the last count may have been in it.
  const mayMiss = missing + run.InsertedThen;
  if (mayMiss > gone.size && !isSweptLately()) {
    const from = state.SweptTo;
    swept = await sweep(instance, { table, filter, from, isTimeUp: of.isTimeUp }, await known(), { size, readPage });
    for (const sysId of swept.gone) gone.add(sysId);
  }
  const isClear = mayMiss <= gone.size || swept?.isOver === true;
  const isInVain = swept?.isOver === true && swept.gone.size === 0;
  return {
    rows: await asTheyWere(gone),
    reasons: swept?.reasons ?? [],
    state: {
      ...deletionStateOf(state),
      DeletedSince: next,
      ...expecting(isClear || expected === undefined ? totalCount : expected - gone.size),
      SweptTo: swept?.isOver === false ? swept.to : undefined,
      ...(isInVain && { SweptInVainAt: servedAt.toISOString() }),
    },
  };

  /** Rows that were changed so that the filter holds no more. */
  async function leftFilter(): Promise<readonly string[]> {
    if (filter === undefined || run.Since === undefined) return [];
    const outside = new Set<string>();
    const where = [['sys_updated_on', '>=', toServiceNowTime(new Date(run.Since))] as const];
    for await (const { records } of readAll(
      instance.tables,
      table,
      { where, fields: ['sys_id'] },
      size.current,
      readPage,
    ))
      for (const { sys_id: sysId = '' } of records) if (!changed.has(sysId)) outside.add(sysId);
    if (outside.size === 0) return [];
    // Most of them never matched.
    const { added, complete } = await known();
    const left = [...outside].filter((sysId) => added.has(sysId));
    for await (const { sys_id: sysId = '' } of complete()) if (outside.has(sysId)) left.push(sysId);
    return left;
  }

  function isSweptLately(): boolean {
    const { SweptInVainAt: at } = state;
    return at !== undefined && servedAt.getTime() - Date.parse(at) < SWEPT_AGAIN_AFTER_IN_MS;
  }

  /** What a reader knows a row by may be more than its sys_id. */
  async function asTheyWere(sysIds: ReadonlySet<string>): Promise<readonly ServiceNowRecord[]> {
    if (of.table.keyColumns.every((name) => name === 'sys_id')) return [...sysIds].map((sysId) => ({ sys_id: sysId }));
    if (sysIds.size === 0) return [];
    const found = new Map<string, ServiceNowRecord>();
    const { complete, incremental } = await known();
    for (const each of [complete(), incremental()])
      for await (const row of each) if (sysIds.has(row.sys_id ?? '')) found.set(row.sys_id ?? '', row);
    return [...found.values()];
  }
}

/** How many deletions of a run are believed. Pure. */
export function mostDeleted({ mostDeleted: limits }: ExportedTable, rows: number): number {
  const share = (percent: number) => (rows * percent) / 100;
  if (limits === undefined) return Math.max(FEW, share(SMALL_SHARE_IN_PERCENT));
  const { lines, percent } = limits;
  return Math.min(lines === 0 ? Infinity : lines, percent === 0 ? Infinity : share(percent));
}
