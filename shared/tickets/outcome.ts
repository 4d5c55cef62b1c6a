import { neutralLine } from '../neutral-text.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { INCIDENT } from './incident-fields.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { type StateMap, type StateRule, stateMapOf } from './state-maps.ts';
import type { TicketKindName } from './ticket-reference.ts';

/** What the state of a ticket says about its order. */
export type Outcome = { readonly kind: 'open' | 'done' | 'failed'; readonly text: string };

const LONGEST_NOTES = 500;

/** Which state map counts, and how much of it. */
export interface OutcomeOptions {
  readonly table: string;
  readonly resolvedCounts: boolean;
}

/** Tells from a ticket's record what became of its order. Pure and total. */
export function outcomeOf(record: ServiceNowRecord, options: OutcomeOptions): Outcome {
  const { state = '', close_code: closeCode = '', approval = '', number = '' } = record;
  const map = stateMapOf(options.table);
  const counts = (rule: StateRule) =>
    (rule.state === undefined || (rule.state === state && !(map.onlyInactive && record.active === 'true'))) &&
    (rule.approval === undefined || rule.approval === approval) &&
    (rule.closeCodes?.has(closeCode.trim().toLowerCase()) ?? true);
  const rule = rulesOf(map, options).find(counts);
  const ending = endingText(record);
  if (!rule) {
    const isResolved = map.resolvedRules.some((resolved) => resolved.state === state);
    if (record.active !== 'false' || isResolved) return { kind: 'open', text: `${number} is open` };
    return {
      kind: 'failed',
      text: `${number} is no longer active, in state ${state} that the state map does not know${ending}`,
    };
  }
  const isResolving = map.resolvedRules.includes(rule);
  const by = record[isResolving ? 'resolved_by.user_name' : 'closed_by.user_name'] ?? '';
  if (rule.outcome === 'done' && by !== '' && by === record.sys_created_by) {
    return {
      kind: 'failed',
      text: `${number} was ${isResolving ? 'resolved' : 'closed'} by the connector's own account (${neutralLine(by, 100)}), which is nobody's word that the work was done${ending}. Look at it and, where it was done, say so in Identity Manager; and give the connector an account of its own, with which no flow and no person closes tickets`,
    };
  }
  return { kind: rule.outcome, text: `${number} ${rule.label}${ending}` };
}

/** What closing a ticket means, for the person who works it, drawn from the states that count. Pure. */
export function closingText(kind: TicketKindName, { resolvedCounts }: Pick<OutcomeOptions, 'resolvedCounts'>): string {
  const table = kind === 'incident' ? INCIDENT : REQUESTED_ITEM;
  const rules = rulesOf(stateMapOf(table), { resolvedCounts });
  const labels = (outcome: Outcome['kind']) => [
    ...new Set(
      rules
        .filter((rule) => rule.outcome === outcome && rule.state !== undefined && !rule.closeCodes)
        .map(({ label }) => label),
    ),
  ];
  const codes = rules.some(({ closeCodes }) => closeCodes)
    ? ', or a close code that says so (duplicate, user error, not solved)'
    : '';
  return [
    `When it is done, set ${NAMES[kind]} to ${labels('done').toSorted().join(' or ')}: Identity Manager then counts it as done.`,
    `If it can not or shall not be done, set it to ${labels('failed').join(' or ')}${codes}, and say why in the close notes: Identity Manager then counts it as failed.`,
    'Write no password into this ticket, its notes included.',
  ].join('\n');
}

/** What a person closes: the flow of an ordered item closes it with its tasks; without a flow nobody does. */
const NAMES: Readonly<Record<TicketKindName, string>> = {
  incident: 'this ticket',
  catalogRequest: 'the requested item, or the tasks that close it,',
  bareRequest: 'the requested item, not its task alone,',
};

function rulesOf(map: StateMap, { resolvedCounts }: Pick<OutcomeOptions, 'resolvedCounts'>): readonly StateRule[] {
  return resolvedCounts ? [...map.rules, ...map.resolvedRules] : map.rules;
}

function endingText({ close_code: code = '', close_notes: notes = '', ...incident }: ServiceNowRecord): string {
  const by = incident['closed_by.name'] || incident['resolved_by.name'] || '';
  return [
    by && ` by ${neutralLine(by, 100)}`,
    code && ` (${neutralLine(code, 100)})`,
    notes && `: ${neutralLine(notes, LONGEST_NOTES)}`,
  ].join('');
}
