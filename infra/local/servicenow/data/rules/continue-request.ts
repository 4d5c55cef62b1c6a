import type { FollowUp } from './follow-up.ts';
import { fulfilItem } from './fulfil-item.ts';
import { itemsOf } from './parts-of-request.ts';

/** Goes on with the flow of an item that was approved, and with the request when no item waits any more. */
export const continueRequest: FollowUp = ({ previous, row, as, database }) => {
  if (previous?.approval !== 'requested' || row.approval !== 'approved') return;
  if (row.flow_context !== '') fulfilItem(database, row, as);
  const request = database.find('sc_request', row.request ?? '');
  if (request?.request_state !== 'requested') return;
  if (itemsOf(database, request).some(({ approval }) => approval === 'requested')) return;
  database.update('sc_request', request.sys_id ?? '', { approval: 'approved' }, as);
};
