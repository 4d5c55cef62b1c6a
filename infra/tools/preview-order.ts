import { failureOf, messageOf } from '../../shared/errors.ts';
import type { Envelope } from '../../shared/provisioning/envelope.ts';
import type { Mappings } from '../../shared/provisioning/mappings.ts';
import { CHANGE_TYPES, identifyOrder, isChangeType, readOrder } from '../../shared/provisioning/order.ts';
import { orderKey, ticketKey } from '../../shared/provisioning/order-key.ts';
import type { ServiceNow } from '../../shared/servicenow/servicenow.ts';
import type { ServiceNowRecord } from '../../shared/servicenow/table-api.ts';
import { summarizeOrder } from '../../shared/tickets/describe-order.ts';
import { draftTexts } from '../../shared/tickets/draft-texts.ts';
import type { TicketDrafter } from '../../shared/tickets/draft-ticket.ts';
import type { TicketOrder } from '../../shared/tickets/ticket-order.ts';

/** The ticket that an order would become. */
export interface OrderPreview {
  readonly order: string;
  /** The fields of the ticket; without those that have to be looked up where the instance could not be asked. */
  readonly fields?: ServiceNowRecord;
  readonly attachment?: string;
  /** Why there would be no ticket, or not yet. */
  readonly problem?: string;
  /** Why caller, group and references were not looked for. */
  readonly notAsked?: string;
}

/**
 * Previews one order as if it came now and were the first of its assignment. Never throws for what is wrong with it. Signs in
 * to ServiceNow as the app does, so a refused login is counted and stopped as there.
 */
export async function previewOrder(
  envelope: Envelope,
  deps: {
    readonly installationId: string;
    readonly mappings: Mappings;
    readonly serviceNow: ServiceNow;
    readonly drafter: TicketDrafter;
    readonly now: Date;
  },
): Promise<OrderPreview> {
  const parsed = readOrder(envelope.Order);
  if (!parsed.ok) return { order: 'not readable', problem: `No provisioning order: ${parsed.faults.join('; ')}` };
  const order = parsed.value;
  const summary = summarizeOrder(order);
  if (!isChangeType(order.ChangeType)) {
    return { order: summary, problem: `Expected ChangeType ${CHANGE_TYPES.join(', ')}: it would be refused` };
  }
  try {
    const mapping = await deps.mappings.find(order.ResourceType.Identifier);
    const key = orderKey({
      installationId: deps.installationId,
      connection: mapping.Connection,
      resourceType: order.ResourceType.Identifier,
      assignmentId: order.AssignedResourceTypeId,
      changeType: order.ChangeType,
      workflowInstanceId: order.WorkflowInstanceId ?? undefined,
      changes: order.Changes ?? {},
    });
    const ticketOrder: TicketOrder = {
      envelope,
      identity: identifyOrder(envelope.Order),
      order,
      changeType: order.ChangeType,
      orderKey: key,
      mapping,
      place: { partition: mapping.Connection, assignmentId: order.AssignedResourceTypeId, summary },
      claimId: '',
    };
    return { order: summary, ...(await preview(ticketOrder)) };
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
    return { order: summary, problem: messageOf(error) };
  }

  async function preview(ticketOrder: TicketOrder): Promise<Omit<OrderPreview, 'order'>> {
    const key = ticketKey(ticketOrder.orderKey, 1);
    const nothingKnown = { tickets: [], deliveries: [], assignment: undefined, readAt: deps.now };
    try {
      const instance = await deps.serviceNow.open(ticketOrder.mapping.Connection);
      const { values, attachment } = await deps.drafter.draft(ticketOrder, instance, nothingKnown, key);
      return { fields: values, ...(attachment !== undefined && { attachment }) };
    } catch (error) {
      const failure = failureOf(error);
      // A fault of the program is not one of the order.
      if (failure === undefined) throw error;
      const { text } = await draftTexts(ticketOrder, 'owner', [], key);
      return {
        fields: {
          short_description: text.title,
          description: text.description,
          ...(text.workNotes && { work_notes: text.workNotes }),
        },
        ...(text.attachment !== undefined && { attachment: text.attachment }),
        // What only has to pass does not speak against the order.
        ...(failure.class === 'transient' ? { notAsked: messageOf(error) } : { problem: messageOf(error) }),
      };
    }
  }
}

/** The preview for people: texts as they read in ServiceNow, the other fields below them. */
export function formatPreview({ order, fields, attachment, problem, notAsked }: OrderPreview): string {
  const { short_description: title, description, work_notes: notes, ...others } = fields ?? {};
  const block = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`${name}:\n${text.replace(/^/gm, '    ')}`];
  return [
    `== ${order}`,
    ...(problem === undefined ? [] : [`NO TICKET: ${problem}`]),
    ...(notAsked === undefined ? [] : [`Not asked ServiceNow for caller, group and references: ${notAsked}`]),
    ...block('Short description', title),
    ...block('Description', description),
    ...block('Work notes', notes),
    ...(Object.keys(others).length > 0
      ? [
          `Fields:\n${Object.entries(others)
            .map(([name, value]) => `    ${name} = ${value}`)
            .join('\n')}`,
        ]
      : []),
    ...block('Attachment order-details.txt', attachment),
  ].join('\n\n');
}
