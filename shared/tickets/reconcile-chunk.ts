import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { expiredRow, isExpired } from './end-open-ticket.ts';
import { type FollowTicket, followContext } from './follow-ticket.ts';
import type { Ledger, UnfinishedTicket } from './ledger.ts';
import { keyIn } from './our-records.ts';
import { outcomeOf } from './outcome.ts';
import { readBySysId } from './read-by-sys-id.ts';
import { type OpenTicket, type ReconcileRun, withOpenRow, writeAndSend } from './reconcile-run.ts';
import type { SettlePending } from './settle-pending.ts';

/** Reads as many tickets of a table as an address has room for, and brings their rows up to date. @throws ServiceNowError, UnavailableError. */
export type ReconcileChunk = (run: ReconcileRun, table: string, chunk: readonly OpenTicket[]) => Promise<void>;

/** Builds the reconciliation of the tickets of one call: followed, expired, hidden or gone. */
export function makeReconcileChunk(deps: {
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly settle: SettlePending;
  readonly follow: FollowTicket;
  readonly isDue: OnceADay;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): ReconcileChunk {
  const { ledger, isDue, clock, log } = deps;

  return async (run, table, chunk) => {
    const { instance, connection, keyFields, gone, tally } = run;
    const sysIds = chunk.map(({ sysId }) => sysId);
    const read = await readBySysId(instance, { table, keyFields, sysIds }, deps.withPermit);
    tally.read += chunk.length;
    const unchanged: UnfinishedTicket[] = [];
    for (const ticket of chunk) {
      const { sysId, listed } = ticket;
      const record = read.found.get(sysId);
      if (record && isUnchanged(run, ticket, record)) unchanged.push(listed);
      else if (record) await run.attempt(() => follow(run, ticket, record));
      else if (read.gone.includes(sysId)) gone.set(listed.key, ticket);
      else if (read.hidden.includes(sysId)) hidden(run, ticket);
    }
    const marks = { SeenAt: clock.now().toISOString(), KeptAt: undefined };
    await run.attempt(() => ledger.mark(connection, unchanged, marks));
  };

  function hidden({ connection, tally }: ReconcileRun, { sysId, table, listed }: OpenTicket): void {
    tally.hidden += 1;
    if (!isDue(`hidden ${connection} ${sysId}`)) return;
    log.warn('ticket.hidden', {
      connection,
      ticket: listed.row.Number,
      todo: `give the account read access to it (table ${table}): nobody knows what became of it`,
    });
  }

  /** Its sys_id says which ticket it is, whatever became of what it is found by. */
  async function follow(run: ReconcileRun, ticket: OpenTicket, record: ServiceNowRecord): Promise<void> {
    const { connection, instance, marker, startedAt, tally } = run;
    const { key } = ticket.listed;
    if (!isMarked(run, record, ticket.listed) && isDue(`changed key ${connection} ${ticket.sysId}`))
      log.warn('ticket.keyChanged', {
        connection,
        ticket: record.number,
        ticketKey: key,
        todo: `polls find it no more, and it is looked at every few hours only: put its correlation_display back to ${marker} and its key to ${key}`,
      });
    const context = followContext(instance, ticket.mapping);
    const isChanged = await withOpenRow(deps, connection, ticket, (stored) =>
      deps.follow(connection, stored, record, context),
    );
    if (isChanged) tally.changed += 1;
    const days = ticket.mapping?.ExpireAfterDays;
    if (days === undefined) return;
    const isOver = await withOpenRow(deps, connection, ticket, async (stored) => {
      if (!isExpired(stored.row.OpenedAt, days, startedAt)) return false;
      return writeAndSend(deps, connection, stored, expiredRow(stored.row, days, clock.now()));
    });
    if (!isOver) return;
    tally.expired += 1;
    log.warn('ticket.expired', { connection, ticket: record.number, days });
  }
}

/** Nothing has to be written of it but that it was seen. */
function isUnchanged(run: ReconcileRun, { listed, mapping, table }: OpenTicket, record: ServiceNowRecord): boolean {
  const { row } = listed;
  return (
    isMarked(run, record, listed) &&
    record.state === row.TicketState &&
    (record.approval ?? '') === (row.TicketApproval ?? '') &&
    row.ProvisioningState === 'Transmitted' &&
    !isExpired(row.OpenedAt, mapping?.ExpireAfterDays, run.startedAt) &&
    outcomeOf(record, { ...followContext(run.instance, mapping), table }).kind === 'open'
  );
}

/** Whether it carries our marks; one that another connector opened need not. */
function isMarked({ marker, keyFields }: ReconcileRun, record: ServiceNowRecord, listed: UnfinishedTicket): boolean {
  return (record.correlation_display === marker && keyIn(record, keyFields) === listed.key) || !!listed.row.Adopted;
}
