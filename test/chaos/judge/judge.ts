import type { ProvisioningResult } from '../../../shared/provisioning/result.ts';
import type { ChaosPlan, InvalidOrder, ValidOrder } from '../plan/plan.ts';
import { prefixOf, ticketPrefix } from '../plan/ticket-prefix.ts';
import type { Evidence, TicketEvidence } from './evidence.ts';
import { expectedState } from './expected-state.ts';
import { findLeaks } from './find-leaks.ts';
import { judgeResets } from './judge-resets.ts';

/** What a run proved, in numbers, and each fault in words. */
export interface Verdict {
  readonly valid: number;
  readonly invalid: number;
  readonly tickets: number;
  readonly resets: number;
  /**
   * Orders without a ticket, or without a result that somebody waits for; invalid ones that are not in poison; resets without a result,
   * or whose user has another password than the vault.
   */
  readonly lost: number;
  /** Tickets that nobody asked for, and resets that were told twice and otherwise. */
  readonly doubled: number;
  /** Orders and resets whose last result is not what became of them. */
  readonly wrongState: number;
  /** Different secrets that are where none may be. */
  readonly leakedSecrets: number;
  readonly failedLogins: number;
  readonly findings: readonly string[];
}

/** One fault. */
export type Finding = { readonly kind: 'lost' | 'doubled' | 'wrongState' | 'leaked'; readonly text: string };

/** Judges what a run left behind by what was planned. Pure. */
export function judge(
  { valid, invalid, resets }: Pick<ChaosPlan, 'valid' | 'invalid' | 'resets'>,
  evidence: Evidence,
): Verdict {
  const records = groupBy(evidence.tickets, ({ record }) => prefixOf(record.correlation_id ?? ''));
  const results = groupBy(evidence.results, ({ AssignmentId, ChangeType }) =>
    ticketPrefix({ assignmentId: AssignmentId, changeType: ChangeType }),
  );
  const asked = new Set(valid.map(ticketPrefix));
  const leaks = findLeaks(evidence);
  const findings: Finding[] = [
    ...valid.flatMap((order) =>
      judgeValid(order, records.get(ticketPrefix(order)) ?? [], results.get(ticketPrefix(order)) ?? []),
    ),
    ...invalid.flatMap((order) => judgeInvalid(order, evidence)),
    ...judgeResets(resets, evidence),
    ...evidence.tickets
      .filter(({ record }) => !asked.has(prefixOf(record.correlation_id ?? '')))
      .map(({ record }) => ({ kind: 'doubled', text: `${record.number} is for no valid order` }) as const),
    ...leaks.map(({ secret, place }) => ({ kind: 'leaked', text: `${secret} stands in ${place}` }) as const),
  ];
  const count = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  return {
    valid: valid.length,
    invalid: invalid.length,
    tickets: evidence.tickets.filter(({ record }) => !isPart(record)).length,
    resets: resets.length,
    lost: count('lost'),
    doubled: count('doubled'),
    wrongState: count('wrongState'),
    leakedSecrets: new Set(leaks.map(({ secret }) => secret)).size,
    failedLogins: evidence.failedLogins,
    findings: findings.map(({ kind, text }) => `${kind}: ${text}`),
  };
}

function judgeValid(
  order: ValidOrder,
  records: readonly TicketEvidence[],
  results: readonly ProvisioningResult[],
): Finding[] {
  const name = `${order.changeType} ${order.assignmentId}`;
  const [ticket, ...more] = records.filter(({ record }) => !isPart(record));
  if (!ticket) return [{ kind: 'lost', text: `${name} has no ticket${said(results)}` }];
  const doubled = more.map(
    ({ record }) => ({ kind: 'doubled', text: `${name} has ${ticket.record.number} and ${record.number}` }) as const,
  );
  const { connection, table, parts } = order.resourceType;
  if (ticket.connection !== connection || ticket.record.sys_class_name !== table)
    return [...doubled, { kind: 'lost', text: `${name} has no ticket where it belongs` }];
  return [
    ...doubled,
    ...parts.flatMap((part) => judgePart(`${name} (${ticket.record.number})`, part, records)),
    ...judgeResults(name, expectedState(order.resourceType, ticket.record), ticket, results),
  ];
}

