import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import { gmt } from '../data/time-zone.ts';
import { invalidTable } from '../refusals.ts';
import { compileQuery } from './compile-query.ts';
import { parseEncodedQuery } from './parse-encoded-query.ts';

/**
 * The records of a table and of those that extend it, hidden ones too, for whoever looks into the instance from inside.
 * A condition that makes no sense finds nothing here; times are UTC.
 * @throws Refusal for an unknown table.
 */
export function selectRecords(database: Database, table: string, encodedQuery = ''): Row[] {
  if (database.dictionary.table(table) === undefined) throw invalidTable(table);
  const query = parseEncodedQuery(encodedQuery);
  const { matches, compare } = compileQuery(database, table, query, gmt, { invalidQueryReturnsNoRows: true });
  const rows = [...database.rows(table)].filter(matches);
  return compare === undefined ? rows : rows.sort(compare);
}
