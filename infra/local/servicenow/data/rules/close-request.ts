import { hasClosed, isClosed } from './closed-state.ts';
import type { FollowUp } from './follow-up.ts';
import { itemsOf } from './parts-of-request.ts';
import { rollUpState } from './roll-up-state.ts';

/** Closes a request with the last of its items; as rejected when all of them are. */
export const closeRequest: FollowUp = (write) => {
  if (!hasClosed(write)) return;
  const { row, as, database } = write;
  const request = database.find('sc_request', row.request ?? '');
  if (request === undefined || isClosed(request)) return;
  const items = itemsOf(database, request);
  const state = rollUpState(items);
  if (state === undefined) return;
  const rejected = items.every(({ approval }) => approval === 'rejected');
  database.update('sc_request', request.sys_id ?? '', rejected ? { request_state: 'closed_rejected' } : { state }, as);
};