/** What stands beside the ticket is there once. */
function judgePart(name: string, part: string, records: readonly TicketEvidence[]): Finding[] {
  const { length } = records.filter(({ record }) => record.sys_class_name === part);
  if (length === 1) return [];
  return [{ kind: length === 0 ? 'lost' : 'doubled', text: `${name} has ${length} records in ${part}` }];
}

/** Whether a record is no ticket, but stands beside one. */
function isPart({ sys_class_name: table }: Readonly<Record<string, string>>): boolean {
  return table === 'sc_request' || table === 'sc_task';
}

/** Every change of state was told, in a row, and the last one tells what the ticket says now. */
function judgeResults(
  name: string,
  expected: string,
  { record }: TicketEvidence,
  results: readonly ProvisioningResult[],
): Finding[] {
  const states = new Map<string, string>();
  for (const { ResultId, ProvisioningState } of results) {
    if ((states.get(ResultId) ?? ProvisioningState) !== ProvisioningState)
      return [{ kind: 'wrongState', text: `${name} was told two states as ${ResultId}` }];
    states.set(ResultId, ProvisioningState);
  }
  const own = results.filter(({ Ticket }) => Ticket?.SysId === record.sys_id);
  const last = own.toSorted((one, other) => one.Generation - other.Generation || one.Sequence - other.Sequence).at(-1);
  if (!last) return [{ kind: 'lost', text: `${name} has ${record.number} and no result${said(results)}` }];
  const sequences = new Set(
    results.filter(({ Generation }) => Generation === last.Generation).map(({ Sequence }) => Sequence),
  );
  const missing = Array.from({ length: last.Sequence }, (_, index) => index + 1).filter((one) => !sequences.has(one));
  if (missing.length > 0)
    return [
      { kind: 'lost', text: `${name} (${record.number}) lacks result ${missing.join(', ')} of ${last.Sequence}` },
    ];
  const newest = newestOf(results);
  if (newest?.ProvisioningState === expected) return [];
  return [
    {
      kind: 'wrongState',
      text: `${name} (${record.number}, state ${record.state}) should be ${expected}${said(results)}`,
    },
  ];
}

function judgeInvalid({ mark, what, assignmentId }: InvalidOrder, { poison, results }: Evidence): Finding[] {
  const name = `${mark} (${what})`;
  // Its number is followed by something else than more digits.
  const isIn = (text: string) => text.split(mark).some((part, index) => index > 0 && !/^\d/.test(part));
  const kept = poison.find(({ text }) => isIn(text));
  if (!kept) return [{ kind: 'lost', text: `${name} is not in poison` }];
  if (!kept.reason) return [{ kind: 'lost', text: `${name} is in poison without a reason` }];
  if (assignmentId === undefined) return [];
  const told = results.filter(({ AssignmentId }) => AssignmentId === assignmentId);
  if (told.length === 0) return [{ kind: 'lost', text: `${name} has no result` }];
  return newestOf(told)?.ProvisioningState === 'Errored'
    ? []
    : [{ kind: 'wrongState', text: `${name} should be Errored${said(told)}` }];
}

function newestOf(results: readonly ProvisioningResult[]): ProvisioningResult | undefined {
  return results
    .toSorted((one, other) =>
      one.OrderedAt === other.OrderedAt
        ? one.Generation - other.Generation || one.Sequence - other.Sequence
        : one.OrderedAt < other.OrderedAt
          ? -1
          : 1,
    )
    .at(-1);
}

function said(results: readonly ProvisioningResult[]): string {
  const states = results.map(
    ({ ResultId, ProvisioningState, Message }) => `${ResultId} ${ProvisioningState}: ${Message}`,
  );
  return states.length === 0 ? ', and nothing was said of it' : `; said was:\n  ${[...new Set(states)].join('\n  ')}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}
