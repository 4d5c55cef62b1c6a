import type { Row } from '../row.ts';
import { closedState, isClosed } from './closed-state.ts';
import type { FollowUp, StoredWrite } from './follow-up.ts';
import { itemsOf, tasksOf } from './parts-of-request.ts';

/**
 * What becomes of a request becomes of its items: approved ones go on; with a cancelled or rejected request its open items
 * and their open tasks are closed incomplete.
 */
export const followRequest: FollowUp = (write) => {
  const { previous, row, as, database } = write;
  if (previous === undefined || row.request_state === previous.request_state) return;
  const waiting = (item: Row) => item.approval === 'requested';
  if (row.request_state === 'in_process') {
    for (const item of itemsOf(database, row).filter(waiting)) {
      database.update('sc_req_item', item.sys_id ?? '', { approval: 'approved' }, as);
    }
  }
  if (row.request_state !== 'closed_cancelled' && row.request_state !== 'closed_rejected') return;
  for (const item of itemsOf(database, row)) {
    const rejected = row.request_state === 'closed_rejected' && waiting(item);
    close(write, 'sc_req_item', item, rejected ? { approval: 'rejected' } : {});
    for (const task of tasksOf(database, item)) close(write, 'sc_task', task);
  }
};

function close({ as, database }: StoredWrite, table: string, row: Row, values: Row = {}): void {
  if (isClosed(row)) return;
  database.update(table, row.sys_id ?? '', { ...values, state: closedState.incomplete }, as);
}
