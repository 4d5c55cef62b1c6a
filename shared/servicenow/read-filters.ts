/** The filters of a connection by table, and what is wrong with those that can't be used. */
export interface Filters {
  readonly byTable: ReadonlyMap<string, string>;
  /** Tables whose filter can't be used: without it all of them would come. */
  readonly faults: ReadonlyMap<string, string>;
}

/** A `*` between two pairs; the vendor's connectors separate entities so. */
const BETWEEN = /\*(?=[a-z][a-z0-9_]*#)/;

/**
 * Reads setting `Filter`: `table#encodedQuery`, several as a list or with `*` between them. `*` is an operator of encoded queries
 * too, so one that may be either is a fault. Pure and total.
 */
export function readFilters(settings: readonly string[]): Filters {
  const byTable = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const part of settings.flatMap((setting) => setting.split(BETWEEN))) {
    const [, table = part.slice(0, 80), query = ''] = /^([a-z][a-z0-9_]{0,79})#([\s\S]*)$/.exec(part.trim()) ?? [];
    const filter = query.replace(/(\^EQ)+$/, '');
    const fault = byTable.has(table) ? 'expected one filter of a table, got more' : faultOf(filter);
    if (fault === undefined) byTable.set(table, filter);
    else faults.set(table, `Filter ${JSON.stringify(table)}: ${fault}`);
  }
  for (const table of faults.keys()) byTable.delete(table);
  return { byTable, faults };
}

function faultOf(filter: string): string | undefined {
  if (filter === '') return 'expected table#encodedQuery, such as sys_user#active=true';
  if (/\p{Cc}/u.test(filter) || !filter.isWellFormed()) return 'expected a query without control characters';
  const terms = filter.replaceAll('^^', '').split('^');
  // What is added, to read page by page, would hold in the last group only.
  if (terms.some((term) => term.startsWith('NQ'))) return 'expected one group of conditions, got ^NQ';
  if (terms.some((term) => /^(OR)?ORDERBY/.test(term))) return 'expected no ORDERBY: rows come by sys_id';
  const unread = terms.find((term) => !/^(OR)?[a-z][a-z0-9_.]*([=!<>*%]|[A-Z]{2})/.test(term));
  if (unread === undefined) return undefined;
  return `expected a field and an operator in each condition, got ${JSON.stringify(unread.slice(0, 80))}; where * is meant as an operator, write LIKE`;
}

/** The fields that a filter names. Pure. */
export function fieldsOfFilter(filter: string | undefined): readonly string[] {
  const terms = (filter ?? '').replaceAll('^^', '').split('^');
  return [...new Set(terms.flatMap((term) => /^(?:OR)?([a-z][a-z0-9_.]*)/.exec(term)?.[1] ?? []))];
}
