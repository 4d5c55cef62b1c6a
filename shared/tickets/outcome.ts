import { neutralLine } from '../neutral-text.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';

/** What the state of a ticket says about its order. */
export type Outcome = { readonly kind: 'open' | 'done' | 'failed'; readonly text: string };

/** One line of the state map; the first that matches counts. States are compared by value, never by label. */
interface StateRule {
  readonly state: string;
  readonly label: string;
  readonly closeCodes?: ReadonlySet<string>;
  readonly outcome: Outcome['kind'];
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

/** States of an incident (ServiceNow base system): New 1, In Progress 2, On Hold 3, Resolved 6, Closed 7, Canceled 8. */
const INCIDENT_STATES: readonly StateRule[] = [
  { state: '8', label: 'Canceled', outcome: 'failed' },
  { state: '7', label: 'Closed', closeCodes: NOT_DONE, outcome: 'failed' },
  { state: '7', label: 'Closed', outcome: 'done' },
];

const RESOLVED_STATES: readonly StateRule[] = [
  { state: '6', label: 'Resolved', closeCodes: NOT_DONE, outcome: 'failed' },
  { state: '6', label: 'Resolved', outcome: 'done' },
];

const LONGEST_NOTES = 500;

/** Tells from an incident's record what became of its order. Pure and total. */
export function outcomeOf(incident: ServiceNowRecord, options: { readonly resolvedCounts: boolean }): Outcome {
  const { state = '', close_code: closeCode = '', number = '' } = incident;
  const rules = options.resolvedCounts ? [...INCIDENT_STATES, ...RESOLVED_STATES] : INCIDENT_STATES;
  const rule = rules.find(
    (candidate) => candidate.state === state && (candidate.closeCodes?.has(closeCode.trim().toLowerCase()) ?? true),
  );
  const ending = endingText(incident);
  if (!rule) {
    if (incident.active !== 'false' || state === '6') return { kind: 'open', text: `${number} is open` };
    return {
      kind: 'failed',
      text: `${number} is no longer active, in state ${state} that the state map does not know${ending}`,
    };
  }
  const by = incident[state === '6' ? 'resolved_by.user_name' : 'closed_by.user_name'] ?? '';
  if (rule.outcome === 'done' && by !== '' && by === incident.sys_created_by) {
    return {
      kind: 'failed',
      text: `${number} was ${rule.label.toLowerCase()} by the connector's own account, which is nobody's word that the work was done${ending}`,
    };
  }
  return { kind: rule.outcome, text: `${number} ${rule.label}${ending}` };
}

/** What closing a ticket means, for the person who works it, drawn from the states that count. Pure. */
export function closingText(options: { readonly resolvedCounts: boolean }): string {
  const rules = options.resolvedCounts ? [...INCIDENT_STATES, ...RESOLVED_STATES] : INCIDENT_STATES;
  const labels = (outcome: Outcome['kind']) => [
    ...new Set(rules.filter((rule) => rule.outcome === outcome && !rule.closeCodes).map(({ label }) => label)),
  ];
  const codes = rules.some(({ closeCodes }) => closeCodes)
    ? ', or a close code that says so (duplicate, user error, not solved)'
    : '';
  return [
    `When it is done, set this ticket to ${labels('done').toSorted().join(' or ')}: Identity Manager then counts it as done.`,
    `If it can not or shall not be done, set it to ${labels('failed').join(' or ')}${codes}, and say why in the close notes: Identity Manager then counts it as failed.`,
    'Write no password into this ticket, its notes included.',
  ].join('\n');
}

function endingText({ close_code: code = '', close_notes: notes = '', ...incident }: ServiceNowRecord): string {
  const by = incident['closed_by.name'] || incident['resolved_by.name'] || '';
  return [
    by && ` by ${neutralLine(by, 100)}`,
    code && ` (${neutralLine(code, 100)})`,
    notes && `: ${neutralLine(notes, LONGEST_NOTES)}`,
  ].join('');
}
