import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { decideFollow } from './decide-follow.ts';
import { keyOf, type Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { outcomeOf } from './outcome.ts';
import type { SettlePending } from './settle-pending.ts';

/** What following a ticket needs to know of its connection and mapping. */
export interface FollowContext {
  readonly root: string;
  readonly resolvedCounts: boolean;
  readonly synchronizationFollows: boolean;
}

/** What the mapping says about following; without one, what its defaults say. */
export function followContext(root: string, mapping: ResourceTypeMapping | undefined): FollowContext {
  return {
    root,
    resolvedCounts: mapping?.ResolvedCounts ?? false,
    synchronizationFollows: !mapping?.TicketSynchroIsNotAvailable,
  };
}

/** Brings a row up to date with its ticket's record and sends what changed; says whether anything did. */
export type FollowTicket = (
  partition: string,
  stored: Stored<TicketRow>,
  record: ServiceNowRecord,
  context: FollowContext,
) => Promise<boolean>;

/** Builds the follower: what is pending goes first, then the ticket is looked at anew. */
export function makeFollowTicket(deps: {
  readonly ledger: Ledger;
  readonly settle: SettlePending;
  readonly clock: Clock;
  readonly log: Log;
}): FollowTicket {
  return async (partition, stored, record, context) => {
    const settled = await deps.settle(partition, stored);
    const decision = decideFollow(
      settled.row,
      record,
      outcomeOf(record, { ...context, table: settled.row.TicketTable }),
      {
        ...context,
        now: deps.clock.now(),
      },
    );
    if (decision.kind !== 'changed') {
      if (decision.kind === 'doubled')
        deps.log.error('ticket.doubled', {
          ticketKey: keyOf(stored.row),
          followed: stored.row.Number,
          other: record.number,
        });
      return false;
    }
    const etag = await deps.ledger.write(partition, { ticket: { row: decision.row, previous: settled } });
    await deps.settle(partition, { ...settled, row: decision.row, etag });
    return true;
  };
}
