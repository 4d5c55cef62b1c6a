import { ServiceNowError } from '../../servicenow/servicenow-error.ts';
import type { RecordQuery, ServiceNowRecord, TableApi } from '../../servicenow/table-api.ts';

/** Rows of a table, or why the instance does not show any. */
export type Rows =
  | {
      readonly kind: 'rows';
      readonly records: readonly ServiceNowRecord[];
      /** Rows that match before read ACLs; `undefined` where the instance did not say. */
      readonly totalCount: number | undefined;
      /** How many rows of the page read ACLs took away. */
      readonly hidden: number;
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Refusals of one table, in the instance's own words: no right to it, or no such table. */
const REFUSED = [400, 403, 404];

/** One page, where the account may read the table. @throws ServiceNowError for every other failure. */
export async function readRows(tables: TableApi, table: string, query: RecordQuery): Promise<Rows> {
  try {
    const { records, totalCount } = await tables.list(table, query);
    // The page is cut before read ACLs apply.
    const expected = Math.min(query.limit, totalCount ?? 0);
    return { kind: 'rows', records, totalCount, hidden: Math.max(expected - records.length, 0) };
  } catch (error) {
    if (!(error instanceof ServiceNowError) || error.execution !== 'ended' || !REFUSED.includes(error.status ?? 0))
      throw error;
    return { kind: 'unreadable', reason: error.message };
  }
}

/**
 * The rows for which `isMeant` holds, of a query that should give no others: an unknown field is dropped from a query,
 * which then matches more. `undefined` where rows are hidden or none can be read, so nothing can be concluded.
 */
export async function readMeant(
  tables: TableApi,
  table: string,
  query: RecordQuery,
  isMeant: (record: ServiceNowRecord) => boolean,
): Promise<readonly ServiceNowRecord[] | undefined> {
  const rows = await readRows(tables, table, query);
  if (rows.kind === 'unreadable') return undefined;
  const meant = rows.records.filter(isMeant);
  return meant.length === 0 && rows.totalCount !== 0 ? undefined : meant;
}
