import { UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { RecordQuery, ServiceNowRecord } from '../servicenow/table-api.ts';
import { lookUp, lookUpTicket } from './look-up-ticket.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { VARIABLE_NAME, VARIABLE_VALUE, variableQuery } from './ticket-queries.ts';
import type { TicketReference } from './ticket-reference.ts';
import { fieldsOf } from './ticket-tables.ts';

/**
 * The requested item that was ordered for this ticket, or `undefined` where none is found: by its request, if that is known;
 * by the variable that carries the key, since it is there before the item is marked; by the mark on the item.
 *
 * @throws HoldError, ServiceNowError as `lookUp` does; an item of a request that is known is never taken for missing.
 */
export async function findOrderedItem(
  instance: Instance,
  ticket: TicketReference,
  log: Log,
): Promise<ServiceNowRecord | undefined> {
  const { variable, requestSysId } = ticket;
  if (requestSysId !== undefined) return readOrderedItem(instance, ticket, 'request', requestSysId);
  const answers =
    variable === undefined
      ? []
      : await lookUp(instance, 'sc_item_option_mtom', variableQuery(variable, ticket), ticket, {
          isMeant: (row) =>
            row[VARIABLE_NAME] === variable && row[VARIABLE_VALUE] === ticket.key && row.request_item !== '',
          fields: `request_item, ${VARIABLE_NAME} and ${VARIABLE_VALUE}`,
        });
  const [sysId, ...more] = new Set(answers.map(({ request_item: item = '' }) => item));
  if (sysId === undefined) return lookUpTicket(instance, ticket, log);
  if (more.length > 0) log.error('ticket.doubled', { ticketKey: ticket.key, numbers: [sysId, ...more].join(' ') });
  return readOrderedItem(instance, ticket, 'sys_id', sysId);
}

/**
 * The requested item that must be there: the one with this sys_id, or the first of this request.
 *
 * @throws UnavailableError where it is not there (yet); HoldError, ServiceNowError as `lookUp` does.
 */
export async function readOrderedItem(
  instance: Instance,
  ticket: TicketReference,
  field: 'request' | 'sys_id',
  value: string,
): Promise<ServiceNowRecord> {
  const query: RecordQuery = {
    where: [[field, '=', value]],
    fields: fieldsOf(REQUESTED_ITEM, [ticket.correlationField]),
    orderBy: 'sys_created_on',
    limit: 10,
  };
  const [item] = await lookUp(instance, REQUESTED_ITEM, query, ticket, {
    isMeant: (record) => record[field] === value,
    fields: field,
  });
  if (item) return item;
  throw new UnavailableError(
    `ServiceNow ordered a catalog item for ${ticket.key}, and shows no requested item of it yet (${field} ${value})`,
  );
}
