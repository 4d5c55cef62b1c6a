import type { Database } from '../data/database.ts';
import { readPath } from '../data/read-path.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import { type CompiledQuery, type CompileOptions, compileQuery } from '../query/compile-query.ts';
import { parseEncodedQuery } from '../query/parse-encoded-query.ts';
import { listGenerated } from './list-generated.ts';
import type { TableParameters } from './table-parameters.ts';

/** A page of a table. */
export interface Page {
  /** What the client may read of the window. */
  readonly rows: readonly Row[];
  /** How many rows the window had before read ACLs. */
  readonly windowLength: number;
  /** How many rows match, before read ACLs. */
  readonly total: number;
}

export interface ListOptions extends CompileOptions {
  /** What a rule of the instance adds to the query, before anything is counted. */
  readonly isFound?: ((row: Row) => boolean) | undefined;
  /** Whether the client may read a record. */
  isShown(row: Row): boolean;
}

/** Selects, orders and cuts a window, in this order; read ACLs come last, so a page may be short or empty in the middle. */
export function listRecords(
  database: Database,
  table: string,
  query: URLSearchParams,
  { limit, offset }: Pick<TableParameters, 'limit' | 'offset'>,
  zone: TimeZone,
  options: ListOptions,
): Page {
  const { isFound } = options;
  const paged = isFound === undefined && listGenerated(database, table, query, { limit, offset }, zone);
  if (paged) return { ...paged, rows: paged.rows.filter(options.isShown), windowLength: paged.rows.length };
  const selection = compileSelection(database, table, query, zone, options);
  const { compare } = selection;
  const matches = (row: Row) => isFound?.(row) !== false && selection.matches(row);
  const matching: Row[] = [];
  for (const row of database.rows(table)) if (matches(row)) matching.push(row);
  if (compare) matching.sort(compare);
  const window = matching.slice(offset, offset + limit);
  return {
    rows: window.filter(options.isShown),
    windowLength: window.length,
    total: matching.length,
  };
}

function compileSelection(
  database: Database,
  table: string,
  query: URLSearchParams,
  zone: TimeZone,
  options: CompileOptions,
): CompiledQuery {
  const encoded = query.get('sysparm_query');
  if (encoded !== null) return compileQuery(database, table, parseEncodedQuery(encoded), zone, options);
  const tests = [...query].flatMap(([name, value]) => {
    const path = name.startsWith('sysparm_') ? undefined : readPath(database, table, name, zone);
    if (path === undefined) return [];
    const wanted = value.toLowerCase();
    return [(row: Row) => path.value(row).toLowerCase() === wanted || path.display(row).toLowerCase() === wanted];
  });
  return { matches: (row) => tests.every((test) => test(row)) };
}
