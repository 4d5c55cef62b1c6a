import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { FollowContext, FollowTicket } from './follow-ticket.ts';
import type { Ledger, LedgerChange } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { makeResult } from './make-result.ts';
import { seenTicket } from './seen-ticket.ts';
import { logResult } from './settle-pending.ts';

/** Records that a row's ticket exists: `Transmitted` is sent, then the row is `open`, then the ticket is followed. */
export type OpenTicket = (
  partition: string,
  stored: Stored<TicketRow>,
  record: ServiceNowRecord,
  context: FollowContext,
  delivery?: LedgerChange['delivery'],
) => Promise<void>;

/**
 * Builds the opener, for a ticket just made and for one found alike. A crash after the sending leaves the row as it
 * was; whoever takes it over finds the ticket and sends the same result again.
 */
export function makeOpenTicket(deps: {
  readonly ledger: Ledger;
  readonly results: MessageQueue;
  readonly follow: FollowTicket;
  readonly clock: Clock;
  readonly log: Log;
}): OpenTicket {
  return async (partition, stored, record, context, delivery) => {
    const row: TicketRow = {
      ...stored.row,
      State: 'open',
      NotPosted: false,
      Unclear: false,
      ProvisioningState: 'Transmitted',
      Sequence: stored.row.Sequence + 1,
      OpenedAt: deps.clock.now().toISOString(),
      ...seenTicket(context.instance.settings.root, stored.row.TicketTable, record, deps.clock.now()),
    };
    const result = makeResult(row, {
      state: 'Transmitted',
      message: `${row.Number} is open in ServiceNow`,
      at: deps.clock.now(),
    });
    await deps.results.send(result);
    logResult(deps.log, result);
    const etag = await deps.ledger.write(partition, {
      ticket: { row, previous: stored },
      ...(delivery && { delivery }),
    });
    await deps.follow(partition, { ...stored, row, etag }, record, context);
  };
}
