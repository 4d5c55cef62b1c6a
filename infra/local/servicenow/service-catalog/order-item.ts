import { baseSysId } from '../data/base-system/base-sys-id.ts';
import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import { fulfilItem } from '../data/rules/fulfil-item.ts';
import type { Order } from './read-order.ts';

/**
 * Makes what an order makes: the request, its one item, the answers to the item's variables, and the start of the item's
 * flow, which waits where the item has to be approved and else goes on to its task.
 * @returns the request.
 */
export function orderItem(database: Database, { item, quantity, requestedFor, answers }: Order, as: string): Row {
  const waits = item.u_needs_approval === 'true';
  const { short_description = '', sys_id: cat_item = '' } = item;
  const order = { requested_for: requestedFor, short_description };
  const request = database.insert('sc_request', waits ? { ...order, request_state: 'requested' } : order, as);
  const { sys_id: request_id = '' } = request;
  const { sys_id: request_item = '' } = database.insert(
    'sc_req_item',
    { ...order, request: request_id, parent: request_id, cat_item, quantity, ...(waits && { approval: 'requested' }) },
    as,
  );
  for (const { variable, value } of answers) {
    const { sys_id: item_option_new = '', order = '' } = variable;
    const { sys_id: sc_item_option = '' } = database.insert('sc_item_option', { item_option_new, value, order }, as);
    database.insert('sc_item_option_mtom', { request_item, sc_item_option }, as);
  }
  database.overwrite('sc_req_item', request_item, {
    flow_context: baseSysId('sys_flow_context', request_item),
    stage: waits ? 'waiting_for_approval' : 'fulfillment',
  });
  const started = database.find('sc_req_item', request_item);
  if (!waits && started !== undefined) fulfilItem(database, started, as);
  return request;
}
