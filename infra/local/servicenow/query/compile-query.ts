import type { Database } from '../data/database.ts';
import { readPath } from '../data/read-path.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import { compareValues } from './compare-values.ts';
import { compileCondition } from './compile-condition.ts';
import type { EncodedQuery, Order } from './encoded-query.ts';

export interface CompiledQuery {
  matches(row: Row): boolean;
  /** Absent where the query names no order: then there is none. */
  readonly compare?: (left: Row, right: Row) => number;
}

export interface CompileOptions {
  /** `glide.invalid_query.returns_no_rows`: off, an invalid condition is left out, and the query matches more. */
  readonly invalidQueryReturnsNoRows: boolean;
}

/** Binds a query to a table: what it matches there for a user in a time zone, and in which order. */
export function compileQuery(
  database: Database,
  table: string,
  query: EncodedQuery,
  zone: TimeZone,
  { invalidQueryReturnsNoRows }: CompileOptions,
): CompiledQuery {
  let valid = true;
  const groups = query.groups.map((clauses) =>
    clauses
      .map((terms) => {
        const tests = terms.map((term) => term && compileCondition(database, table, term, zone));
        const known = tests.filter((test) => test !== undefined);
        valid &&= known.length === tests.length;
        return known;
      })
      .filter((tests) => tests.length > 0),
  );
  const compare = compileOrder(database, table, query.orders);
  return {
    matches:
      valid || !invalidQueryReturnsNoRows
        ? (row) => groups.some((clauses) => clauses.every((tests) => tests.some((test) => test(row))))
        : () => false,
    ...(compare && { compare }),
  };
}

function compileOrder(database: Database, table: string, orders: readonly Order[]): CompiledQuery['compare'] {
  const keys = orders.flatMap(({ field, descending }) => {
    const path = readPath(database, table, field);
    if (path === undefined) return [];
    const key = path.field.type === 'reference' ? path.display : path.value;
    return [{ key, compare: compareValues(path.field), sign: descending ? -1 : 1 }];
  });
  if (keys.length === 0) return undefined;
  return (left, right) => {
    for (const { key, compare, sign } of keys) {
      const order = compare(key(left), key(right));
      if (order !== 0) return order * sign;
    }
    return 0;
  };
}
