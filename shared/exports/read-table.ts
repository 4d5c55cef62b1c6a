import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { UnfinishedRun } from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';
import { makePageSize } from './page-size.ts';
import { type Chunk, readInOrder } from './read-in-order.ts';
import { makeReadPage } from './read-page.ts';

/** Fields that are read beside those that are exported. */
const READ_TOO = ['sys_id', 'sys_created_on'];
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
  const fields = fieldsOf(table);
  return readInOrder(
    (bounds, after) => {
      const query = { filter, where: [...since, ...bounds], fields, displayed };
      return readAll(tables, table.table, query, size.current, readPage, after);
    },
    {
      from: run.From,
      inFlight: Math.min(MOST_IN_FLIGHT, concurrencyLimit),
      pageSize: settings.pageSize,
      convert: deps.convert,
    },
  );
}

function fieldsOf({ table, columns }: ExportedTable): readonly string[] {
  const more = WITHOUT_CLASSES.test(table) ? (table === 'sys_user' ? ['active'] : []) : ['sys_class_name'];
  return [...new Set([...columns.map(({ name }) => name), ...READ_TOO, ...more])];
}
