import type { Access } from '../access/access.ts';
import type { Database } from '../data/database.ts';
import type { Properties } from '../data/properties.ts';
import type { Row } from '../data/row.ts';
import { Refusal } from '../refusal.ts';
import { methodNotSupported } from '../refusals.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { checkMediaTypes } from '../requests/check-media-types.ts';
import type { CatalogTarget } from './catalog-target.ts';
import { makeItemReader } from './item-reader.ts';
import { listItems } from './list-items.ts';
import { mayOrderForOthers } from './may-order-for-others.ts';
import { orderItem } from './order-item.ts';
import { presentItem } from './present-item.ts';
import { presentVariable } from './present-variable.ts';
import { readOrder } from './read-order.ts';

export interface CatalogApiDependencies {
  readonly database: Database;
  readonly access: Access;
  readonly properties: Properties;
}

/**
 * Answers the Service Catalog API for a user who is logged in: what there is to order, and orders, which are answered
 * with 200. Other than the Table API it gives real booleans and numbers.
 * @throws Refusal for what the instance refuses; an item that is not there, not active or not for the user is 400.
 * Source: "Service Catalog API" of the product documentation.
 */
export function makeCatalogApi({
  database,
  access,
  properties,
}: CatalogApiDependencies): (request: ApiRequest, target: CatalogTarget, user: Row) => Answer {
  const items = makeItemReader(database, access);
  const itemFor = (user: Row, sysId: string): Row => {
    const item = items.find(user, sysId);
    if (item === undefined) throw new Refusal(400, 'Security constraints prevent access to Item', '');
    return item;
  };
  const order = (request: ApiRequest, sysId: string, user: Row): Answer => {
    const wanted = readOrder(request, items.find(user, sysId), items.variablesOf);
    const isForOther = wanted.requestedFor !== '' && mayOrderForOthers(properties, access.rolesOf(user));
    const requestedFor = isForOther ? wanted.requestedFor : (user.sys_id ?? '');
    const { sys_id, number } = orderItem(database, { ...wanted, requestedFor }, user.user_name ?? '');
    const result = { sys_id, number, request_number: number, request_id: sys_id, table: 'sc_request' };
    return { ...json(200, { result }), committed: true };
  };

  return (request, target, user) => {
    checkMediaTypes(request);
    if (request.method !== (target.resource === 'order_now' ? 'POST' : 'GET')) throw methodNotSupported(request.method);
    switch (target.resource) {
      case 'items': {
        const readable = access.mayUseTable(user, 'sc_cat_item', 'read');
        const isShown = access.recordReader(user, 'sc_cat_item');
        const rows = readable ? listItems(database, request.query) : [];
        return json(200, {
          result: rows.filter((item) => isShown(item) && items.mayOrder(user, item)).map((item) => presentItem(item)),
        });
      }
      case 'item': {
        const item = itemFor(user, target.sysId);
        return json(200, { result: presentItem(item, items.variablesOf(item)) });
      }
      case 'variables':
        return json(200, { result: items.variablesOf(itemFor(user, target.sysId)).map(presentVariable) });
      case 'order_now':
        return order(request, target.sysId, user);
    }
  };
}
