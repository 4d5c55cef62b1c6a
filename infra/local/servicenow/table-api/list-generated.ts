import type { Database } from '../data/database.ts';
import { type GeneratedRows, lowerBound } from '../data/generated-rows.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import { compileCondition } from '../query/compile-condition.ts';
import { compileQuery } from '../query/compile-query.ts';
import type { Condition } from '../query/encoded-query.ts';
import { parseEncodedQuery } from '../query/parse-encoded-query.ts';

/** A window of the rows that match, and how many do. */
interface Window {
  readonly rows: readonly Row[];
  readonly total: number;
}

/**
 * A window of a table of generated rows without looking at all of them, as a database with an index on `sys_id` does; `undefined` for
 * what needs a look at all. A query is understood that is a list of conditions, all of which hold, of `sys_id` or of
 * fields that all generated rows have alike, in the order of `sys_id`.
 */
export function listGenerated(
  database: Database,
  table: string,
  parameters: URLSearchParams,
  { limit, offset }: { readonly limit: number; readonly offset: number },
  zone: TimeZone,
): Window | undefined {
  const made = database.generated(table);
  const text = parameters.get('sysparm_query') ?? '';
  const isPlain = [...parameters.keys()].every((name) => name.startsWith('sysparm_'));
  if (!made || !isPlain) return undefined;
  const query = parseEncodedQuery(text);
  const [group = [], ...more] = query.groups;
  const conditions = group.flatMap((terms) => (terms.length === 1 && terms[0] ? [terms[0]] : []));
  const [order] = query.orders;
  const isOrdered = query.orders.length === 1 && order?.field === 'sys_id' && !order.descending;
  if (more.length > 0 || conditions.length < group.length) return undefined;

  const { matches } = compileQuery(database, table, query, zone, { invalidQueryReturnsNoRows: false });
  const named = conditions.find(({ field, operator }) => field === 'sys_id' && operator === 'IN');
  if (named) {
    const all = named.value
      .split(',')
      .map((sysId) => database.find(table, sysId))
      .filter((row) => row !== undefined)
      .filter(matches)
      .sort(bySysId);
    return { rows: all.slice(offset, offset + limit), total: all.length };
  }
  if (!isOrdered) return undefined;
  const { rows, replaced } = made;
  let [low, high] = [0, rows.count];
  for (const condition of conditions) {
    const range = rangeOf(rows, condition) ?? constantRange(database, table, rows, condition, zone);
    if (!range) return undefined;
    low = Math.max(low, range[0]);
    high = Math.min(high, range[1]);
  }
  const written = [...database.written(table)].filter((row) => conditions.length === 0 || matches(row)).sort(bySysId);
  let gone = 0;
  for (const index of replaced) if (index >= low && index < high) gone += 1;
  return {
    rows: window(rows, replaced, { low, high, written, limit, offset }),
    total: Math.max(0, high - low - gone) + written.length,
  };
}

function bySysId(one: Row, other: Row): number {
  return (one.sys_id ?? '') < (other.sys_id ?? '') ? -1 : 1;
}

function window(
  rows: GeneratedRows,
  replaced: ReadonlySet<number>,
  of: { low: number; high: number; written: readonly Row[]; limit: number; offset: number },
): Row[] {
  const gone = [...replaced].filter((index) => index >= of.low && index < of.high).sort((a, b) => a - b);
  const found: Row[] = [];
  let [index, left] = [of.low, of.offset];
  // Between one written row and the next there are only generated ones: those before the window are stepped over at once.
  for (const row of [...of.written, undefined]) {
    const end = row === undefined ? of.high : Math.min(of.high, lowerBound(rows, row.sys_id ?? ''));
    for (; index < end && found.length < of.limit; index += 1) {
      if (left > 0) {
        const next = gone.find((at) => at >= index) ?? end;
        const step = Math.min(left, Math.min(next, end) - index);
        left -= step;
        index += step;
        if (index >= end) break;
      }
      if (left === 0 && !replaced.has(index)) found.push(rows.rowOf(index));
    }
    index = Math.max(index, end);
    if (found.length === of.limit) return found;
    if (row === undefined) break;
    if (left > 0) left -= 1;
    else found.push(row);
  }
  return found;
}

/** The indexes that a condition on `sys_id` leaves. */
function rangeOf(rows: GeneratedRows, { field, operator, value }: Condition): [number, number] | undefined {
  if (field !== 'sys_id') return undefined;
  const wanted = value.toLowerCase();
  const from = lowerBound(rows, wanted);
  const behind = from < rows.count && rows.sysIdOf(from) === wanted ? from + 1 : from;
  switch (operator) {
    case '>':
      return [behind, rows.count];
    case '>=':
      return [from, rows.count];
    case '<':
      return [0, from];
    case '<=':
      return [0, behind];
    case '=':
      return [from, behind];
    default:
      return undefined;
  }
}

/** All of them or none, for a condition on what they have alike. */
function constantRange(
  database: Database,
  table: string,
  { constants, count }: GeneratedRows,
  condition: Condition,
  zone: TimeZone,
): [number, number] | undefined {
  if (constants[condition.field] === undefined) return undefined;
  const test = compileCondition(database, table, condition, zone);
  return test && (test(constants) ? [0, count] : [0, 0]);
}
