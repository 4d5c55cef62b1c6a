import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { ExportState, UnfinishedRun } from './export-state.ts';
import type { Chunk } from './read-in-order.ts';

/** What a run has to know of the rows of a page, beside themselves. */
export interface Counts {
  /** Rows made after, and in, the second of the last count. */
  readonly inserted: number;
  readonly insertedThen: number;
  readonly hasInactive: boolean;
  readonly classes: readonly string[];
  /** The fields that any row had. */
  readonly fields: ReadonlySet<string>;
}

const MOST_CLASSES = 50;

/** Builds what counts the rows of a page. `ExpectedAt` is when the rows were counted last. */
export function makeCountRows({ ExpectedAt }: Pick<ExportState, 'ExpectedAt'>) {
  const countedOn = ExpectedAt === undefined ? undefined : toServiceNowTime(new Date(ExpectedAt));
  return (records: readonly ServiceNowRecord[]): Counts => {
    let [inserted, insertedThen, hasInactive] = [0, 0, false];
    const classes = new Set<string>();
    const fields = new Set(Object.keys(records[0] ?? {}));
    for (const record of records) {
      const { sys_created_on: createdOn = '', sys_class_name: className, active } = record;
      if (countedOn !== undefined && createdOn > countedOn) inserted += 1;
      if (createdOn === countedOn) insertedThen += 1;
      if (active === 'false') hasInactive = true;
      if (className) classes.add(className);
    }
    return { inserted, insertedThen, hasInactive, classes: [...classes], fields };
  };
}

/** A run with a page more. `columns` are those that it exports. Pure. */
export function addPage(
  run: UnfinishedRun,
  { rows, next, hidden, isCounted, servedAt }: Omit<Chunk<unknown>, 'content'>,
  counts: Counts,
  columns: readonly string[],
): UnfinishedRun {
  const missing = run.Rows === 0 ? columns : run.Missing;
  return {
    ...run,
    ServedAt: run.ServedAt ?? servedAt.toISOString(),
    ...(next && { From: next }),
    Rows: run.Rows + rows,
    Hidden: run.Hidden + hidden,
    Uncounted: run.Uncounted || !isCounted,
    Inserted: run.Inserted + counts.inserted,
    InsertedThen: run.InsertedThen + counts.insertedThen,
    InactiveSeen: run.InactiveSeen || counts.hasInactive,
    Classes: mergeClasses(run.Classes, counts.classes),
    Missing: rows === 0 ? [...missing] : missing.filter((name) => !counts.fields.has(name)),
  };
}

/** The classes of a table's rows, as many as are kept. */
export function mergeClasses(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])].slice(0, MOST_CLASSES);
}
