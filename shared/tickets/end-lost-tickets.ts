import type { Clock } from '../clock.ts';
import type { Holds } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { decideLoss } from './decide-loss.ts';
import { deletedRow } from './end-open-ticket.ts';
import type { Ledger } from './ledger.ts';
import { readDeletions } from './read-deletions.ts';
import { type OpenTicket, type ReconcileRun, withOpenRow, writeAndSend } from './reconcile-run.ts';
import type { ReconcileState } from './reconcile-state.ts';
import type { SettlePending } from './settle-pending.ts';

/**
 * Ends the orders of tickets that are gone, once all open ones were read; says whether that could be concluded. Where it can't,
 * the connection is on hold until an operator decides. @throws ServiceNowError, UnavailableError.
 */
export type EndLostTickets = (
  run: ReconcileRun,
  decision: ReconcileState['Decision'],
  foreignGrowth: number,
) => Promise<boolean>;

/** More numbers say no more. */
const MOST_NAMED = 5;

/** Builds what concludes from absence. Permission needed: Storage Table Data Contributor on tables `tickets` and `limits`. */
export function makeEndLostTickets(deps: {
  readonly withPermit: WithPermit;
  readonly ledger: Ledger;
  readonly settle: SettlePending;
  readonly holds: Pick<Holds, 'all' | 'place'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): EndLostTickets {
  const { ledger, holds, clock, log } = deps;

  return async (run, decision, foreignGrowth) => {
    const { connection, tally } = run;
    const lost = lostIn(run);
    if (decision === 'keep') await keep(connection, lost);
    if (decision === 'keep' || lost.length === 0) return true;
    if (decision === undefined) {
      const isHeld = (await holds.all()).some(({ kind, scope }) => kind === 'loss' && scope.connection === connection);
      if (isHeld || decideLoss({ open: tally.open, gone: lost.length, foreignGrowth }) === 'hold') {
        await holds.place({ connection }, 'loss', lossText(lost, tally.open));
        return false;
      }
    }
    for (const table of new Set(lost.map((ticket) => ticket.table)))
      await endDeleted(
        run,
        table,
        lost.filter((ticket) => ticket.table === table),
      );
    return true;
  };

  async function keep(connection: string, lost: readonly OpenTicket[]): Promise<void> {
    const marks = { KeptAt: clock.now().toISOString() };
    await ledger.mark(
      connection,
      lost.map(({ listed }) => listed),
      marks,
    );
    for (const { listed } of lost) log.info('ticket.kept', { connection, ticket: listed.row.Number });
  }

  async function endDeleted(run: ReconcileRun, table: string, deleted: readonly OpenTicket[]): Promise<void> {
    const { connection, instance, tally } = run;
    const sysIds = deleted.map(({ sysId }) => sysId);
    const deletions = await readDeletions(instance, table, sysIds, deps.withPermit);
    for (const ticket of deleted)
      await run.attempt(async () => {
        const deletion = deletions.get(ticket.sysId) ?? {};
        const isOver = await withOpenRow(deps, connection, ticket, (stored) =>
          writeAndSend(deps, connection, stored, deletedRow(stored.row, deletion, clock.now())),
        );
        if (!isOver) return;
        tally.deleted += 1;
        log.warn('ticket.deleted', { connection, ticket: ticket.listed.row.Number, by: deletion.by });
      });
  }
}

/** What is gone and was not decided to be kept. */
export function lostIn({ gone }: Pick<ReconcileRun, 'gone'>): readonly OpenTicket[] {
  return [...gone.values()].filter(({ listed }) => listed.row.KeptAt === undefined);
}

function lossText(lost: readonly OpenTicket[], open: number): string {
  const numbers = lost.slice(0, MOST_NAMED).map(({ listed: { row } }) => row.Number);
  const more = lost.length > MOST_NAMED ? ' and more' : '';
  return `${lost.length} of ${open} open tickets are gone from ServiceNow at once (${numbers.join(', ')}${more}): clone, restore or ACL change?`;
}
