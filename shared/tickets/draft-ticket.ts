import type { Config } from '../config.ts';
import type { Holds } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { describeOrder } from './describe-order.ts';
import { changedFields, draftIncident } from './draft-incident.ts';
import type { CallerFinder } from './find-caller.ts';
import { type AssignmentView, keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import type { TicketOrder } from './ticket-order.ts';

/** Drafts the ticket of an order, and looks at what the instance made of the draft. */
export interface TicketDrafter {
  /** The fields of the ticket with this key; one call for a caller not asked for lately, else none. */
  draft(order: TicketOrder, instance: Instance, view: AssignmentView, key: string): Promise<ServiceNowRecord>;
  /** Logs what was stored otherwise than sent; a changed correlation field puts the mapping on hold. */
  compare(order: TicketOrder, draft: ServiceNowRecord, stored: ServiceNowRecord): void;
}

/** Builds the drafter. */
export function makeTicketDrafter(deps: {
  readonly config: Pick<Config, 'installationId'>;
  readonly callers: CallerFinder;
  readonly holds: Holds;
  readonly log: Log;
}): TicketDrafter {
  const { config, callers, holds, log } = deps;
  const noted = new Set<string>();

  return {
    async draft({ order, changeType, envelope, mapping, orderKey }, instance, view, key) {
      const attribute = mapping.TicketCallerId;
      const callerValue = attribute === undefined ? undefined : order.Owner?.[attribute];
      const callerSysId = typeof callerValue === 'string' ? await callers.find(instance, callerValue) : undefined;
      const resourceType = order.ResourceType.Identifier;
      if (callerSysId === undefined) log.warn('caller.notFound', { orderKey, resourceType, attribute });
      const text = describeOrder(order, changeType, {
        ticketKey: key,
        callerFound: callerSysId !== undefined,
        additionalInformation: mapping.TicketAdditionalInformation,
        resolvedCounts: mapping.ResolvedCounts,
        otherTickets: view.tickets
          // A late older order would undo a newer one that is done already: its text has to say so.
          .filter(({ row }) => row.OrderKey !== orderKey)
          .map(({ row }) => ({ row, newer: lastOrderedAt(row, view) > envelope.OrderedAt }))
          .filter(({ row: { State }, newer }) => State === 'open' || (State === 'closed' && newer))
          .map(({ row, newer }) => ({
            number: row.Number ?? '',
            url: row.Url ?? '',
            changeType: row.ChangeType,
            newer,
          })),
      });
      return draftIncident(mapping, text, {
        key,
        marker: ticketMarker(config.installationId, mapping.Connection),
        callerSysId,
      });
    },

    compare({ order }, draft, stored) {
      const fields = changedFields(draft, stored).join(' ');
      const resourceType = order.ResourceType.Identifier;
      // Once per mapping and kind of change: a rule of the instance changes every ticket alike.
      if (fields === '' || noted.has(`${resourceType} ${fields}`)) return;
      noted.add(`${resourceType} ${fields}`);
      log.warn('ticket.changedByInstance', { resourceType, ticket: stored.number, fields });
      if (!fields.includes('correlation_')) return;
      holds.place(
        `resource type ${resourceType}`,
        `ServiceNow stored ${fields} of ${stored.number} otherwise than it was sent, so tickets of resource type "${resourceType}" could not be found again: let the account write these fields and keep business rules off them, then restart the app`,
      );
    },
  };
}

/** When a ticket's order was last asked for: later sendings are absorbed by the ticket that is open. */
function lastOrderedAt(row: TicketRow, { deliveries }: AssignmentView): string {
  const times = deliveries
    .filter((delivery) => delivery.row.TicketKey === keyOf(row))
    .map(({ row: { OrderedAt } }) => OrderedAt);
  return [row.OrderedAt, ...times].sort().at(-1) ?? row.OrderedAt;
}
