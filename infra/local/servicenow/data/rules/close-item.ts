import { hasClosed, isClosed } from './closed-state.ts';
import type { FollowUp } from './follow-up.ts';
import { tasksOf } from './parts-of-request.ts';
import { rollUpState } from './roll-up-state.ts';

/**
 * Closes a requested item with its last task, as the user who closed the task. It is the flow that does it: an item that
 * was not ordered has none, and stays open whatever becomes of tasks that somebody hung on it.
 */
export const closeItem: FollowUp = (write) => {
  if (!hasClosed(write)) return;
  const { row, as, database } = write;
  const item = database.find('sc_req_item', row.request_item ?? '');
  if (item === undefined || isClosed(item) || item.flow_context === '') return;
  const state = rollUpState(tasksOf(database, item));
  if (state !== undefined) database.update('sc_req_item', item.sys_id ?? '', { state }, as);
};
