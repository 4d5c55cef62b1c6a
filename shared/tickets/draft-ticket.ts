import type { Config } from '../config.ts';
import { HoldError, PermanentError } from '../errors.ts';
import type { Holds } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { describeOrder } from './describe-order.ts';
import { changedFields, draftIncident } from './draft-incident.ts';
import type { RecordFinder } from './find-record.ts';
import { type AssignmentView, keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import type { TicketOrder } from './ticket-order.ts';

/** Drafts the ticket of an order, and looks at what the instance made of the draft. */
export interface TicketDrafter {
  /** The fields of the ticket with this key; one call for a caller or group not asked for lately, else none. */
  draft(order: TicketOrder, instance: Instance, view: AssignmentView, key: string): Promise<ServiceNowRecord>;
  /** Logs what was stored otherwise than sent; a changed correlation field puts the mapping on hold. */
  compare(order: TicketOrder, draft: ServiceNowRecord, stored: ServiceNowRecord): void;
}

/** Builds the drafter. */
export function makeTicketDrafter(deps: {
  readonly config: Pick<Config, 'installationId'>;
  readonly callers: RecordFinder;
  readonly groups: RecordFinder;
  readonly holds: Holds;
  readonly log: Log;
}): TicketDrafter {
  const { config, callers, groups, holds, log } = deps;
  const noted = new Set<string>();

  return {
    async draft({ order, changeType, envelope, mapping, orderKey }, instance, view, key) {
      const attribute = mapping.TicketCallerId;
      const callerValue = attribute === undefined ? undefined : order.Owner?.[attribute];
      const ownerSysId = typeof callerValue === 'string' ? await callers.find(instance, callerValue) : undefined;
      const resourceType = order.ResourceType.Identifier;
      if (ownerSysId === undefined) log.warn('caller.notFound', { orderKey, resourceType, attribute });
      const callerSysId = ownerSysId ?? (await named(callers, instance, mapping, 'FallbackCaller', resourceType));
      const text = describeOrder(order, changeType, {
        ticketKey: key,
        caller: ownerSysId !== undefined ? 'owner' : callerSysId !== undefined ? 'fallback' : 'none',
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
        groupSysId: await named(groups, instance, mapping, 'AssignmentGroup', resourceType),
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

/**
 * The record that a mapping itself names; `undefined` where it names none.
 *
 * @throws HoldError where there is none of that name, or several: every order of the mapping waits until it is put right.
 */
async function named(
  finder: RecordFinder,
  instance: Instance,
  mapping: ResourceTypeMapping,
  member: 'FallbackCaller' | 'AssignmentGroup',
  resourceType: string,
): Promise<string | undefined> {
  const value = mapping[member];
  if (!value) return undefined;
  const held = (problem: string) =>
    new HoldError(
      `resource type ${resourceType}`,
      `${member} of the mapping of resource type "${resourceType}": ${problem} (connection "${mapping.Connection}")`,
    );
  let sysId: string | undefined;
  try {
    sysId = await finder.find(instance, value);
  } catch (error) {
    // Not the order is wrong but what all orders of the mapping share.
    if (error instanceof PermanentError) throw held(error.message);
    throw error;
  }
  if (sysId !== undefined) return sysId;
  throw held('not found in ServiceNow; name one that is there, or let the account read it');
}

/** When a ticket's order was last asked for: later sendings are absorbed by the ticket that is open. */
function lastOrderedAt(row: TicketRow, { deliveries }: AssignmentView): string {
  const times = deliveries
    .filter((delivery) => delivery.row.TicketKey === keyOf(row))
    .map(({ row: { OrderedAt } }) => OrderedAt);
  return [row.OrderedAt, ...times].sort().at(-1) ?? row.OrderedAt;
}
