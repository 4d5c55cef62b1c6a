import { closedState, isClosed } from './closed-state.ts';
import type { Rule, Write } from './rule.ts';

const stateByRequestState: ReadonlyMap<string, string> = new Map([
  ['closed_complete', closedState.complete],
  ['closed_incomplete', closedState.incomplete],
  ['closed_cancelled', closedState.incomplete],
  ['closed_rejected', closedState.incomplete],
  ['closed_skipped', closedState.skipped],
]);

const requestStateByState: ReadonlyMap<string, string> = new Map([
  [closedState.complete, 'closed_complete'],
  [closedState.incomplete, 'closed_incomplete'],
  [closedState.skipped, 'closed_skipped'],
]);

const requestStateByApproval: ReadonlyMap<string, string> = new Map([
  ['requested', 'requested'],
  ['approved', 'in_process'],
  ['rejected', 'closed_rejected'],
]);

/**
 * Keeps the four names of one thing together: `request_state`, which wins when several are written, `approval`, `state` and
 * `stage`. A request that is submitted without anybody to approve it is in process at once.
 */
export const scRequestRules: Rule = (write) => {
  const { next } = write;
  const requestState = requestStateOf(write);
  const state = stateByRequestState.get(requestState) ?? (isClosed(next) ? '1' : (next.state ?? ''));
  return {
    request_state: requestState,
    state,
    approval: approvalOf(requestState, next.approval ?? ''),
    stage: requestState === 'in_process' ? 'request_approved' : requestState,
  };
};

function requestStateOf({ previous, next, given }: Write): string {
  const written = (name: string) =>
    given.has(name) && next[name] !== previous?.[name] ? (next[name] ?? '') : undefined;
  const before = previous?.request_state ?? 'in_process';
  const state = written('request_state');
  if (state !== undefined) return state === 'submitted' ? 'in_process' : state;
  const byApproval = requestStateByApproval.get(written('approval') ?? '');
  if (byApproval !== undefined) return byApproval;
  const plain = written('state');
  if (plain === undefined) return before;
  return requestStateByState.get(plain) ?? (isClosed(previous) ? 'in_process' : before);
}

function approvalOf(requestState: string, approval: string): string {
  switch (requestState) {
    case 'requested':
      return 'requested';
    case 'in_process':
      return 'approved';
    case 'closed_rejected':
      return 'rejected';
    default:
      return approval;
  }
}
