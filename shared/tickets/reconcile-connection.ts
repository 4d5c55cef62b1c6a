import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import { idsPerCall } from '../servicenow/ids-per-call.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { readAgain } from '../storage/read-again.ts';
import { countForeign } from './count-foreign.ts';
import { type EndLostTickets, lostIn } from './end-lost-tickets.ts';
import { isExpired } from './end-open-ticket.ts';
import type { Ledger, UnfinishedTicket } from './ledger.ts';
import { keyFieldsOf } from './our-records.ts';
import type { ReconcileChunk } from './reconcile-chunk.ts';
import type { OpenTicket, ReconcileRun } from './reconcile-run.ts';
import { type ReconcileState, readReconcileState, writeReconcileState } from './reconcile-state.ts';
import type { ReportStrangers } from './report-strangers.ts';
import type { SettlePending } from './settle-pending.ts';
import type { TakeOver } from './take-over.ts';
import { followedFieldsOf } from './ticket-tables.ts';

/** Reconciles the open tickets of one connection. @throws ServiceNowError, UnavailableError; the next run carries on. */
export type ReconcileConnection = (instance: Instance) => Promise<void>;

/** A run ends before the platform ends it (`functionTimeout`, 10 minutes); the next one reads what is left. */
const LONGEST_RUN_IN_MS = 7 * 60_000;
/** A count of what is gone that takes longer is begun anew. */
const LONGEST_COUNT_IN_MS = 6 * 3_600_000;

/**
 * Builds the reconciliation of one connection: what polls can't see. Every open ticket that was not seen for
 * `RECONCILE_AFTER_SECONDS` is read by its sys_id, as many as an address has room for in one call. Where some are gone, all others
 * are read as well before anything is concluded from that; where many are, it is an operator's to say what it means.
 */
