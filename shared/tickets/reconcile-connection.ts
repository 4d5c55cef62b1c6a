import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Holds } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { readAgain } from '../storage/read-again.ts';
import { countForeign } from './count-foreign.ts';
import { decideLoss } from './decide-loss.ts';
import { deletedRow, expiredRow, isExpired } from './end-open-ticket.ts';
import { type FollowTicket, followContext } from './follow-ticket.ts';
import type { Ledger, UnfinishedTicket } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { keyFieldsOf, keyIn } from './our-records.ts';
import { outcomeOf } from './outcome.ts';
import { idsPerCall, readBySysId } from './read-by-sys-id.ts';
import { readDeletions } from './read-deletions.ts';
import { type ReconcileState, readReconcileState, writeReconcileState } from './reconcile-state.ts';
import type { SettlePending } from './settle-pending.ts';
import type { TakeOver } from './take-over.ts';
import { followedFieldsOf } from './ticket-tables.ts';

/** Reconciles the open tickets of one connection. @throws ServiceNowError, UnavailableError; the next run carries on. */
export type ReconcileConnection = (instance: Instance) => Promise<void>;

/** A run ends before the platform ends it (`functionTimeout`, 10 minutes); the next one reads what is left. */
const LONGEST_RUN_IN_MS = 7 * 60_000;
/** More numbers say no more. */
const MOST_NAMED = 5;
/** A count of what is gone that takes longer is begun anew. */
const LONGEST_COUNT_IN_MS = 6 * 3_600_000;

/** What the rest of a run needs of an open ticket; a run holds those of one call, and those that are gone. */
interface OpenTicket {
  readonly listed: UnfinishedTicket;
  readonly sysId: string;
  readonly table: string;
  readonly mapping: ResourceTypeMapping | undefined;
}

/** What a run did, for the log. */
interface Tally {
  open: number;
  read: number;
  changed: number;
  hidden: number;
  deleted: number;
  expired: number;
  takenOver: number;
}

/**
 * Builds the reconciliation of one connection: what polls can't see. Every open ticket that was not seen for
 * `RECONCILE_AFTER_SECONDS` is read by its sys_id, as many as an address has room for in one call. Where some are gone, all others
 * are read as well before anything is concluded from that; where many are, it is an operator's to say what it means.
 */
