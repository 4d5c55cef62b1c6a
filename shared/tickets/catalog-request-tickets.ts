import type { Clock } from '../clock.ts';
import { HoldError, UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { findOrderedItem, readOrderedItem } from './find-ordered-item.ts';
import { isNothingOrdered } from './is-nothing-ordered.ts';
import { PART_FIELDS, REQUEST, REQUESTED_ITEM } from './requested-item-fields.ts';
import { sendOnce, UntraceableOrderError } from './send-once.ts';
import type { FoundTicket, MadeTicket, TicketKind, TicketWork } from './ticket-kind.ts';
import { partOf, type TicketReference } from './ticket-reference.ts';
import { fieldsOf } from './ticket-tables.ts';
import { type BegunRequest, UnfinishedTicketError } from './unfinished-ticket-error.ts';

const MOST_READS = 4;
const BETWEEN_READS_IN_MS = 500;
const MOST_LOOKS = 3;
const BETWEEN_LOOKS_IN_MS = 2_000;

/**
 * Requests from the catalog: the item is ordered, which takes no mark of ours but in a variable; then the requested item,
 * which is the ticket, and the request are marked. Four calls. Rights needed: to order the item, read and write on
 * `sc_req_item` and `sc_request`, read on `sc_item_option_mtom`, `sc_item_option` and `item_option_new`.
 */
export const catalogRequestTickets: TicketKind = {
  async find(instance, ticket, log) {
    const item = await findOrderedItem(instance, ticket, log);
    return item && foundItem(instance, ticket, item);
  },

  async make(work, deps) {
    const { ticket, claim } = work;
    const begun =
      work.begun ??
      (await sendOnce(
        (beforeSend) => order(work, beforeSend),
        (refusal) => lookAtOnce(work, refusal, deps),
        claim,
        deps,
      ));
    try {
      return await mark(work, begun, deps.clock);
    } catch (error) {
      const { resourceType } = work.draft;
      throw new UnfinishedTicketError(begun, { key: ticket.key, resourceType, isNew: work.begun === undefined }, error);
    }
  },
};

/** A request that is marked is the last thing that is made. */
async function foundItem(instance: Instance, ticket: TicketReference, item: ServiceNowRecord): Promise<FoundTicket> {
  const { request: sysId = '', 'request.number': number = '' } = item;
  if (isMarked(item, ticket)) {
    const where = [['sys_id', '=', sysId]] as const;
    const { records } = await instance.tables.list(REQUEST, { where, fields: PART_FIELDS, limit: 1 });
    if (records[0]?.sys_id === sysId && isMarked(records[0], partOf(ticket, REQUEST)))
      return { kind: 'whole', record: item };
  }
  return { kind: 'begun', request: { sysId, number } };
}

async function order({ instance, draft, ticket }: TicketWork, beforeSend: () => void): Promise<BegunRequest> {
  const { item = '', requestedFor, variables } = draft.request ?? { requestedFor: undefined, variables: {} };
  await checkVariable(instance, item, ticket.variable, draft.resourceType);
  const all = { ...variables, ...(ticket.variable !== undefined && { [ticket.variable]: ticket.key }) };
  try {
    return await instance.catalog.orderNow(item, { requestedFor, variables: all }, beforeSend);
  } catch (error) {
    if (!(error instanceof ServiceNowError) || error.status !== 400 || !/security constraints/i.test(error.message))
      throw error;
    throw new HoldError(
      `resource type ${draft.resourceType}`,
      `CatalogItem of the mapping of resource type "${draft.resourceType}" can't be ordered: name one that is there and active, and let the account order it. ${error.message}`,
      { cause: error, found: 'notFound' },
    );
  }
}

/** Items that are known to have a variable, by connection. */
const known = new WeakMap<Instance, Set<string>>();

/**
 * An order silently drops what the item does not ask for, and then a ticket whose answer was lost would not be found and be
 * ordered again. One call for an item not looked at before.
 *
 * @throws HoldError where the item does not have the variable that is to carry the key.
 */
async function checkVariable(
  instance: Instance,
  item: string,
  variable: string | undefined,
  resourceType: string,
): Promise<void> {
  const seen = known.get(instance) ?? new Set<string>();
  known.set(instance, seen);
  if (variable === undefined || seen.has(`${item} ${variable}`)) return;
  const names = await instance.catalog.variables(item);
  if (!names.includes(variable)) {
    throw new HoldError(
      `resource type ${resourceType}`,
      `CatalogCorrelationVariable of the mapping of resource type "${resourceType}" names variable ${variable}, which the catalog item does not have: have it added to the item, or name one of ${names.slice(0, 20).join(', ') || 'its variables (it has none)'}`,
      { found: 'notFound' },
    );
  }
  seen.add(`${item} ${variable}`);
}

/** After a failure that ended the transaction: by the key in the order; without one, by what was ordered since at all. */
async function lookAtOnce(
  { instance, ticket, draft, claim }: TicketWork,
  refusal: ServiceNowError,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<BegunRequest | undefined> {
  if (ticket.variable === undefined) {
    for (let looks = 1; ; looks += 1) {
      if (await isNothingOrdered(instance, draft.request?.item ?? '', claim, refusal, clock)) return undefined;
      if (looks >= MOST_LOOKS) throw untraceable(refusal.message, refusal);
      // What others have just ordered is marked within moments; what this order made never is.
      await clock.sleep(BETWEEN_LOOKS_IN_MS);
    }
  }
  const item = await findOrderedItem(instance, ticket, log);
  return item && { sysId: item.request ?? '', number: item['request.number'] ?? '' };
}

/** Why an order is given up whose answer stayed unclear, and what its mapping lacks. */
export function untraceable(why: string, cause?: unknown): UntraceableOrderError {
  return new UntraceableOrderError(
    `Check by hand whether the catalog item was ordered, and replay the order only if it was not: the mapping names no CatalogCorrelationVariable, so nobody can find it out later. ${why}`,
    { cause },
  );
}

/** Writes what makes the item the ticket, unless that is there; then marks its request. May be repeated. */
async function mark(
  { instance, ticket, draft, begun }: TicketWork,
  { sysId }: BegunRequest,
  clock: Clock,
): Promise<MadeTicket> {
  const fields = fieldsOf(REQUESTED_ITEM, [ticket.correlationField, ...Object.keys(draft.values)]);
  const read = () => readOrderedItem(instance, ticket, 'request', sysId);
  const item = await (begun ? read() : readPatiently(read, ticket.key, clock));
  const { requestedFor, values = {} } = draft.request ?? {};
  const made = isMarked(item, ticket)
    ? { record: item, sent: {} }
    : {
        record: await instance.tables.update(REQUESTED_ITEM, item.sys_id ?? '', draft.values, fields),
        // An account that may not order for others orders for itself, and nobody says so.
        sent: { ...(!begun && requestedFor !== undefined && { requested_for: requestedFor }), ...draft.values },
      };
  await instance.tables.update(REQUEST, sysId, values, PART_FIELDS);
  return made;
}

/** The item that was ordered just now is there, or comes within moments; else nobody shows any to this account. */
async function readPatiently<T>(read: () => Promise<T>, key: string, clock: Clock): Promise<T> {
  for (let reads = 1; ; reads += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      if (reads >= MOST_READS) {
        throw new HoldError(`order ${key}`, `${error.message}: let the account read what it orders`, { cause: error });
      }
      await clock.sleep(BETWEEN_READS_IN_MS);
    }
  }
}

function isMarked(record: ServiceNowRecord, { correlationField, key, marker }: TicketReference): boolean {
  return record[correlationField] === key && record.correlation_display === marker;
}
