import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { decideFollow } from './decide-follow.ts';
import type { ExplainEnding } from './explain-ending.ts';
import { keyOf, type Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { type Outcome, type OutcomeOptions, outcomeOf } from './outcome.ts';
import type { SettlePending } from './settle-pending.ts';
import { ownRules } from './state-maps.ts';

/** What following a ticket needs to know of its connection and mapping. */
export interface FollowContext extends Omit<OutcomeOptions, 'table' | 'isAdopted'> {
  readonly instance: Instance;
  readonly synchronizationFollows: boolean;
}

/** What the mapping says about following; without one, what its defaults say. */
export function followContext(instance: Instance, mapping: ResourceTypeMapping | undefined): FollowContext {
  return {
    instance,
    ownRules: ownRules(mapping),
    resolvedCounts: mapping?.ResolvedCounts ?? false,
    includeCloseNotes: mapping?.IncludeCloseNotes ?? true,
    synchronizationFollows: !mapping?.TicketSynchroIsNotAvailable,
  };
}

/** Brings a row up to date with its ticket's record and sends what changed; says whether anything was sent. */
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
  readonly explain: ExplainEnding;
  readonly isDue: OnceADay;
  readonly clock: Clock;
  readonly log: Log;
}): FollowTicket {
  return async (partition, stored, record, context) => {
    const settled = await deps.settle(partition, stored);
    const outcome = outcomeOf(record, { ...context, table: settled.row.TicketTable, isAdopted: settled.row.Adopted });
    const root = context.instance.settings.root;
    const decide = (of: Outcome) => decideFollow(settled.row, record, of, { ...context, root, now: deps.clock.now() });
    let decision = decide(outcome);
    if (decision.kind === 'changed') {
      const more = await deps.explain(settled.row, record, outcome, context);
      if (more !== '') decision = decide({ ...outcome, text: `${outcome.text}${more}` });
    }
    if (decision.kind === 'doubled' && deps.isDue(`${keyOf(stored.row)} ${record.sys_id}`)) {
      deps.log.error('ticket.doubled', {
        ticketKey: keyOf(stored.row),
        followed: stored.row.Number,
        other: record.number,
      });
    }
    if (decision.kind !== 'changed' && decision.kind !== 'seen') return false;
    const etag = await deps.ledger.write(partition, { ticket: { row: decision.row, previous: settled } });
    if (decision.kind === 'seen') return false;
    await deps.settle(partition, { ...settled, row: decision.row, etag });
    return true;
  };
}
