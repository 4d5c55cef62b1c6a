import { neutralLine, neutralText } from '../neutral-text.ts';
import type { ChangeType, ProvisioningOrder } from '../provisioning/order.ts';
import { changesOf, mayBeShown, type OrderChanges } from './order-changes.ts';
import { closingText, type OutcomeOptions } from './outcome.ts';
import { shownValue } from './shown-value.ts';
import type { TicketKindName } from './ticket-reference.ts';

/** The texts of a ticket. */
export interface TicketText {
  readonly title: string;
  readonly description: string;
  /** The details, where the caller is not to see them. */
  readonly workNotes?: string;
  /** All details, where the ticket's own text has no room for them. */
  readonly attachment?: string;
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
  readonly kind: TicketKindName;
  readonly resolvedCounts: boolean;
  readonly ownRules: OutcomeOptions['ownRules'];
  readonly otherTickets: readonly OtherTicket[];
  /** Attributes that may be shown although they don't change. */
  readonly allowed: readonly string[];
  readonly detailsIn: 'description' | 'work_notes';
  /** A link to the person in Identity Manager; empty for none. */
  readonly profileLink: string;
  /** Other orders of the same workflow for the same owner, each on one line. */
  readonly together: readonly string[];
  /** What the mapping's templates made; `undefined` for the built-in texts. */
  readonly custom: { readonly title: string | undefined; readonly description: string | undefined };
}

/** Beyond these the text would have no room for the order itself. */
const MOST_OTHER_TICKETS = 5;
const MOST_TOGETHER = 5;
const LONGEST_TITLE = 160;
/** The fields `description` and `work_notes` of a task hold 4,000 characters. */
export const LONGEST_DESCRIPTION = 4_000;
/** What stands around the details may take this much before it is shortened. */
const LONGEST_FRAME = 2_000;
const LONGEST_ATTACHED_VALUE = 100_000;
const LONGEST_ATTACHMENT = 1_000_000;

const ASK = {
  Added: { verb: 'Create', ask: 'Please create the following by hand' },
  Modified: { verb: 'Change', ask: 'Please change the following by hand' },
  Deleted: { verb: 'Remove', ask: 'Please remove the following by hand' },
} as const;

/** Title, description and what goes with them, that a service-desk person can act on, in plain text. Pure. */
export function describeOrder(
  order: ProvisioningOrder,
  changeType: ChangeType,
  context: DescriptionContext,
): TicketText {
  const { verb, ask } = ASK[changeType];
  const system = order.ResourceType.TargetEntityType?.Identifier ?? order.ResourceType.Identifier;
  const person = personOf(order);
  const inNotes = context.detailsIn === 'work_notes';
  const who = describePerson(order, context);
  const before = [
    ...context.otherTickets
      .toSorted((a, b) => Number(b.newer) - Number(a.newer))
      .slice(0, MOST_OTHER_TICKETS)
      .map(describeOther),
    ...(context.custom.description === undefined
      ? [`${ask}: ${neutralLine(order.ResourceType.Identifier, 200)} (${neutralLine(system, 200)}) for ${person}.`]
      : []),
    ...(inNotes ? ['The details are in the work notes.'] : who),
  ];
  const closing = closingText(context.kind, context);
  const information = context.additionalInformation ? [neutralText(context.additionalInformation, 1_000)] : [];
  const fixed = [...before, ...information, closing, context.profileLink].join('\n\n').length;
  const after = [
    ...information,
    ...(context.profileLink ? [`In Identity Manager: ${context.profileLink}`] : []),
    // Nice to know; the order itself and what closing means go first.
    ...(fixed < LONGEST_FRAME ? describeTogether(context.together) : []),
    closing,
    `Reference: ${context.ticketKey}${order.WorkflowInstanceId ? `, workflow ${neutralLine(order.WorkflowInstanceId, 40)}` : ''}`,
  ];
  const lines = linesOf(changesOf(order, changeType, context.allowed));
  const own = context.custom.description;
  const roomBeside = (texts: readonly string[]) => LONGEST_DESCRIPTION - texts.join('\n\n').length - 12;
  const fitted = (texts: readonly string[]) =>
    own === undefined
      ? cutLines(lines, roomBeside(texts), inNotes ? 'Identity Manager' : 'the attachment')
      : cutText(own, roomBeside(texts));
  const details = inNotes ? fitted(who) : fitted([...before, ...after]);
  const text = (parts: readonly string[]) =>
    parts
      .filter((part) => part !== '')
      .join('\n\n')
      .slice(0, LONGEST_DESCRIPTION)
      .toWellFormed();
  // Whoever sees the ticket sees what is attached to it: never what is kept from the caller, nor what a template left out.
  const attachment = inNotes
    ? undefined
    : own === undefined
      ? allLines(order, changeType, context, lines, details.isCut)
      : details.isCut
        ? own
        : undefined;
  return {
    title: neutralLine(context.custom.title ?? `${verb} ${order.ResourceType.Identifier} for ${person}`, LONGEST_TITLE),
    description: text([...before, ...(inNotes ? [] : [details.text]), ...after]),
    ...(inNotes && { workNotes: text([...who, details.text]) }),
    ...(attachment !== undefined && { attachment: `${attachment.slice(0, LONGEST_ATTACHMENT).toWellFormed()}\n` }),
  };
}

