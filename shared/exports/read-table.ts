import { HoldError } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import { fieldsOfFilter } from '../servicenow/read-filters.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { UnfinishedRun } from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';
import { makePageSize } from './page-size.ts';
import { type Chunk, readInOrder } from './read-in-order.ts';
import { makeReadPage } from './read-page.ts';

/** Fields that are read beside those that are exported. */
const READ_TOO = ['sys_id', 'sys_created_on', 'sys_updated_on'];
/** Of other tables, the class of each row is read too: deletions are filed under it. */
const WITHOUT_CLASSES = /^sys_user(_|$)/;
/** An instance has four threads for all that calls it from outside. */
const MOST_IN_FLIGHT = 8;

/** Reads what a run has still to read: a table, or what was changed in it. @throws ServiceNowError, HoldError. */
export function readTable<T>(
  instance: Instance,
  { table, filter }: { readonly table: ExportedTable; readonly filter: string | undefined },
  run: Pick<UnfinishedRun, 'Since' | 'From'>,
  deps: { readonly withPermit: WithPermit; convert(records: readonly ServiceNowRecord[]): T },
): AsyncGenerator<Chunk<T>> {
  const { settings, concurrencyLimit, tables } = instance;
  const size = makePageSize(settings.pageSize);
  const readPage = makeReadPage(instance, size, deps.withPermit);
  const since: Condition[] =
    run.Since === undefined ? [] : [['sys_updated_on', '>=', toServiceNowTime(new Date(run.Since))]];
  const displayed = new Set(table.columns.filter(({ isDisplayed }) => isDisplayed).map(({ name }) => name));
  const named = fieldsOfFilter(filter);
  const fields = [...new Set([...fieldsOf(table), ...named])];
  const check = makeCheckAnswer(table, named, run.Since);
  return readInOrder(
    (bounds, after) => {
      const query = { filter, where: [...since, ...bounds], fields, displayed };
      return readAll(tables, table.table, query, size.current, readPage, after);
    },
    {
      from: run.From,
      inFlight: Math.min(MOST_IN_FLIGHT, concurrencyLimit),
      pageSize: settings.pageSize,
      convert(records) {
        check(records);
        return deps.convert(records);
      },
    },
  );
}

/**
 * An instance drops a condition on a field that it does not know, or does not show, and gives the whole table; so what comes is looked
 * at. @throws HoldError by what it gives.
 */
function makeCheckAnswer({ connection, table }: ExportedTable, named: readonly string[], since: string | undefined) {
  const from = since && toServiceNowTime(new Date(since));
  const held = (what: string) =>
    new HoldError(`table ${table}`, `Table ${table} (connection "${connection}") is not exported: ${what}`);
  return (records: readonly ServiceNowRecord[]) => {
    const [first] = records;
    if (!first) return;
    const unknown = named.find((field) => first[field] === undefined);
    if (unknown !== undefined)
      throw held(
        `its Filter names ${unknown}, which ServiceNow does not give, so it may be left out: put the filter right, or let the account read that field`,
      );
    if (from === undefined) return;
    const old = records.find(({ sys_updated_on: updatedOn = '' }) => updatedOn < from);
    if (old)
      throw held(
        `ServiceNow gave row ${old.sys_id} as changed since ${from}, which is not so by its sys_updated_on: let the account read that field`,
      );
  };
}

function fieldsOf({ table, columns }: ExportedTable): readonly string[] {
  const more = WITHOUT_CLASSES.test(table) ? (table === 'sys_user' ? ['active'] : []) : ['sys_class_name'];
  return [...new Set([...columns.map(({ name }) => name), ...READ_TOO, ...more])];
}
