import type { ChangeType } from '../provisioning/order.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import { INCIDENT } from './incident-fields.ts';
import { keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import { PART_KEY_FIELD, REQUESTED_ITEM } from './requested-item-fields.ts';

/** How a ticket is made: as an incident, ordered from the catalog, or as a requested item without the catalog. */
export type TicketKindName = 'incident' | 'catalogRequest' | 'bareRequest';

/** All by which a ticket can be found again, as its row keeps it: the mapping may be another one by then. */
export interface TicketReference {
  readonly key: string;
  readonly marker: string;
  readonly firstClaimedAt: Date;
  /** The table of the ticket itself. */
  readonly table: string;
  readonly correlationField: string;
  /** The variable of the catalog item that carries the key. */
  readonly variable: string | undefined;
  /** The request that is known to have been made. */
  readonly requestSysId: string | undefined;
}

/** How an order's ticket is made, by its mapping. Pure. */
export function kindOf(mapping: ResourceTypeMapping, changeType: ChangeType): TicketKindName {
  if (mapping.TicketType === 'incident') return 'incident';
  return mapping.CatalogItem?.[changeType] === undefined ? 'bareRequest' : 'catalogRequest';
}

/**
 * By what another part of a request is found: `CorrelationField` is a field of the ticket's own table, and the instance would
 * drop a field that the other tables lack. Pure.
 */
export function partOf(ticket: TicketReference, table: string): TicketReference {
  return table === ticket.table ? ticket : { ...ticket, table, correlationField: PART_KEY_FIELD };
}

/** The columns of a row that say how its ticket is made, and by what it is found again. Pure. */
export function kindColumns(mapping: ResourceTypeMapping, changeType: ChangeType) {
  const kind = kindOf(mapping, changeType);
  return {
    TicketKind: kind,
    TicketTable: kind === 'incident' ? INCIDENT : REQUESTED_ITEM,
    CorrelationField: mapping.CorrelationField,
    CatalogVariable: kind === 'catalogRequest' ? mapping.CatalogCorrelationVariable : undefined,
  };
}

/** By what the ticket of a row is found again. Pure. */
export function ticketReference(row: TicketRow, installationId: string): TicketReference {
  return {
    key: keyOf(row),
    marker: ticketMarker(installationId, row.Connection),
    firstClaimedAt: new Date(row.FirstClaimedAt),
    table: row.TicketTable,
    correlationField: row.CorrelationField ?? 'correlation_id',
    variable: row.CatalogVariable,
    requestSysId: row.RequestSysId,
  };
}

/** What a person looks for in ServiceNow who has to find out whether the ticket of a row was made. Pure. */
export function whereToLook(row: TicketRow): string {
  const { RequestNumber: number, CatalogVariable: variable, CorrelationField: field = 'correlation_id' } = row;
  if (number) return `${number}, which was made for it`;
  if (row.TicketKind !== 'catalogRequest') return `${field} ${keyOf(row)}`;
  return variable === undefined
    ? `a request that the account of connection "${row.Connection}" ordered at ${row.FirstClaimedAt} or later and that has no correlation_display`
    : `a requested item whose variable ${variable} is ${keyOf(row)}`;
}
