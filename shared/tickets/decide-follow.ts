import type { ProvisioningState } from '../provisioning/result.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketRow } from './ledger-row.ts';
import { makeResult } from './make-result.ts';
import type { Outcome } from './outcome.ts';
import { seenTicket } from './seen-ticket.ts';

/**
 * What a ticket's record means for its row.
 *
 * - `nothing`: no change, or an older reading than one already acted on.
 * - `seen`: the row to write; people see in it what the ticket is at, and nothing is sent.
 * - `changed`: the row to write, with the result pending in it.
 * - `doubled`: the record is another ticket with the same key; reported, never followed.
 */
export type FollowDecision =
  | { readonly kind: 'nothing' | 'doubled' }
  | { readonly kind: 'seen' | 'changed'; readonly row: TicketRow };

/** Decides what to do with the present record of a ticket. Pure; rows in `creating` are somebody else's. */
export function decideFollow(
  row: TicketRow,
  record: ServiceNowRecord,
  outcome: Outcome,
  context: { readonly synchronizationFollows: boolean; readonly root: string; readonly now: Date },
): FollowDecision {
  if (row.State === 'creating') return { kind: 'nothing' };
  const seen = seenTicket(context.root, row.TicketTable, record, context.now);
  if (row.SysId !== undefined && row.SysId !== seen.SysId) return { kind: 'doubled' };
  if (row.SeenModCount !== undefined && seen.SeenModCount < row.SeenModCount) return { kind: 'nothing' };
  const newState = stateOf(outcome, context.synchronizationFollows);
  // An order that was given up stays so for as long as nobody ends its ticket.
  const isStill = row.ExpiredAt !== undefined && outcome.kind === 'open';
  if (isStill || (row.State !== 'rejected' && row.ProvisioningState === newState)) {
    const isAtTheSame = row.TicketState === seen.TicketState && row.TicketApproval === seen.TicketApproval;
    return isAtTheSame ? { kind: 'nothing' } : { kind: 'seen', row: { ...row, ...seen } };
  }
  const changed: TicketRow = {
    ...row,
    State: outcome.kind === 'open' ? 'open' : 'closed',
    ProvisioningState: newState,
    Sequence: row.Sequence + 1,
    ...seen,
    ExpiredAt: undefined,
  };
  const result = makeResult(changed, { state: newState, message: outcome.text, at: context.now });
  return { kind: 'changed', row: { ...changed, Pending: JSON.stringify(result) } };
}

function stateOf({ kind }: Outcome, synchronizationFollows: boolean): ProvisioningState {
  if (kind === 'open') return 'Transmitted';
  if (kind === 'failed') return 'Errored';
  return kind === 'done' && synchronizationFollows ? 'Executed' : 'Verified';
}
