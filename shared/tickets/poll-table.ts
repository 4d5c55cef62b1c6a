import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { UnavailableError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import { checkTimeZone } from '../servicenow/check-time-zone.ts';
import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import type { RecordPage, ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { readAgain } from '../storage/read-again.ts';
import { type FollowTicket, followContext } from './follow-ticket.ts';
import type { Ledger } from './ledger.ts';
import { keyIn, type OurTickets, ourRecords } from './our-records.ts';
import type { PollCookie } from './poll-cookie.ts';
import { changedTicketsQuery } from './ticket-queries.ts';

/** Polls one table of a connection; `keyFields` of its records may carry the ticket key. */
export type PollTable = (
  instance: Instance,
  polled: { readonly table: string; readonly keyFields: readonly string[] },
  cookie: PollCookie,
) => Promise<void>;

/** A poll may wait longer for a permit than an order does: it stands in line behind all of them. */
const PERMIT_WAITS = 4;
/** Tickets of one page that are followed at a time: each is a few table and queue calls. */
const FOLLOWED_AT_A_TIME = 8;

/**
 * Builds the poll of one table: one query, for our marker and what was updated since the cookie less an overlap as
 * long as the longest transaction. The cookie is the instance's own clock and moves when everything before it is done; how far a
 * poll of several pages got is kept in it, so that one that is cut short is not begun again.
 */
export function makePollTable(deps: {
  readonly config: Config;
  readonly mappings: Mappings;
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly follow: FollowTicket;
  readonly isDue: OnceADay;
  readonly clock: Clock;
  readonly log: Log;
}): PollTable {
  const { config, mappings, ledger, clock, log } = deps;
  const checked = new WeakSet<Instance>();
  /** The readings that the last poll of a table has done, by sys_id: the overlap brings most of them again. */
  const done = new Map<string, ReadonlyMap<string, string>>();

  return async (instance, { table, keyFields }, cookie) => {
    const startedAtInMs = clock.monotonicInMs();
    const connection = instance.settings.identifier;
    const our: OurTickets = { connection, marker: ticketMarker(config.installationId, connection), keyFields };
    const { unfinished } = cookie;
    const overlapped = cookie.polledAt && new Date(cookie.polledAt.getTime() - config.pollOverlapInMs);
    const since = unfinished ? unfinished.since : overlapped;
    const query = (from: Date | undefined) => changedTicketsQuery(table, keyFields, our.marker, from);
    await checkOnce(instance, table, query(undefined).where);

    const known = done.get(`${connection} ${table}`);
    const readings = new Map<string, string>();
    const failures: unknown[] = [];
    let servedAt = unfinished?.servedAt;
    let seen = 0;
    let changed = 0;
    let counted = true;
    let reached: string | undefined;
    const around = <T>(call: () => Promise<T>) =>
      deps.withPermit(instance, 'poll', call, PERMIT_WAITS * config.permitWaitInMs);
    const { pageSize } = instance.settings;
    for await (const page of readAll(instance.tables, table, query(since), pageSize, around, unfinished?.after)) {
      servedAt ??= page.servedAt;
      // What came before is done; where something of it failed, the next poll begins there again.
      if (reached !== undefined && failures.length === 0) await cookie.pause({ since, servedAt, after: reached });
      seen += page.records.length;
      counted &&= page.totalCount !== undefined;
      const fresh = oursOf(page, our).filter(({ sys_id: sysId = '', sys_mod_count: reading = '' }) => {
        if (reading === '' || known?.get(sysId) !== reading) return true;
        readings.set(sysId, reading);
        return false;
      });
      await inParallel(fresh, FOLLOWED_AT_A_TIME, async (record) => {
        try {
          const came = await followRecord(instance, our, record);
          if (came === 'changed') changed += 1;
          if (came !== 'later' && since) readings.set(record.sys_id ?? '', record.sys_mod_count ?? '');
        } catch (error) {
          failures.push(error);
        }
      });
      reached = page.records.at(-1)?.sys_id ?? reached;
    }
    done.set(`${connection} ${table}`, readings);
    // A ticket that could not be followed is read again, for the cookie stays where it was.
    if (failures.length > 0) throw failures[0];
    // Without X-Total-Count nobody knows whether an empty page was the end.
    if (servedAt && counted) await cookie.move(servedAt);
    const durationInMs = Math.round(clock.monotonicInMs() - startedAtInMs);
    log.info('poll.finished', { connection, table, seen, changed, counted, resumed: !!unfinished, durationInMs });
  };

  function oursOf(page: RecordPage, our: OurTickets): readonly ServiceNowRecord[] {
    const { ours, foreign } = ourRecords(page.records, our);
    for (const { number, sys_id: sysId } of foreign) {
      if (deps.isDue(`foreign ${our.connection} ${sysId}`))
        log.warn('ticket.foreign', { connection: our.connection, ticket: number });
    }
    return ours;
  }

  /** With every new version of a connection's settings another user may be signed in. */
  async function checkOnce(instance: Instance, table: string, marked: readonly Condition[]): Promise<void> {
    if (checked.has(instance)) return;
    if (await deps.withPermit(instance, 'poll', () => checkTimeZone(instance, table, marked))) checked.add(instance);
  }

  /** `later`: what this reading means shows only when whoever makes its ticket is done, or once it has a row. */
  async function followRecord(
    instance: Instance,
    { connection, marker, keyFields }: OurTickets,
    record: ServiceNowRecord,
  ): Promise<'changed' | 'unchanged' | 'later'> {
    const { number, sys_id: sysId } = record;
    const key = keyIn(record, keyFields);
    // Where another poll was quicker, its row says what is left to do.
    return readAgain(async () => {
      const stored = key === undefined ? undefined : await ledger.readTicket(connection, key);
      if (!stored) {
        if (deps.isDue(`unknown ${connection} ${sysId}`))
          log.warn('ticket.unknown', { connection, ticket: number, ticketKey: key });
        return 'later';
      }
      if (record.correlation_display !== marker && stored.row.SysId !== sysId) {
        throw new UnavailableError(
          `ServiceNow (connection "${connection}") hides correlation_display of ${number}, so nobody can tell whose it is: let the account read that field`,
        );
      }
      if (stored.row.State === 'creating') return 'later';
      const mapping = await mappingOrNone(mappings, stored.row.ResourceType);
      const isChanged = await deps.follow(connection, stored, record, followContext(instance, mapping));
      return isChanged ? 'changed' : 'unchanged';
    });
  }
}
