import type { RecordPage, RecordQuery, TableApi } from '../../../../shared/servicenow/table-api.ts';

/** An edit that somebody makes between two calls. */
export interface Edit {
  readonly kind: 'insert' | 'delete' | 'hide';
  readonly sysId: string;
}

/** A table as an instance gives it: case does not count, the window is cut before read ACLs, the count is taken before them too. */
export function tableOf(ids: readonly string[], hidden: readonly string[], edits: readonly Edit[] = []) {
  const rows = new Set(ids);
  const unseen = new Set(hidden);
  const pending = [...edits];
  let calls = 0;
  const order = (id: string) => id.toLowerCase();
  const passes = (id: string, where: RecordQuery['where']) =>
    where.every(([field, operator, value]) => {
      if (field !== 'sys_id' || typeof value !== 'string') throw new Error('Expected conditions on sys_id');
      const [left, right] = [order(id), order(value)];
      if (operator === 'IN') return right.split(',').includes(left);
      if (operator === '<' || operator === '<=') return left < right || (operator === '<=' && left === right);
      return operator === '>' ? left > right : left >= right;
    });
  async function list(_table: string, { where, limit, offset = 0 }: RecordQuery): Promise<RecordPage> {
    calls += 1;
    // Other readers come first, as often as not.
    for (let turn = 0; turn < calls % 3; turn += 1) await Promise.resolve();
    const edit = pending.shift();
    if (edit?.kind === 'insert') rows.add(edit.sysId);
    if (edit?.kind === 'delete') rows.delete(edit.sysId);
    if (edit?.kind === 'hide') unseen.add(edit.sysId);
    const matching = [...rows].filter((id) => passes(id, where)).sort((a, b) => (order(a) < order(b) ? -1 : 1));
    const records = matching.slice(offset, offset + limit).filter((id) => !unseen.has(id));
    return { records: records.map((id) => ({ sys_id: id })), totalCount: matching.length, servedAt: new Date(0) };
  }
  const unexpected = () => Promise.reject(new Error('Expected no write'));
  const tables: TableApi = { list, insert: unexpected, update: unexpected };
  return { tables, calls: () => calls };
}
