import { neutralLine } from '../neutral-text.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { INCIDENT } from './incident-fields.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { type OutcomeKind, rulesOf, type StateMap, type StateRule, stateMapOf } from './state-maps.ts';
import type { TicketKindName } from './ticket-reference.ts';

/** What the state of a ticket says about its order. `isRejection`: somebody refused the approval, and may have said why. */
export interface Outcome {
  readonly kind: OutcomeKind;
  readonly text: string;
  readonly isRejection?: boolean;
}

const LONGEST_NOTES = 500;

/** Which state map counts, how much of it, and what of it may be told. */
export interface OutcomeOptions {
  readonly table: string;
  /** The rules of the mapping, which come before those of the table. */
  readonly ownRules: readonly StateRule[];
  readonly resolvedCounts: boolean;
  readonly includeCloseNotes: boolean;
  /** Whether another connector opened the ticket: then who created it says nothing about who closes it. */
  readonly isAdopted?: boolean | undefined;
}

/** Tells from a ticket's record what became of its order. Pure and total. */
export function outcomeOf(record: ServiceNowRecord, options: OutcomeOptions): Outcome {
  const { state = '', number = '' } = record;
  const map = stateMapOf(options.table);
  const parent = closingParent(record, map);
  const rule = rulesOf(map, { own: options.ownRules, resolvedCounts: options.resolvedCounts }).find((one) =>
    holds(one, record, map, parent),
  );
  const label = rule?.label ?? map.labels[state] ?? `in state ${neutralLine(state, 40)}`;
  const ending = endingText(record, parent, options);
  if (!rule || rule.outcome === 'open') {
    const isEnded =
      record.active === 'false' && !rule && !map.resolvedRules.some((resolved) => resolved.state === state);
    if (!isEnded) return { kind: 'open', text: `${number} is open${state in map.labels ? ` (${label})` : ''}` };
    return {
      kind: 'failed',
      text: `${number} is no longer active, in state ${neutralLine(state, 40)} that the state map does not know${ending}`,
    };
  }
  const isResolving = map.resolvedRules.some((resolved) => resolved.state === state);
  const by = record[isResolving ? 'resolved_by.user_name' : 'closed_by.user_name'] ?? '';
  if (rule.outcome !== 'failed' && !options.isAdopted && by !== '' && by === record.sys_created_by) {
    return {
      kind: 'failed',
      text: `${number} was ${isResolving ? 'resolved' : 'closed'} by the connector's own account (${neutralLine(by, 100)}), which is nobody's word that the work was done${ending}. Look at it and, where it was done, say so in Identity Manager; and give the connector an account of its own, with which no flow and no person closes tickets`,
    };
  }
  const isRejection =
    rule.outcome === 'failed' && (record.approval === 'rejected' || rule.parentState === 'closed_rejected');
  return { kind: rule.outcome, text: `${number} ${label}${ending}`, ...(isRejection && { isRejection }) };
}

/** What closing a ticket means, for the person who works it, drawn from the states that count. Pure. */
export function closingText(
  kind: TicketKindName,
  options: Pick<OutcomeOptions, 'ownRules' | 'resolvedCounts'>,
): string {
  const map = stateMapOf(kind === 'incident' ? INCIDENT : REQUESTED_ITEM);
  const rules = rulesOf(map, { own: options.ownRules, resolvedCounts: options.resolvedCounts });
  const labels = (isMeant: (outcome: OutcomeKind) => boolean) => [
    ...new Set(
      Object.keys(map.labels).flatMap((state) => (isMeant(plainOutcome(rules, state)) ? [map.labels[state]] : [])),
    ),
  ];
  const codes = rules.some(({ closeCodes, outcome }) => closeCodes && outcome === 'failed')
    ? ', or a close code that says so (duplicate, user error, not solved)'
    : '';
  const done = labels((outcome) => outcome === 'done' || outcome === 'verified');
  return [
    `When it is done, set ${NAMES[kind]} to ${done.toSorted().join(' or ')}: Identity Manager then counts it as done.`,
    `If it can not or shall not be done, set it to ${labels((outcome) => outcome === 'failed').join(' or ')}${codes}, and say why in the close notes: Identity Manager then counts it as failed.`,
    'Write no password into this ticket, its notes included.',
  ].join('\n');
}

/** What a person closes: the flow of an ordered item closes it with its tasks; without a flow nobody does. */
const NAMES: Readonly<Record<TicketKindName, string>> = {
  incident: 'this ticket',
  catalogRequest: 'the requested item, or the tasks that close it,',
  bareRequest: 'the requested item, not its task alone,',
};

/** What a state means by itself, whatever else the record says. */
function plainOutcome(rules: readonly StateRule[], state: string): OutcomeKind {
  const rule = rules.find(
    (one) =>
      one.state === state && !one.closeCodes && one.approval === undefined && one.closedThroughParent === undefined,
  );
  return rule?.outcome ?? 'open';
}

function holds(rule: StateRule, record: ServiceNowRecord, map: StateMap, parent: string | undefined): boolean {
  const { state = '', close_code: closeCode = '', approval = '' } = record;
  return (
    (rule.state === undefined || rule.state === state) &&
    (rule.approval === undefined || rule.approval === approval) &&
    (rule.closeCodes?.has(closeCode.trim().toLowerCase()) ?? true) &&
    (rule.parentState === undefined || rule.parentState === record[map.parentFields.state]) &&
    (rule.closedThroughParent === undefined || rule.closedThroughParent === (parent !== undefined))
  );
}

/** The number of the parent that a ticket was closed with. */
function closingParent(record: ServiceNowRecord, { closing, parentFields }: StateMap): string | undefined {
  const { state = '', [parentFields.number]: number = '', [parentFields.state]: parentState = '' } = record;
  return number !== '' && closing.own.has(state) && closing.parent.has(parentState) ? number : undefined;
}

function endingText(
  record: ServiceNowRecord,
  parent: string | undefined,
  { table, includeCloseNotes }: OutcomeOptions,
): string {
  const { close_code: code = '', close_notes: notes = '' } = record;
  const by = record['closed_by.name'] || record['resolved_by.name'] || '';
  return [
    by && ` by ${neutralLine(by, 100)}`,
    // A request is closed after its items as a rule: that says nothing.
    table === INCIDENT && parent && ` together with ${neutralLine(parent, 40)}`,
    code && ` (${neutralLine(code, 100)})`,
    includeCloseNotes && notes && `: ${neutralLine(notes, LONGEST_NOTES)}`,
  ]
    .filter((part) => typeof part === 'string')
    .join('');
}
