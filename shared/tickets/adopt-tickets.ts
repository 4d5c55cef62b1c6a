import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { ConnectorError, failureOf, messageOf } from '../errors.ts';
import { neutralLine } from '../neutral-text.ts';
import { parse } from '../parse.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { CHANGE_TYPES } from '../provisioning/order.ts';
import { assignmentKey, ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { INCIDENT } from './incident-fields.ts';
import { keyOf, type Ledger } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { fieldsOf } from './ticket-tables.ts';

/** A ticket that another connector opened, as a line of the file names it. */
const adoption = z.object({
  AssignmentId: z.string().check(z.minLength(1)),
  ChangeType: z.enum(CHANGE_TYPES),
  ResourceType: z.string().check(z.minLength(1)),
  OwnerId: z.string(),
  OwnerType: z.string(),
  TicketNumber: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,40}$/, 'expected a ticket number')),
});

/** What became of a line: `marked` tickets are found by polls, others only by reconciliation; `refused` says why it was left. */
export type Adopted =
  | { readonly came: 'marked' | 'unmarked' | 'wouldBeAdopted'; readonly number: string; readonly ticketKey: string }
  | { readonly came: 'refused'; readonly reason: string };

/** Takes over one ticket, so that it is followed from now on. Never throws for what is wrong with the line or its ticket. */
export type AdoptTicket = (line: unknown) => Promise<Adopted>;

/** The first look at it comes with the next reconciliation. */
const NEVER_SEEN = new Date(0).toISOString();
const MOST_READ = 2;

/**
 * Builds the taking over of tickets that another connector opened. The row comes first, then the marks; doing it again completes
 * it, and changes nothing that is whole. Permissions needed: read on the tickets, write on their correlation fields (without it they are
 * followed by sys_id), Storage Table Data Contributor on table `tickets`.
 */
export function makeAdoptTicket(deps: {
  readonly installationId: string;
  readonly dryRun: boolean;
  readonly ledger: Ledger;
  readonly mappings: Pick<Mappings, 'find'>;
  readonly serviceNow: ServiceNow;
  readonly withPermit: WithPermit;
  readonly clock: Pick<Clock, 'now'>;
}): AdoptTicket {
  const { ledger } = deps;

  return async (line) => {
    const parsed = parse(adoption, line);
    if (!parsed.ok) return refused(parsed.faults.join('; '));
    try {
      const mapping = await deps.mappings.find(parsed.value.ResourceType);
      const instance = await deps.serviceNow.open(mapping.Connection);
      const record = await find(instance, mapping, parsed.value.TicketNumber);
      return typeof record === 'string' ? refused(record) : await adopt(instance, mapping, parsed.value, record);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return refused(messageOf(error));
    }
  };

  /** The one record of that number, or why there is none. */
  async function find(
    instance: Instance,
    mapping: ResourceTypeMapping,
    number: string,
  ): Promise<ServiceNowRecord | string> {
    const table = tableOf(mapping);
    const field = table === REQUESTED_ITEM && number.toUpperCase().startsWith('REQ') ? 'request.number' : 'number';
    const { records, totalCount } = await deps.withPermit(instance, 'command', () =>
      instance.tables.list(table, {
        where: [[field, '=', number]],
        fields: [...fieldsOf(table, [mapping.CorrelationField])],
        limit: MOST_READ,
      }),
    );
    const [record, ...more] = records;
    if (record?.[field]?.toUpperCase() === number.toUpperCase() && more.length === 0) return record;
    if (more.length > 0) return `${number} has several requested items: name the item (RITM…)`;
    return totalCount === 0
      ? `ServiceNow has no ticket ${number} in table ${table}`
      : `ServiceNow does not give ${number}: the account may not read it`;
  }

  async function adopt(
    instance: Instance,
    mapping: ResourceTypeMapping,
    line: z.infer<typeof adoption>,
    record: ServiceNowRecord,
  ): Promise<Adopted> {
    const { number = '', sys_id: sysId = '' } = record;
    const { Connection: connection, CorrelationField: field } = mapping;
    if (!isQueryable(sysId)) return refused(`ServiceNow does not give the sys_id of ${number}`);
    const row = adoptedRow(line, mapping, record, deps.clock.now());
    const key = keyOf(row);
    const marker = ticketMarker(deps.installationId, connection);
    const found = { number: neutralLine(number, 100), ticketKey: key };
    const known = await ledger.findByNumber(connection, number);
    if (known && keyOf(known.row) !== key) return refused(`${number} is followed already, as ${keyOf(known.row)}`);
    if (deps.dryRun) return { came: 'wouldBeAdopted', ...found };
    if (!known) await ledger.write(connection, { ticket: { row } });
    const isMarked = record.correlation_display === marker && record[field] === key;
    // Marks of somebody else stay, and a ticket that has ended is not touched any more.
    const isFree = !record.correlation_display && !record[field] && record.active !== 'false';
    const came = isMarked || (isFree && (await mark(instance, row, field, marker))) ? 'marked' : 'unmarked';
    return { came, ...found };
  }

  /** Says whether it is marked; a complete refusal means that it can't be, anything else is told of. */
  async function mark(instance: Instance, row: TicketRow, field: string, marker: string): Promise<boolean> {
    const values = { [field]: keyOf(row), correlation_display: marker };
    try {
      const stored = await deps.withPermit(instance, 'command', () =>
        instance.tables.update(row.TicketTable, row.SysId ?? '', values, ['sys_id', ...Object.keys(values)]),
      );
      return Object.entries(values).every(([name, value]) => stored[name] === value);
    } catch (error) {
      const failure = failureOf(error);
      if (!failure || failure.class === 'transient') throw error;
      return false;
    }
  }
}

function adoptedRow(
  { AssignmentId, ChangeType, ResourceType, OwnerId, OwnerType }: z.infer<typeof adoption>,
  mapping: ResourceTypeMapping,
  { sys_id: SysId = '', number }: ServiceNowRecord,
  now: Date,
): TicketRow {
  // The same for every reading of the file, and for no order: its key is the hash of something else.
  const hash = sha256Hex(`adopted ${mapping.Connection} ${SysId}`, 32);
  return {
    v: 1,
    State: 'open',
    OrderKey: `${assignmentKey(AssignmentId)}.${ChangeType.charAt(0)}.${hash}`,
    Generation: 1,
    OrderedAt: `${now.toISOString()}#000000`,
    DeliveryId: `adopted-${SysId}`,
    Connection: mapping.Connection,
    ResourceType,
    AssignmentId,
    ChangeType,
    OwnerId,
    OwnerType,
    ClaimId: '',
    ClaimSeconds: 0,
    FirstClaimedAt: now.toISOString(),
    NotPosted: false,
    Unclear: false,
    Sequence: 1,
    ProvisioningState: 'Transmitted',
    TicketTable: tableOf(mapping),
    CorrelationField: mapping.CorrelationField,
    Number: number,
    SysId,
    OpenedAt: now.toISOString(),
    SeenAt: NEVER_SEEN,
    Adopted: true,
  };
}

function tableOf({ TicketType }: ResourceTypeMapping): string {
  return TicketType === 'incident' ? INCIDENT : REQUESTED_ITEM;
}

function refused(reason: string): Adopted {
  return { came: 'refused', reason };
}
