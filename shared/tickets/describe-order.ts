import { isSecretName, neutralLine, neutralText } from '../neutral-text.ts';
import type { ProvisioningOrder } from '../provisioning/order.ts';

/** The two texts of a ticket. */
export interface TicketText {
  readonly title: string;
  readonly description: string;
}

/** A ticket for another order of the same assignment: still open, or for a newer order. */
export interface OtherTicket {
  readonly number: string;
  readonly url: string;
  readonly changeType: string;
  /** Whether its order is newer than the one this ticket is for. */
  readonly newer: boolean;
}

/** What a description tells beside the order itself. */
export interface DescriptionContext {
  readonly ticketKey: string;
  /** Who the ticket's caller is: the order's owner, the mapping's fallback caller, or nobody. */
  readonly caller: 'owner' | 'fallback' | 'none';
  readonly additionalInformation: string | undefined;
  readonly resolvedCounts: boolean;
  readonly otherTickets: readonly OtherTicket[];
}

/** Beyond these the text would have no room for the order itself. */
const MOST_OTHER_TICKETS = 5;
const LONGEST_TITLE = 160;
const LONGEST_VALUE = 1_000;
/** The field `description` of a task holds 4,000 characters. */
const LONGEST_DESCRIPTION = 4_000;

const ASK = {
  Added: { verb: 'Create', ask: 'Please create the following by hand' },
  Modified: { verb: 'Change', ask: 'Please change the following by hand' },
  Deleted: { verb: 'Remove', ask: 'Please remove the following by hand' },
} as const;

/** Title and description that a service-desk person can act on, in plain text. Pure. */
export function describeOrder(
  order: ProvisioningOrder,
  changeType: keyof typeof ASK,
  context: DescriptionContext,
): TicketText {
  const { verb, ask } = ASK[changeType];
  const system = order.ResourceType.TargetEntityType?.Identifier ?? order.ResourceType.Identifier;
  const person = personOf(order);
  const otherTickets = context.otherTickets.toSorted((a, b) => Number(b.newer) - Number(a.newer));
  const before = [
    ...otherTickets.slice(0, MOST_OTHER_TICKETS).map(describeOther),
    `${ask}: ${neutralLine(order.ResourceType.Identifier, 200)} (${neutralLine(system, 200)}) for ${person}.`,
    ...describePerson(order, context.caller),
  ];
  const after = [
    ...(context.additionalInformation ? [neutralText(context.additionalInformation, 1_000)] : []),
    closingText(context.resolvedCounts),
    `Reference: ${context.ticketKey}${order.WorkflowInstanceId ? `, workflow ${neutralLine(order.WorkflowInstanceId, 40)}` : ''}`,
  ];
  const frame = [...before, ...after].join('\n\n').length + 2;
  const details = cutLines(describeChanges(order, changeType), LONGEST_DESCRIPTION - frame - 10);
  return {
    title: neutralLine(`${verb} ${order.ResourceType.Identifier} for ${person}`, LONGEST_TITLE),
    description: [...before, ...(details ? [details] : []), ...after].join('\n\n').slice(0, LONGEST_DESCRIPTION),
  };
}

/** One line about an order for operators: no attribute values in it. */
export function summarizeOrder(order: ProvisioningOrder): string {
  return neutralLine(
    `${order.ChangeType} ${order.ResourceType.Identifier} (assignment ${order.AssignedResourceTypeId})`,
    200,
  );
}

function personOf({ Owner }: ProvisioningOrder): string {
  return neutralLine(Owner?.InternalDisplayName ?? Owner?.Id ?? 'nobody named', 200);
}

function describePerson({ Owner }: ProvisioningOrder, caller: DescriptionContext['caller']): string[] {
  const known = ['Identifier', 'EmployeeId', 'Email'].flatMap((name) => {
    const value = Owner?.[name];
    return typeof value === 'string' && value !== '' ? [`${name} ${neutralLine(value, 200)}`] : [];
  });
  const lines = known.length > 0 ? [`The person: ${known.join(', ')}`] : [];
  if (caller !== 'owner') {
    const instead = caller === 'none' ? 'the ticket has no caller' : 'somebody else is the caller of the ticket';
    lines.push(`This person was not found among the users of ServiceNow, so ${instead}.`);
  }
  return lines;
}

function describeOther({ number, url, changeType, newer }: OtherTicket): string {
  return newer
    ? `NOTE: ${number} is for a newer order of the same assignment (${changeType}) and should have the last word: ${url}`
    : `NOTE: ${number} for an older order of the same assignment (${changeType}) is still open; this order is newer, so settle that ticket first: ${url}`;
}

function describeChanges({ Changes, Resource }: ProvisioningOrder, changeType: keyof typeof ASK): string[] {
  if (changeType === 'Deleted') {
    return attributes(Resource).map(([name, value]) => `- ${name}: ${shown(name, value)}`);
  }
  const lines = attributes(Changes).map(([name, value]) => {
    const added = /^(.+)_(add|remove)$/.exec(name);
    if (added && Array.isArray(value)) {
      return `- ${added[1]}: ${added[2]} ${value.map((link) => shown(name, link)).join(', ')}`;
    }
    const old = changeType === 'Modified' && Resource && Object.hasOwn(Resource, name) ? Resource[name] : undefined;
    return old === undefined
      ? `- ${name}: ${shown(name, value)}`
      : `- ${name}: ${shown(name, old)} → ${shown(name, value)}`;
  });
  const identifier = changeType === 'Modified' && Changes?.identifier === undefined ? Resource?.identifier : undefined;
  return identifier === undefined ? lines : [`Resource: ${shown('identifier', identifier)}`, ...lines];
}

function attributes(values: Readonly<Record<string, unknown>> | null | undefined): [string, unknown][] {
  return Object.entries(values ?? {})
    .filter(([name]) => name !== 'Id')
    .map(([name, value]) => [neutralLine(name, 200), value]);
}

function shown(name: string, value: unknown): string {
  if (isSecretName(name)) return '(not shown: agree on it with the person, never in this ticket)';
  if (value === null || value === undefined || value === '') return '(empty)';
  if (typeof value === 'object') {
    if (Array.isArray(value)) return value.map((item) => shown(name, item)).join(', ');
    const members = Object.entries(value);
    const label = ['DisplayName', 'Label', 'Identifier', 'Id']
      .map((key) => members.find(([member]) => member === key)?.[1])
      .find((text) => typeof text === 'string');
    return typeof label === 'string'
      ? neutralLine(label, LONGEST_VALUE)
      : members
          .map(([member, of]) => `${neutralLine(member, 100)} ${shown(member, of)}`)
          .join(', ')
          .slice(0, LONGEST_VALUE);
  }
  return neutralText(String(value), LONGEST_VALUE).replaceAll('\n', '\n    ');
}

function closingText(resolvedCounts: boolean): string {
  return [
    `When it is done, ${resolvedCounts ? 'resolve or close' : 'close'} this ticket: Identity Manager then counts it as done.`,
    'If it can not or shall not be done, cancel the ticket, or close it with a close code that says so (duplicate, user error, not solved), and say why in the close notes: Identity Manager then counts it as failed.',
    'Write no password into this ticket.',
  ].join('\n');
}

/** Whole lines as far as they fit, and a line that says how many were left out. */
function cutLines(lines: readonly string[], longest: number): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 60 > longest)
      return [...kept, `- … and ${lines.length - kept.length} more: see Identity Manager`].join('\n');
    kept.push(line);
    length += line.length + 1;
  }
  return kept.join('\n');
}