export function makeReconcileConnection(deps: {
  readonly config: Pick<Config, 'installationId' | 'reconcileAfterInMs'>;
  readonly mappings: Mappings;
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly settle: SettlePending;
  readonly reconcileChunk: ReconcileChunk;
  readonly takeOver: TakeOver;
  readonly endLost: EndLostTickets;
  readonly reportStrangers: ReportStrangers;
  readonly state: Pick<BlobStore, 'read' | 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
}): ReconcileConnection {
  const { config, ledger, clock, log } = deps;

  return async (instance) => {
    const connection = instance.settings.identifier;
    const begunAtInMs = clock.monotonicInMs();
    const tookInMs = () => Math.round(clock.monotonicInMs() - begunAtInMs);
    const { state, etag } = await readReconcileState(deps.state, connection);
    const failures: unknown[] = [];
    const run: ReconcileRun = {
      instance,
      connection,
      marker: ticketMarker(config.installationId, connection),
      keyFields: keyFieldsOf(await deps.mappings.of(connection)),
      startedAt: clock.now(),
      gone: new Map(),
      tally: { open: 0, read: 0, changed: 0, hidden: 0, deleted: 0, expired: 0, takenOver: 0 },
      async attempt(act) {
        try {
          await act();
        } catch (error) {
          failures.push(error);
        }
      },
    };
    const mappings = new Map<string, Promise<ResourceTypeMapping | undefined>>();
    const unfinished: Record<string, string> = {};
    /** Open tickets by table. */
    const tables = new Map<string, number>();

    // First what is due, then, where something is gone, everything that was not seen since.
    let isComplete = await readDue();
    const countingSince = isComplete && lostIn(run).length > 0 ? sinceWhenToCount(state, run.startedAt) : undefined;
    if (countingSince) isComplete = await readUnseen(countingSince);
    let next: ReconcileState = { ...state, Unfinished: unfinished, CountingSince: countingSince?.toISOString() };
    if (isComplete) {
      for (const [table, open] of tables) {
        const gone = [...run.gone.values()].filter((ticket) => ticket.table === table).length;
        await run.attempt(() => deps.reportStrangers(run, table, open - gone));
      }
      const foreign = await countForeign(instance, tables.keys(), run.marker, deps.withPermit);
      const isConcluded = await deps.endLost(run, state.Decision, growth(state.Foreign, foreign));
      // Compared with the count from before the loss for as long as that is in doubt.
      next = { ...next, ...(isConcluded && { Foreign: foreign }), CountingSince: undefined, Decision: undefined };
    }
    // Where somebody decided meanwhile, that counts, and the next run looks again.
    await writeReconcileState(deps.state, connection, next, etag);
    const { tally, gone } = run;
    log.info('reconcile.finished', { connection, ...tally, gone: gone.size, isComplete, durationInMs: tookInMs() });
    if (failures.length > 0) throw failures[0];

    /** Finishes what was left half done, and reads the open tickets whose time has come; says whether it got to the end. */
    function readDue(): Promise<boolean> {
      const unseenSince = new Date(run.startedAt.getTime() - config.reconcileAfterInMs);
      return readOpen(async (listed, readAt) => {
        const { row } = listed;
        if (row.State === 'creating' || row.HasPending) await run.attempt(() => finish(listed, readAt));
        if (row.State !== 'open') return false;
        run.tally.open += 1;
        tables.set(row.TicketTable, 1 + (tables.get(row.TicketTable) ?? 0));
        const { ExpireAfterDays: days } = (await mappingOf(row.ResourceType)) ?? {};
        return isUnseen(listed, unseenSince) || isExpired(row.OpenedAt, days, run.startedAt);
      });
    }

    function readUnseen(since: Date): Promise<boolean> {
      return readOpen(async (listed) => !run.gone.has(listed.key) && isUnseen(listed, since));
    }

    async function readOpen(isMeant: (listed: UnfinishedTicket, readAt: Date) => Promise<boolean>): Promise<boolean> {
      const chunks = new Map<string, OpenTicket[]>();
      for await (const { tickets, readAt } of ledger.listUnfinished(connection)) {
        for (const listed of tickets) {
          const { State, SysId: sysId, TicketTable: table, ResourceType } = listed.row;
          if (!(await isMeant(listed, readAt)) || State !== 'open' || sysId === undefined) continue;
          const chunk = chunks.get(table) ?? [];
          chunks.set(table, chunk);
          chunk.push({ listed, sysId, table, mapping: await mappingOf(ResourceType) });
          const fields = followedFieldsOf(table, run.keyFields);
          if (chunk.length < idsPerCall(instance.settings.server, table, fields)) continue;
          await deps.reconcileChunk(run, table, chunk.splice(0));
          if (tookInMs() > LONGEST_RUN_IN_MS) return false;
        }
      }
      for (const [table, chunk] of chunks) if (chunk.length > 0) await deps.reconcileChunk(run, table, chunk);
      return true;
    }

    /** What an earlier run, poll or order left pending goes out; a claim that nobody holds any more is taken over. */
    async function finish({ key }: UnfinishedTicket, readAt: Date): Promise<void> {
      const settled = await readAgain(async () => {
        const stored = await ledger.readTicket(connection, key);
        return stored && (await deps.settle(connection, stored));
      });
      if (settled?.row.State !== 'creating') return;
      const { came, lookedAt } = await deps.takeOver(instance, settled, readAt, state.Unfinished[key]);
      if (came === 'opened') run.tally.takenOver += 1;
      if (lookedAt !== undefined) unfinished[key] = lookedAt;
    }

    function mappingOf(resourceType: string): Promise<ResourceTypeMapping | undefined> {
      const known = mappings.get(resourceType) ?? mappingOrNone(deps.mappings, resourceType);
      mappings.set(resourceType, known);
      return known;
    }
  };
}

function isUnseen({ row: { SeenAt, OpenedAt } }: UnfinishedTicket, since: Date): boolean {
  const seenAt = SeenAt ?? OpenedAt;
  return seenAt === undefined || Date.parse(seenAt) < since.getTime();
}

/** A count that an earlier run could not finish is gone on with, as long as it is young. */
function sinceWhenToCount({ CountingSince: before }: ReconcileState, now: Date): Date {
  const isYoung = before !== undefined && now.getTime() - Date.parse(before) < LONGEST_COUNT_IN_MS;
  return isYoung ? new Date(before) : now;
}

function growth(before: ReconcileState['Foreign'], now: ReconcileState['Foreign']): number {
  return Object.entries(now).reduce((sum, [table, count]) => sum + Math.max(0, count - (before[table] ?? count)), 0);
}
