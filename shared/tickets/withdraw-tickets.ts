import { ConnectorError, messageOf } from '../errors.ts';
import { neutralLine } from '../neutral-text.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { Instance } from '../servicenow/client.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';
import { idsPerCall } from '../servicenow/ids-per-call.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { followContext } from './follow-ticket.ts';
import { INCIDENT } from './incident-fields.ts';
import type { Ledger, UnfinishedTicket } from './ledger.ts';
import { keyFieldsOf, keyIn } from './our-records.ts';
import { outcomeOf } from './outcome.ts';
import { readBySysId } from './read-by-sys-id.ts';
import { REQUEST } from './requested-item-fields.ts';
import { followedFieldsOf } from './ticket-tables.ts';

/** Which tickets are to be cancelled. */
export interface AskedWithdrawal {
  /** Those that were opened at this time or later. */
  readonly since: Date;
  readonly resourceType: string;
  /** Also those on which somebody has begun to work. */
  readonly alsoWorkedOn: boolean;
  /** Only tell what would be done. */
  readonly dryRun: boolean;
  /** What the service desk reads in the ticket. */
  readonly comment: string;
}

/** What became of one ticket; `refused` says why it was left alone. */
export interface Withdrawn {
  readonly number: string;
  readonly ticketKey: string;
  readonly refused?: string;
}

/** State of an incident that was cancelled. */
const CANCELED = '8';
/** States of a ticket that nobody has touched: New or Open, or Pending until it is approved. */
const UNTOUCHED: readonly (string | undefined)[] = ['1', '-5'];

/**
 * Cancels tickets that were made by mistake, with a comment, one by one after a look at each; the results follow by the next poll. May
 * be run again: what is cancelled already is passed over. Permission needed: write on `incident` and `sc_request`, Storage Table
 * Data Reader on table `tickets`. @throws ServiceNowError, UnavailableError where no tickets can be read.
 */
export async function* withdrawTickets(
  instance: Instance,
  asked: AskedWithdrawal,
  deps: {
    readonly installationId: string;
    readonly ledger: Pick<Ledger, 'listUnfinished'>;
    readonly mappings: Mappings;
    readonly withPermit: WithPermit;
  },
): AsyncGenerator<Withdrawn> {
  const connection = instance.settings.identifier;
  const keyFields = keyFieldsOf(await deps.mappings.of(connection));
  const mapping = await mappingOrNone(deps.mappings, asked.resourceType);
  const marker = ticketMarker(deps.installationId, connection);
  const chunks = new Map<string, UnfinishedTicket[]>();

  for await (const { tickets } of deps.ledger.listUnfinished(connection)) {
    for (const ticket of tickets) {
      if (!isMeant(ticket, asked)) continue;
      const { TicketTable: table } = ticket.row;
      const chunk = chunks.get(table) ?? [];
      chunks.set(table, chunk);
      chunk.push(ticket);
      if (chunk.length >= idsPerCall(instance.settings.server, table, followedFieldsOf(table, keyFields)))
        yield* withdraw(table, chunk.splice(0));
    }
  }
  for (const [table, chunk] of chunks) if (chunk.length > 0) yield* withdraw(table, chunk);

  async function* withdraw(table: string, chunk: readonly UnfinishedTicket[]): AsyncGenerator<Withdrawn> {
    const sysIds = chunk.map(({ row }) => row.SysId ?? '');
    const { found } = await readBySysId(instance, { table, keyFields, sysIds }, deps.withPermit);
    for (const { key, row } of chunk) {
      const record = found.get(row.SysId ?? '');
      const told = { number: neutralLine(row.Number ?? '', 100), ticketKey: key };
      const isOurs = record?.correlation_display === marker && keyIn(record, keyFields) === key;
      const outcome = record && outcomeOf(record, { ...followContext(instance, mapping), table });
      if (outcome && outcome.kind !== 'open') continue;
      const refused = reasonAgainst(record, isOurs, asked) ?? (asked.dryRun ? undefined : await cancel(table, record));
      yield { ...told, ...(refused !== undefined && { refused }) };
    }
  }

  /** Says why it could not be done. */
  async function cancel(table: string, record: ServiceNowRecord | undefined): Promise<string | undefined> {
    const incident = table === INCIDENT;
    const sysId = (incident ? record?.sys_id : record?.request) ?? '';
    if (!isQueryable(sysId)) return 'the account may not read its request';
    const [target, field, state] = incident
      ? ([INCIDENT, 'state', CANCELED] as const)
      : ([REQUEST, 'request_state', 'closed_cancelled'] as const);
    try {
      const values = { [field]: state, comments: asked.comment };
      const stored = await deps.withPermit(instance, 'command', () =>
        instance.tables.update(target, sysId, values, ['sys_id', field]),
      );
      return stored[field] === state
        ? undefined
        : `ServiceNow left it in ${field} ${neutralLine(stored[field] ?? '', 40)}`;
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return messageOf(error);
    }
  }
}

function isMeant({ row }: UnfinishedTicket, { since, resourceType }: AskedWithdrawal): boolean {
  const { State, SysId, ResourceType, OpenedAt } = row;
  return (
    State === 'open' &&
    SysId !== undefined &&
    ResourceType === resourceType &&
    OpenedAt !== undefined &&
    Date.parse(OpenedAt) >= since.getTime()
  );
}

function reasonAgainst(
  record: ServiceNowRecord | undefined,
  isOurs: boolean,
  { alsoWorkedOn }: AskedWithdrawal,
): string | undefined {
  if (!record) return 'ServiceNow does not give it: it was deleted, or the account may not read it';
  if (!isOurs) return 'somebody changed the fields by which it is known as ours';
  if (!UNTOUCHED.includes(record.state) && !alsoWorkedOn)
    return 'somebody has begun to work on it; --also-worked-on cancels it too';
  return undefined;
}
