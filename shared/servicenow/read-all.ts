import type { RecordPage, RecordQuery, TableApi } from './table-api.ts';

/**
 * Every record of a query, page by page, ordered by `sys_id` (keyset paging: rows that change meanwhile are neither
 * lost nor doubled). A page is cut before read ACLs apply, so an empty one is the end only when the count says so;
 * else the hidden window is stepped over. `around` wraps every single call, for a permit; `after` is the `sys_id` to go on behind.
 */
export async function* readAll(
  tables: TableApi,
  table: string,
  query: Pick<RecordQuery, 'where' | 'fields'>,
  pageSize: number,
  around: <T>(call: () => Promise<T>) => Promise<T>,
  after?: string,
): AsyncGenerator<RecordPage> {
  const fields = [...new Set(['sys_id', ...query.fields])];
  let last = after;
  let offset = 0;
  for (;;) {
    const where = last === undefined ? query.where : [...query.where, ['sys_id', '>', last] as const];
    const page = await around(() => tables.list(table, { where, fields, orderBy: 'sys_id', limit: pageSize, offset }));
    yield page;
    const windowEnd = offset + pageSize;
    // Without the count an empty page has to be taken for the end.
    if (page.totalCount === undefined ? page.records.length === 0 : windowEnd >= page.totalCount) return;
    const next = page.records.at(-1)?.sys_id;
    if (!next || next === last) offset = windowEnd;
    else {
      last = next;
      offset = 0;
    }
  }
}
