import type { RecordPage, RecordQuery, TableApi } from './table-api.ts';

/** A page and what the instance counted of it; both `undefined` where it did not count. */
export interface ReadPage extends RecordPage {
  /** How many rows its window has before read ACLs: what it lacks of that is hidden. */
  readonly windowLength: number | undefined;
  /** How many rows come after its window. */
  readonly left: number | undefined;
}

/**
 * Every record of a query, page by page, ordered by `sys_id` (keyset paging: rows that change meanwhile are neither
 * lost nor doubled). A page is cut before read ACLs apply, so an empty one is the end only when the count says so;
 * else the hidden window is stepped over. `around` wraps every single call, for a permit, and may make it
 * again; a page size that is a function is asked before each; `after` is the `sys_id` to go on behind.
 */
export async function* readAll(
  tables: TableApi,
  table: string,
  query: Pick<RecordQuery, 'filter' | 'where' | 'fields' | 'displayed'>,
  pageSize: number | (() => number),
  around: <T>(call: () => Promise<T>) => Promise<T>,
  after?: string,
): AsyncGenerator<ReadPage> {
  const fields = [...new Set(['sys_id', ...query.fields])];
  let last = after;
  let offset = 0;
  for (;;) {
    const where = last === undefined ? query.where : [...query.where, ['sys_id', '>', last] as const];
    let limit = 0;
    const page = await around(() => {
      limit = typeof pageSize === 'number' ? pageSize : pageSize();
      return tables.list(table, { ...query, where, fields, orderBy: 'sys_id', limit, offset });
    });
    const windowEnd = offset + limit;
    const { totalCount: total } = page;
    const left = total === undefined ? undefined : Math.max(0, total - windowEnd);
    yield {
      ...page,
      left,
      windowLength: left === undefined || total === undefined ? undefined : Math.max(0, total - left - offset),
    };
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
