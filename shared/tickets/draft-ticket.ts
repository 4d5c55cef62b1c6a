import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Holds } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import { neutralLine } from '../neutral-text.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { OtherTicket } from './describe-order.ts';
import { draftFields } from './draft-fields.ts';
import { changedFields, draftIncident } from './draft-incident.ts';
import { draftRequest, type RequestDraft } from './draft-request.ts';
import { draftTexts } from './draft-texts.ts';
import { findCaller } from './find-caller.ts';
import { findNamed } from './find-named.ts';
import { CATALOG_ITEM, GROUP, type RecordFinder } from './find-record.ts';
import { isSysId } from './is-sys-id.ts';
import { type AssignmentView, keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import type { TicketOrder } from './ticket-order.ts';
import { kindColumns, kindOf } from './ticket-reference.ts';

/** A ticket to be made. */
export interface TicketDraft {
  /** The fields of its record. */
  readonly values: ServiceNowRecord;
  /** What goes with the record of a request; absent for an incident. */
  readonly request?: RequestDraft;
  readonly resourceType: string;
  /** All details of the order as a text, where the fields have no room for them. */
  readonly attachment: string | undefined;
}

/** Drafts the ticket of an order, and looks at what the instance made of the draft. */
export interface TicketDrafter {
  /**
   * The ticket with this key. One call for a caller, a group or another reference not asked for lately, else none.
   *
   * @throws HoldError where the order waits for its caller, or the mapping names what is not there.
   */
  draft(order: TicketOrder, instance: Instance, view: AssignmentView, key: string): Promise<TicketDraft>;
  /** Logs what was stored otherwise than sent; a changed correlation field puts the mapping on hold. Never fails. */
  compare(order: TicketOrder, sent: ServiceNowRecord, stored: ServiceNowRecord): Promise<void>;
}

/** Builds the drafter. */
export function makeTicketDrafter(deps: {
  readonly config: Pick<Config, 'installationId'>;
  readonly records: RecordFinder;
  readonly holds: Pick<Holds, 'place'>;
  readonly clock: Clock;
  readonly log: Log;
}): TicketDrafter {
  const { config, records, holds, clock, log } = deps;
  const noted = new Set<string>();

  return {
    async draft(ticketOrder, instance, view, key) {
      const { order, changeType, mapping } = ticketOrder;
      const resourceType = order.ResourceType.Identifier;
      const caller = await findCaller(ticketOrder, instance, { records, now: clock.now(), log });
      const groupSysId = await findNamed(records, instance, GROUP, mapping.AssignmentGroup?.[changeType], {
        member: 'AssignmentGroup',
        resourceType,
      });
      const { text, view: templates } = await draftTexts(
        ticketOrder,
        caller.kind,
        otherTickets(ticketOrder, view),
        key,
      );
      const render = (member: 'Fields' | 'CatalogVariables') =>
        draftFields(mapping, member, changeType, templates, instance, records, { resourceType, log });
      const fields = await render('Fields');
      const marks = {
        key,
        marker: ticketMarker(config.installationId, mapping.Connection),
        callerSysId: caller.sysId,
        groupSysId,
        workflow: neutralLine([order.WorkflowInstanceId, order.Owner?.Id].filter((part) => part).join('/'), 200),
      };
      const common = { attachment: text.attachment, resourceType };
      switch (kindOf(mapping, changeType)) {
        case 'incident':
          return { ...common, values: draftIncident(mapping, text, fields, marks) };
        case 'bareRequest':
          return { ...common, ...draftRequest(mapping, text, fields, marks, { item: undefined, variables: {} }) };
        case 'catalogRequest': {
          const item = await findItem(instance, mapping.CatalogItem?.[changeType], resourceType);
          const variables = await render('CatalogVariables');
          return { ...common, ...draftRequest(mapping, text, fields, marks, { item, variables }) };
        }
      }
    },

    async compare({ order, mapping, changeType }, sent, stored) {
      const { CorrelationField: field } = mapping;
      const changed = changedFields(sent, stored);
      const fields = changed.join(' ');
      const resourceType = order.ResourceType.Identifier;
      // Once per mapping and kind of change: a rule of the instance changes every ticket alike.
      if (fields === '' || noted.has(`${resourceType} ${fields}`)) return;
      noted.add(`${resourceType} ${fields}`);
      log.warn('ticket.changedByInstance', { resourceType, ticket: stored.number, fields });
      if (!changed.includes(field) && !changed.includes('correlation_display')) return;
      await holds.place(
        { connection: mapping.Connection, resourceType },
        'changed',
        `ServiceNow stored ${fields} of ${stored.number} otherwise than it was sent, so tickets of resource type "${resourceType}" could not be found again: check that table ${kindColumns(mapping, changeType).TicketTable} has a field ${field} (CorrelationField), let the account write these fields and keep business rules off them`,
      );
    },
  };

  /** A sys_id needs no look-up: the order shows whether it can be ordered. */
  async function findItem(instance: Instance, value: string | undefined, resourceType: string) {
    if (value !== undefined && isSysId(value)) return value;
    return findNamed(records, instance, CATALOG_ITEM, value, { member: 'CatalogItem', resourceType });
  }
}

/** Tickets of other orders of the assignment that whoever works this one has to know of. */
function otherTickets({ orderKey, envelope }: TicketOrder, view: AssignmentView): OtherTicket[] {
  return (
    view.tickets
      // A late older order would undo a newer one that is done already: its text has to say so.
      .filter(({ row }) => row.OrderKey !== orderKey)
      .map(({ row }) => ({ row, newer: lastOrderedAt(row, view) > envelope.OrderedAt }))
      .filter(({ row: { State }, newer }) => State === 'open' || (State === 'closed' && newer))
      .map(({ row, newer }) => ({
        number: row.Number ?? '',
        url: row.Url ?? '',
        changeType: row.ChangeType,
        newer,
      }))
  );
}

/** When a ticket's order was last asked for: later sendings are absorbed by the ticket that is open. */
function lastOrderedAt(row: TicketRow, { deliveries }: AssignmentView): string {
  const times = deliveries
    .filter((delivery) => delivery.row.TicketKey === keyOf(row))
    .map(({ row: { OrderedAt } }) => OrderedAt);
  return [row.OrderedAt, ...times].sort().at(-1) ?? row.OrderedAt;
}
