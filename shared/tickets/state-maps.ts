import { REQUESTED_ITEM } from './requested-item-fields.ts';

/** One line of a state map; the first that matches counts. States are compared by value, never by label. */
export interface StateRule {
  /** Absent: every state. */
  readonly state?: string;
  readonly approval?: string;
  readonly closeCodes?: ReadonlySet<string>;
  readonly label: string;
  readonly outcome: 'done' | 'failed';
}

/** What the states of the tickets of one table mean. */
export interface StateMap {
  readonly rules: readonly StateRule[];
  /** Those that count as well where the mapping says `ResolvedCounts`. */
  readonly resolvedRules: readonly StateRule[];
  /** Whether a state counts only once the record is no longer active. */
  readonly onlyInactive: boolean;
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

/** Incident (ServiceNow base system): New 1, In Progress 2, On Hold 3, Resolved 6, Closed 7, Canceled 8. */
const INCIDENT_STATES: StateMap = {
  rules: [
    { state: '8', label: 'Canceled', outcome: 'failed' },
    { state: '7', label: 'Closed', closeCodes: NOT_DONE, outcome: 'failed' },
    { state: '7', label: 'Closed', outcome: 'done' },
  ],
  resolvedRules: [
    { state: '6', label: 'Resolved', closeCodes: NOT_DONE, outcome: 'failed' },
    { state: '6', label: 'Resolved', outcome: 'done' },
  ],
  onlyInactive: false,
};

/** Requested item: Pending -5, Open 1, Work in Progress 2, Closed Complete 3, Closed Incomplete 4, Closed Skipped 7. */
const REQUESTED_ITEM_STATES: StateMap = {
  rules: [
    { approval: 'rejected', label: 'Rejected', outcome: 'failed' },
    { state: '3', label: 'Closed Complete', outcome: 'done' },
    { state: '4', label: 'Closed Incomplete', outcome: 'failed' },
    { state: '7', label: 'Closed Skipped', outcome: 'failed' },
  ],
  resolvedRules: [],
  onlyInactive: true,
};

/** The state map of a table of tickets. */
export function stateMapOf(table: string): StateMap {
  return table === REQUESTED_ITEM ? REQUESTED_ITEM_STATES : INCIDENT_STATES;
}