/** One line about an order for operators: no attribute values in it. */
export function summarizeOrder(
  order: Pick<ProvisioningOrder, 'ChangeType' | 'AssignedResourceTypeId'> & {
    readonly ResourceType: { readonly Identifier: string };
  },
): string {
  return neutralLine(
    `${order.ChangeType} ${order.ResourceType.Identifier} (assignment ${order.AssignedResourceTypeId})`,
    200,
  );
}

function personOf({ Owner }: ProvisioningOrder): string {
  return neutralLine(Owner?.InternalDisplayName ?? Owner?.Id ?? 'nobody named', 200);
}

function describePerson(
  { Owner }: ProvisioningOrder,
  { allowed, caller, kind }: Pick<DescriptionContext, 'allowed' | 'caller' | 'kind'>,
): string[] {
  const named = Object.entries(Owner ?? {}).flatMap(([name, value]) => {
    const isShown = name !== 'InternalDisplayName' && mayBeShown(name, allowed);
    return isShown && typeof value === 'string' && value !== ''
      ? [`${neutralLine(name, 100)} ${neutralLine(shownValue(name, value, 200), 200)}`]
      : [];
  });
  const lines = named.length > 0 ? [neutralLine(`The person: ${named.join(', ')}`, 1_000)] : [];
  if (caller !== 'owner') {
    const [nobody, another] =
      kind === 'incident'
        ? ['the ticket has no caller', 'somebody else is the caller of the ticket']
        : ["it is requested for the connector's own account", 'it is requested for somebody else'];
    lines.push(`This person was not found among the users of ServiceNow, so ${caller === 'none' ? nobody : another}.`);
  }
  return lines;
}

function describeOther({ number, url, changeType, newer }: OtherTicket): string {
  return newer
    ? `NOTE: ${number} is for a newer order of the same assignment (${changeType}) and should have the last word: ${url}`
    : `NOTE: ${number} for an older order of the same assignment (${changeType}) is still open; this order is newer, so settle that ticket first: ${url}`;
}

function describeTogether(together: readonly string[]): string[] {
  if (together.length === 0) return [];
  const more = together.length > MOST_TOGETHER ? [`- … and ${together.length - MOST_TOGETHER} more`] : [];
  const lines = together.slice(0, MOST_TOGETHER).map((line) => `- ${neutralLine(line, 200)}`);
  return [
    ['Ordered in the same workflow for the same person, each with a ticket of its own:', ...lines, ...more].join('\n'),
  ];
}

function linesOf({ resource, values, addedLinks, removedLinks }: OrderChanges): string[] {
  return [
    ...resource.map(({ name, value }) => `Resource ${name}: ${value}`),
    ...values.map(({ name, value, old }) => `- ${name}: ${old === undefined ? '' : `${old} → `}${value}`),
    ...addedLinks.map(({ name, links }) => `- ${name}: add ${links.join(', ')}`),
    ...removedLinks.map(({ name, links }) => `- ${name}: remove ${links.join(', ')}`),
  ];
}

/** All details in full, where the ticket shows less. */
function allLines(
  order: ProvisioningOrder,
  changeType: ChangeType,
  { allowed }: DescriptionContext,
  lines: readonly string[],
  isCut: boolean,
): string | undefined {
  const full = linesOf(changesOf(order, changeType, allowed, LONGEST_ATTACHED_VALUE));
  const isShort = full.length === lines.length && full.every((line, index) => line === lines[index]);
  return isCut || !isShort ? full.join('\n') : undefined;
}

/** Whole lines as far as they fit, and a line that says how many were left out. */
function cutLines(
  lines: readonly string[],
  longest: number,
  where: string,
): { readonly text: string; readonly isCut: boolean } {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 60 > longest) {
      const left = lines.length - kept.length;
      return { text: [...kept, `- … and ${left} more: see ${where}`].join('\n'), isCut: true };
    }
    kept.push(line);
    length += line.length + 1;
  }
  return { text: kept.join('\n'), isCut: false };
}

function cutText(text: string, longest: number): { readonly text: string; readonly isCut: boolean } {
  return { text: neutralText(text, Math.max(longest, 0)), isCut: text.length > longest };
}
