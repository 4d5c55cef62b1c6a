import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { lookUpTicket } from './look-up-ticket.ts';
import { CATALOG_TASK, REQUEST, REQUESTED_ITEM } from './requested-item-fields.ts';
import { sendOnce, UnclearPostError } from './send-once.ts';
import type { MadeTicket, TicketKind, TicketWork } from './ticket-kind.ts';
import { partOf, type TicketReference } from './ticket-reference.ts';
import { fieldsOf } from './ticket-tables.ts';
import { type BegunRequest, UnfinishedTicketError } from './unfinished-ticket-error.ts';

/**
 * Requests without the catalog, which no flow works: request, requested item and one task, in this order, each with the
 * ticket key, so that after a crash what is missing is made. `CorrelationField` is a field of the requested item; the other two
 * have the key in `correlation_id`. Three calls. Rights needed: read, create and write on
 * `sc_request`, `sc_req_item` and `sc_task`.
 */
export const bareRequestTickets: TicketKind = {
  async find(instance, ticket, log) {
    const request = await part(instance, REQUEST, ticket, log);
    if (!request) return undefined;
    const item = await part(instance, REQUESTED_ITEM, ticket, log);
    if (item && (await part(instance, CATALOG_TASK, ticket, log))) return { kind: 'whole', record: item };
    return { kind: 'begun', request: begunBy(request) };
  },

  async make(work, deps) {
    const { instance, ticket, claim, draft, begun } = work;
    const make = async (table: string, values: ServiceNowRecord): Promise<MadeTicket> => {
      const found = begun && (await part(instance, table, ticket, deps.log));
      if (found) return { record: found, sent: {} };
      const record = await sendOnce(
        (beforeSend) => instance.tables.insert(table, values, partFields(table, work), beforeSend),
        () => part(instance, table, ticket, deps.log, table === REQUESTED_ITEM ? Object.keys(draft.values) : []),
        claim,
        deps,
      );
      return { record, sent: values };
    };
    const { values: requestValues = {}, taskValues = {}, requestedFor } = draft.request ?? {};
    const request = begun ?? begunBy((await make(REQUEST, requestValues)).record);
    try {
      const item = await make(REQUESTED_ITEM, {
        ...draft.values,
        request: request.sysId,
        ...(requestedFor !== undefined && { requested_for: requestedFor }),
      });
      await make(CATALOG_TASK, { ...taskValues, request: request.sysId, request_item: item.record.sys_id ?? '' });
      return item;
    } catch (error) {
      // What may still appear is waited for under this claim; it is found then.
      if (error instanceof UnclearPostError) throw error;
      const { resourceType } = draft;
      throw new UnfinishedTicketError(request, { key: ticket.key, resourceType, isNew: begun === undefined }, error);
    }
  },
};

function begunBy({ sys_id: sysId = '', number = '' }: ServiceNowRecord): BegunRequest {
  return { sysId, number };
}

async function part(
  instance: Instance,
  table: string,
  ticket: TicketReference,
  log: Log,
  fields: readonly string[] = [],
): Promise<ServiceNowRecord | undefined> {
  return lookUpTicket(instance, partOf(ticket, table), log, fields);
}

function partFields(table: string, { ticket, draft }: TicketWork): readonly string[] {
  return fieldsOf(table, table === REQUESTED_ITEM ? [ticket.correlationField, ...Object.keys(draft.values)] : []);
}