export function makeReconcileConnection(deps: {
  readonly config: Config;
  readonly mappings: Mappings;
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly settle: SettlePending;
  readonly follow: FollowTicket;
  readonly takeOver: TakeOver;
  readonly holds: Pick<Holds, 'all' | 'place'>;
  readonly state: Pick<BlobStore, 'read' | 'replace'>;
  readonly isDue: OnceADay;
  readonly clock: Clock;
  readonly log: Log;
}): ReconcileConnection {
  const { config, ledger, clock, log } = deps;

  return async (instance) => {
    const connection = instance.settings.identifier;
    const marker = ticketMarker(config.installationId, connection);
    const keyFields = keyFieldsOf(await deps.mappings.of(connection));
    const begunAtInMs = clock.monotonicInMs();
    const isLate = () => clock.monotonicInMs() - begunAtInMs > LONGEST_RUN_IN_MS;
    const { state, etag } = await readReconcileState(deps.state, connection);
    const failures: unknown[] = [];
    const tally: Tally = { open: 0, read: 0, changed: 0, hidden: 0, deleted: 0, expired: 0, takenOver: 0 };
    const gone = new Map<string, OpenTicket>();
    const mappings = new Map<string, Promise<ResourceTypeMapping | undefined>>();
    const unfinished: Record<string, string> = {};
    const tables = new Set<string>();

    // First what is due, then, where something is gone, everything that was not seen since.
    const startedAt = clock.now();
    const dueBefore = new Date(startedAt.getTime() - config.reconcileAfterInMs);
    let isComplete = await readOpen(dueBefore);
    const lost = [...gone.values()].filter(({ listed: { row } }) => row.KeptAt === undefined);
    let countingSince: string | undefined;
    if (isComplete && lost.length > 0) {
      const before = state.CountingSince;
      const isYoung = before !== undefined && startedAt.getTime() - Date.parse(before) < LONGEST_COUNT_IN_MS;
      countingSince = isYoung ? before : startedAt.toISOString();
      isComplete = await readOpen(new Date(countingSince));
    }
    let next: ReconcileState = { ...state, Unfinished: unfinished, CountingSince: countingSince };
    if (isComplete) {
      const foreign = await countForeign(instance, tables, marker, deps.withPermit);
      const growth = Object.entries(foreign).reduce((sum, [table, count]) => sum + growthOf(state, table, count), 0);
      const isConcluded = await conclude(growth);
      // Compared with the count from before the loss for as long as that is in doubt.
      next = { ...next, ...(isConcluded && { Foreign: foreign }), CountingSince: undefined, Decision: undefined };
    }
    // Where somebody decided meanwhile, that counts, and the next run looks again.
    await writeReconcileState(deps.state, connection, next, etag);
    const durationInMs = Math.round(clock.monotonicInMs() - begunAtInMs);
    log.info('reconcile.finished', { connection, ...tally, gone: gone.size, isComplete, durationInMs });
    if (failures.length > 0) throw failures[0];

    /** Goes over what is unfinished and reads the tickets that were not seen since; says whether it got to the end. */
    async function readOpen(seenBefore: Date): Promise<boolean> {
      const isFirst = seenBefore === dueBefore;
      const chunks = new Map<string, OpenTicket[]>();
      for await (const { tickets, readAt } of ledger.listUnfinished(connection)) {
        for (const listed of tickets) {
          const { row, key } = listed;
          if (isFirst && (row.State === 'creating' || row.HasPending)) await attempt(() => finish(listed, readAt));
          if (row.State !== 'open' || row.SysId === undefined) continue;
          if (isFirst) tally.open += 1;
          tables.add(row.TicketTable);
          if (gone.has(key)) continue;
          const mapping = await mappingOf(row.ResourceType);
          const seenAt = row.SeenAt ?? row.OpenedAt;
          const isUnseen = seenAt === undefined || Date.parse(seenAt) < seenBefore.getTime();
          if (!isUnseen && !(isFirst && isExpired(row.OpenedAt, mapping?.ExpireAfterDays, startedAt))) continue;
          const chunk = chunks.get(row.TicketTable) ?? [];
          chunks.set(row.TicketTable, chunk);
          chunk.push({ listed, sysId: row.SysId, table: row.TicketTable, mapping });
          const fields = followedFieldsOf(row.TicketTable, keyFields);
          if (chunk.length < idsPerCall(instance.settings.server, row.TicketTable, fields)) continue;
          await readChunk(row.TicketTable, chunk.splice(0));
          if (isLate()) return false;
        }
      }
      for (const [table, chunk] of chunks) if (chunk.length > 0) await readChunk(table, chunk);
      return true;
    }

    async function readChunk(table: string, chunk: readonly OpenTicket[]): Promise<void> {
      const sysIds = chunk.map(({ sysId }) => sysId);
      const read = await readBySysId(instance, { table, keyFields, sysIds }, deps.withPermit);
      tally.read += chunk.length;
      const unchanged: UnfinishedTicket[] = [];
      for (const ticket of chunk) {
        const { sysId, listed } = ticket;
        const record = read.found.get(sysId);
        if (record) {
          if (isUnchanged(ticket, record)) unchanged.push(listed);
          else await attempt(() => follow(ticket, record));
        } else if (read.gone.includes(sysId)) gone.set(listed.key, ticket);
        else if (read.hidden.includes(sysId)) {
          tally.hidden += 1;
          if (deps.isDue(`hidden ${connection} ${sysId}`))
            log.warn('ticket.hidden', {
              connection,
              ticket: listed.row.Number,
              todo: `give the account read access to it (table ${table}): nobody knows what became of it`,
            });
        }
      }
      const seenAt = clock.now().toISOString();
      await attempt(() => ledger.mark(connection, unchanged, { SeenAt: seenAt, KeptAt: undefined }));
    }

    /** Nothing has to be written of it but that it was seen. */
    function isUnchanged({ listed: { key, row }, mapping, table }: OpenTicket, record: ServiceNowRecord): boolean {
      return (
        isMarked(record, key) &&
        record.state === row.TicketState &&
        (record.approval ?? '') === (row.TicketApproval ?? '') &&
        row.ProvisioningState === 'Transmitted' &&
        !isExpired(row.OpenedAt, mapping?.ExpireAfterDays, startedAt) &&
        outcomeOf(record, { ...followContext(instance, mapping), table }).kind === 'open'
      );
    }

    /** Its sys_id says which ticket it is, whatever became of what it is found by. */
    async function follow({ listed: { key }, sysId, mapping }: OpenTicket, record: ServiceNowRecord): Promise<void> {
      if (!isMarked(record, key) && deps.isDue(`changed key ${connection} ${sysId}`))
        log.warn('ticket.keyChanged', {
          connection,
          ticket: record.number,
          ticketKey: key,
          todo: `polls find it no more, and it is looked at every few hours only: put its correlation_display back to ${marker} and its key to ${key}`,
        });
      const context = followContext(instance, mapping);
      const isChanged = await withRow(key, sysId, (stored) => deps.follow(connection, stored, record, context));
      if (isChanged) tally.changed += 1;
      const days = mapping?.ExpireAfterDays;
      if (days === undefined) return;
      const isOver = await withRow(key, sysId, (stored) => {
        const isDue = isExpired(stored.row.OpenedAt, days, startedAt);
        return isDue ? end(stored, expiredRow(stored.row, days, clock.now())) : Promise.resolve(false);
      });
      if (!isOver) return;
      tally.expired += 1;
      log.warn('ticket.expired', { connection, ticket: record.number, days });
    }

    function isMarked(record: ServiceNowRecord, key: string): boolean {
      return record.correlation_display === marker && keyIn(record, keyFields) === key;
    }

    /** What an earlier run, poll or order left pending goes out; a claim that nobody holds any more is taken over. */
    async function finish({ key, row: { State } }: UnfinishedTicket, readAt: Date): Promise<void> {
      const settled = await readAgain(async () => {
        const now = await ledger.readTicket(connection, key);
        return now && (await deps.settle(connection, now));
      });
      if (!settled || State !== 'creating' || settled.row.State !== 'creating') return;
      const { came, lookedAt } = await deps.takeOver(instance, settled, readAt, state.Unfinished[key]);
      if (came === 'opened') tally.takenOver += 1;
      if (lookedAt !== undefined) unfinished[key] = lookedAt;
    }

    /** Says whether anything could be concluded from what is gone. */
    async function conclude(foreignGrowth: number): Promise<boolean> {
      const lost = [...gone.values()].filter(({ listed: { row } }) => row.KeptAt === undefined);
      if (state.Decision === 'keep') {
        await ledger.mark(
          connection,
          lost.map(({ listed }) => listed),
          { KeptAt: clock.now().toISOString() },
        );
        for (const { listed } of lost) log.info('ticket.kept', { connection, ticket: listed.row.Number });
        return true;
      }
      if (lost.length === 0) return true;
      if (state.Decision !== 'accept-loss') {
        const scope = { connection };
        const isHeld = (await deps.holds.all()).some(
          (hold) => hold.kind === 'loss' && hold.scope.connection === connection,
        );
        if (isHeld || decideLoss({ open: tally.open, gone: lost.length, foreignGrowth }) === 'hold') {
          await deps.holds.place(scope, 'loss', lossText(lost, tally.open));
          return false;
        }
      }
      for (const table of tables) {
        const those = lost.filter((ticket) => ticket.table === table);
        const sysIds = those.map(({ sysId }) => sysId);
        const deletions = await readDeletions(instance, table, sysIds, deps.withPermit);
        for (const { listed, sysId } of those)
          await attempt(async () => {
            const isOver = await withRow(listed.key, sysId, (stored) =>
              end(stored, deletedRow(stored.row, deletions.get(sysId) ?? {}, clock.now())),
            );
            if (!isOver) return;
            tally.deleted += 1;
            log.warn('ticket.deleted', { connection, ticket: listed.row.Number, by: deletions.get(sysId)?.by });
          });
      }
      return true;
    }

    /** What the row has pending goes first: its result is the older one. */
    async function withRow(
      key: string,
      sysId: string,
      act: (stored: Stored<TicketRow>) => Promise<boolean>,
    ): Promise<boolean> {
      return readAgain(async () => {
        const stored = await ledger.readTicket(connection, key);
        if (stored?.row.State !== 'open' || stored.row.SysId !== sysId) return false;
        return act(await deps.settle(connection, stored));
      });
    }

    async function end(stored: Stored<TicketRow>, row: TicketRow | undefined): Promise<boolean> {
      if (!row) return false;
      const etag = await ledger.write(connection, { ticket: { row, previous: stored } });
      await deps.settle(connection, { ...stored, row, etag });
      return true;
    }

    async function attempt(act: () => Promise<void>): Promise<void> {
      try {
        await act();
      } catch (error) {
        failures.push(error);
      }
    }

    function mappingOf(resourceType: string): Promise<ResourceTypeMapping | undefined> {
      const known = mappings.get(resourceType) ?? mappingOrNone(deps.mappings, resourceType);
      mappings.set(resourceType, known);
      return known;
    }
  };
}

function growthOf({ Foreign: before }: ReconcileState, table: string, count: number): number {
  return Math.max(0, count - (before[table] ?? count));
}

function lossText(lost: readonly OpenTicket[], open: number): string {
  const numbers = lost.slice(0, MOST_NAMED).map(({ listed: { row } }) => row.Number);
  const more = lost.length > MOST_NAMED ? ' and more' : '';
  return `${lost.length} of ${open} open tickets are gone from ServiceNow at once (${numbers.join(', ')}${more}): clone, restore or ACL change?`;
}
