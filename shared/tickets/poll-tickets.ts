import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { messageOf, PermanentError, UnavailableError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import { checkTimeZone } from '../servicenow/check-time-zone.ts';
import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { readAgain } from '../storage/read-again.ts';
import { type FollowTicket, followContext } from './follow-ticket.ts';
import { INCIDENT } from './incident-fields.ts';
import type { Ledger } from './ledger.ts';
import { type PollCookie, readPollCookie } from './poll-cookie.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { changedTicketsQuery } from './ticket-queries.ts';
import { TICKET_TABLES } from './ticket-tables.ts';

/**
 * Turns what people did to our tickets since the last poll into results.
 *
 * @throws AggregateError with the failures of single connections, after every connection had its turn.
 */
export type PollTickets = () => Promise<void>;

/** What polling needs. */
export interface PollTicketsDeps {
  readonly config: Config;
  readonly mappings: Mappings;
  readonly serviceNow: ServiceNow;
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly follow: FollowTicket;
  readonly cookies: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** A table to poll, and the fields of its records that may carry the ticket key. */
interface PolledTable {
  readonly table: string;
  readonly keyFields: readonly string[];
}

/** A poll may wait longer for a permit than an order does: it stands in line behind all of them. */
const PERMIT_WAITS = 4;
/** Tickets of one page that are followed at a time: each is a few table and queue calls. */
const FOLLOWED_AT_A_TIME = 8;

/**
 * Builds the poll: one query per connection and table of tickets, for our marker and what was updated since the cookie less an overlap as
 * long as the longest transaction. The cookie is the instance's own clock and moves when everything before it is done.
 */
export function makePollTickets(deps: PollTicketsDeps): PollTickets {
  const { config, mappings, serviceNow, ledger, clock, log } = deps;
  const checked = new WeakSet<Instance>();

  return async () => {
    const failures: unknown[] = [];
    for (const connection of await mappings.connections()) {
      try {
        await pollConnection(connection);
      } catch (error) {
        log.error('poll.failed', { connection, reason: messageOf(error) });
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Polling failed for ${failures.length} connection(s), the next poll carries on: ${failures.map(messageOf).join('; ')}`,
      );
  };

  async function pollConnection(connection: string): Promise<void> {
    const instance = await serviceNow.open(connection);
    const mapped = await mappings.of(connection);
    // Several mappings of a connection may keep the key in different fields, and others may have done so before.
    const keyFields = [...new Set(['correlation_id', ...mapped.map(({ CorrelationField }) => CorrelationField)])];
    for (const table of TICKET_TABLES) {
      const directory = instance.settings.cookieDirectory;
      const cookie = await readPollCookie(deps.cookies, { directory, connection, table });
      const isMapped = mapped.some(({ TicketType }) => tableOf(TicketType) === table);
      // A table that was polled before may have tickets still, whatever the mappings say by now.
      if (isMapped || cookie.polledAt) await pollTable(instance, { table, keyFields }, cookie);
    }
  }

  async function pollTable(instance: Instance, { table, keyFields }: PolledTable, cookie: PollCookie): Promise<void> {
    const startedAtInMs = clock.monotonicInMs();
    const connection = instance.settings.identifier;
    const marker = ticketMarker(config.installationId, connection);
    const since = cookie.polledAt && new Date(cookie.polledAt.getTime() - config.pollOverlapInMs);
    const query = (from: Date | undefined) => changedTicketsQuery(table, keyFields, marker, from);
    await checkOnce(instance, table, query(undefined).where);
    let servedAt: Date | undefined;
    let seen = 0;
    let changed = 0;
    let counted = true;
    const failures: unknown[] = [];
    const pages = readAll(instance.tables, table, query(since), instance.settings.pageSize, (call) =>
      deps.withPermit(instance, 'poll', call, PERMIT_WAITS * config.permitWaitInMs),
    );
    for await (const page of pages) {
      servedAt ??= page.servedAt;
      seen += page.records.length;
      const records = ours(page.records, keyFields, connection, marker, log);
      counted &&= page.totalCount !== undefined;
      await inParallel(records, FOLLOWED_AT_A_TIME, async (record) => {
        try {
          if (await followRecord(instance, marker, record, keyFields)) changed += 1;
        } catch (error) {
          failures.push(error);
        }
      });
    }
    // A ticket that could not be followed is read again, for the cookie stays where it was.
    if (failures.length > 0) throw failures[0];
    // Without X-Total-Count nobody knows whether an empty page was the end.
    if (servedAt && counted) await cookie.move(servedAt);
    log.info('poll.finished', {
      connection,
      table,
      seen,
      changed,
      counted,
      durationInMs: Math.round(clock.monotonicInMs() - startedAtInMs),
    });
  }

  /** With every new version of a connection's settings another user may be signed in. */
  async function checkOnce(instance: Instance, table: string, marked: readonly Condition[]): Promise<void> {
    if (checked.has(instance)) return;
    if (await deps.withPermit(instance, 'poll', () => checkTimeZone(instance, table, marked))) checked.add(instance);
  }

  async function followRecord(
    instance: Instance,
    marker: string,
    record: ServiceNowRecord,
    keyFields: readonly string[],
  ): Promise<boolean> {
    const { number } = record;
    const key = keyIn(record, keyFields);
    const connection = instance.settings.identifier;
    // Where another poll was quicker, its row says what is left to do.
    return readAgain(async () => {
      const stored = key === undefined ? undefined : await ledger.readTicket(connection, key);
      if (!stored) {
        log.warn('ticket.unknown', { connection, ticket: number, ticketKey: key });
        return false;
      }
      if (record.correlation_display !== marker && stored.row.SysId !== record.sys_id) {
        throw new UnavailableError(
          `ServiceNow (connection "${connection}") hides correlation_display of ${number}, so nobody can tell whose it is: let the account read that field`,
        );
      }
      const mapping = await mappingOf(stored.row.ResourceType);
      return deps.follow(connection, stored, record, followContext(instance.settings.root, mapping));
    });
  }

  /** A resource type that is no longer mapped ends as the defaults say; any other trouble with mappings has to pass. */
  async function mappingOf(resourceType: string): Promise<ResourceTypeMapping | undefined> {
    try {
      return await mappings.find(resourceType);
    } catch (error) {
      if (error instanceof PermanentError) return undefined;
      throw error;
    }
  }
}

/**
 * The records that carry our marker, or may: a field may be hidden in one row. The database compares without regard to
 * case, so what differs in case alone is skipped. A truly different one means that the condition was dropped, which
 * matches the whole table, and then nothing of the answer may be believed.
 */
function ours(
  records: readonly ServiceNowRecord[],
  keyFields: readonly string[],
  connection: string,
  marker: string,
  log: Log,
): ServiceNowRecord[] {
  return records.filter((record) => {
    const { correlation_display: display = '', number } = record;
    if (display === marker) return true;
    // Hidden in this row alone; whether it is ours shows by its sys_id.
    if (display === '' && keyIn(record, keyFields) !== undefined) return true;
    if (display.trim().toLowerCase() !== marker.toLowerCase()) {
      throw new UnavailableError(
        `ServiceNow (connection "${connection}") answered a search for our tickets with ${number}, which is not ours: check that the account may read correlation_display`,
      );
    }
    log.warn('ticket.foreign', { connection, ticket: number });
    return false;
  });
}

/** The ticket key of a record. Somebody may have written anything into its fields; only what can be a key of ours is one. */
function keyIn(record: ServiceNowRecord, keyFields: readonly string[]): string | undefined {
  return keyFields
    .map((field) => record[field] ?? '')
    .find((value) => /^[A-Za-z0-9-]{1,40}\.[AMDX]\.[0-9a-f]{32}\.\d{1,9}$/.test(value));
}

function tableOf(ticketType: ResourceTypeMapping['TicketType']): string {
  return ticketType === 'incident' ? INCIDENT : REQUESTED_ITEM;
}
