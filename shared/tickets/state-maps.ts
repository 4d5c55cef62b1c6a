import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ProvisioningState } from '../provisioning/result.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';

/** What a state of a ticket says about its order: `verified` is done, with no synchronization to wait for. */
export type OutcomeKind = 'open' | 'done' | 'verified' | 'failed';

/** One line of a state map; the first whose conditions all hold counts. States are compared by value, never by label. */
export interface StateRule {
  /** Absent: every state. */
  readonly state?: string | undefined;
  readonly approval?: string | undefined;
  /** In lower case. */
  readonly closeCodes?: ReadonlySet<string> | undefined;
  /** The state of what it was closed with: of the parent incident, or of an item's request (`request_state`). */
  readonly parentState?: string | undefined;
  /** Whether it was closed together with its parent incident, or with its request. */
  readonly closedThroughParent?: boolean | undefined;
  /** What became of the ticket, for a message; absent: the label of its state. */
  readonly label?: string | undefined;
  readonly outcome: OutcomeKind;
}

/** What the states of the tickets of one table mean. */
export interface StateMap {
  readonly rules: readonly StateRule[];
  /** Those that count as well where the mapping says `ResolvedCounts`. */
  readonly resolvedRules: readonly StateRule[];
  /** Names of states in the base system, by value, for messages. */
  readonly labels: Readonly<Record<string, string>>;
  /** States in which a ticket is closed with its parent, and those of a parent that close it. */
  readonly closing: { readonly own: ReadonlySet<string>; readonly parent: ReadonlySet<string> };
  /** The fields that tell of the parent. */
  readonly parentFields: { readonly number: string; readonly state: string };
}

/** Close codes, in lower case, that say the work was not done. */
const NOT_DONE = new Set([
  'duplicate',
  'user error',
  'not solved (not reproducible)',
  'not solved (too costly)',
  'not solved',
  'cancelled',
  'canceled',
  'closed/cancelled',
  'closed/canceled',
  'rejected',
]);

/** Close codes of the base system, in lower case, that are no word against it, those of older releases too. */
const DONE = new Set([
  'known error',
  'resolved by caller',
  'resolved by change',
  'resolved by problem',
  'solution provided',
  'workaround provided',
  'solved (permanently)',
  'solved (work around)',
  'solved remotely (permanently)',
  'solved remotely (work around)',
  'closed/resolved by caller',
]);

/** Incident (ServiceNow base system): New 1, In Progress 2, On Hold 3, Resolved 6, Closed 7, Canceled 8. */
const INCIDENT_STATES: StateMap = {
  rules: [
    { state: '8', outcome: 'failed' },
    { state: '7', closeCodes: NOT_DONE, outcome: 'failed' },
    { state: '7', outcome: 'done' },
  ],
  resolvedRules: [
    { state: '6', closeCodes: NOT_DONE, outcome: 'failed' },
    { state: '6', outcome: 'done' },
  ],
  labels: { '1': 'New', '2': 'In Progress', '3': 'On Hold', '6': 'Resolved', '7': 'Closed', '8': 'Canceled' },
  closing: { own: new Set(['6', '7', '8']), parent: new Set(['6', '7', '8']) },
  parentFields: { number: 'parent_incident.number', state: 'parent_incident.state' },
};

/**
 * Requested item: Pending -5, Open 1, Work in Progress 2, Closed Complete 3, Closed Incomplete 4, Closed Skipped 7. Its tasks roll
 * up to it in the instance. What a cancelled or rejected request leaves undone stays so.
 */
const REQUESTED_ITEM_STATES: StateMap = {
  rules: [
    { approval: 'rejected', label: 'Rejected', outcome: 'failed' },
    { state: '3', outcome: 'done' },
    { state: '4', outcome: 'failed' },
    { state: '7', outcome: 'failed' },
    { parentState: 'closed_rejected', label: 'Rejected', outcome: 'failed' },
    { parentState: 'closed_cancelled', label: 'Cancelled', outcome: 'failed' },
  ],
  resolvedRules: [],
  labels: {
    '-5': 'Pending',
    '1': 'Open',
    '2': 'Work in Progress',
    '3': 'Closed Complete',
    '4': 'Closed Incomplete',
    '7': 'Closed Skipped',
  },
  closing: {
    own: new Set(['3', '4', '7']),
    parent: new Set(['closed_complete', 'closed_incomplete', 'closed_cancelled', 'closed_rejected', 'closed_skipped']),
  },
  parentFields: { number: 'request.number', state: 'request.request_state' },
};

const OUTCOMES: Readonly<Record<ProvisioningState, OutcomeKind>> = {
  Transmitted: 'open',
  Executed: 'done',
  Verified: 'verified',
  Errored: 'failed',
};

/** The state map of a table of tickets. */
export function stateMapOf(table: string): StateMap {
  return table === REQUESTED_ITEM ? REQUESTED_ITEM_STATES : INCIDENT_STATES;
}

/** The rules that count, in their order: those of a mapping first. Pure. */
export function rulesOf(
  map: StateMap,
  { own, resolvedCounts }: { readonly own: readonly StateRule[]; readonly resolvedCounts: boolean },
): readonly StateRule[] {
  return [...own, ...map.rules, ...(resolvedCounts ? map.resolvedRules : [])];
}

/** The rules that a mapping's `StateMap` adds. Pure. */
export function ownRules(mapping: Pick<ResourceTypeMapping, 'StateMap'> | undefined): readonly StateRule[] {
  return (mapping?.StateMap ?? []).map((rule) => ({
    state: rule.State,
    approval: rule.Approval,
    closeCodes: rule.CloseCode && new Set(rule.CloseCode.map((code) => code.trim().toLowerCase())),
    closedThroughParent: rule.ClosedThroughParent,
    outcome: OUTCOMES[rule.ProvisioningState],
  }));
}

/** Whether a close code says something that is known: by the base system's codes, or by a rule. Pure. */
export function isKnownCloseCode(closeCode: string, own: readonly StateRule[]): boolean {
  const code = closeCode.trim().toLowerCase();
  return code === '' || DONE.has(code) || NOT_DONE.has(code) || own.some(({ closeCodes }) => closeCodes?.has(code));
}
