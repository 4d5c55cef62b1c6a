import { failureOf, messageOf } from '../../shared/errors.ts';
import type { Envelope } from '../../shared/provisioning/envelope.ts';
import type { Mappings } from '../../shared/provisioning/mappings.ts';
import { CHANGE_TYPES, identifyOrder, isChangeType, readOrder } from '../../shared/provisioning/order.ts';
import { orderKey, ticketKey } from '../../shared/provisioning/order-key.ts';
import type { Instance } from '../../shared/servicenow/client.ts';
import type { ServiceNow } from '../../shared/servicenow/servicenow.ts';
import { ServiceNowError } from '../../shared/servicenow/servicenow-error.ts';
import type { ServiceNowRecord } from '../../shared/servicenow/table-api.ts';
import { summarizeOrder } from '../../shared/tickets/describe-order.ts';
import type { RequestDraft } from '../../shared/tickets/draft-request.ts';
import { draftTexts } from '../../shared/tickets/draft-texts.ts';
import type { TicketDrafter } from '../../shared/tickets/draft-ticket.ts';
import { CATALOG_ITEM } from '../../shared/tickets/find-record.ts';
import type { TicketOrder } from '../../shared/tickets/ticket-order.ts';

/** The ticket that an order would become. */
export interface OrderPreview {
  readonly order: string;
  /** The fields of the ticket; without those that have to be looked up where the instance could not be asked. */
  readonly fields?: ServiceNowRecord;
  /** What a request consists of beside its requested item, whose fields `fields` are. */
  readonly request?: RequestPreview;
  readonly attachment?: string;
  /** What the ticket would lack. */
  readonly warnings?: readonly string[];
  /** Why there would be no ticket, or not yet. */
  readonly problem?: string;
  /** Why caller, group and references were not looked for. */
  readonly notAsked?: string;
}

/** The parts of a request. */
interface RequestPreview {
  /** The sys_id of the catalog item that would be ordered; absent for a request without the catalog. */
  readonly item?: string;
  /** The answers to the item's variables, the ticket key among them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The sys_id of a user; absent for the API user. */
  readonly requestedFor?: string;
  readonly fields: ServiceNowRecord;
  /** The fields of the task, where no flow makes one. */
  readonly task?: ServiceNowRecord;
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
      const { values, request, attachment } = await deps.drafter.draft(ticketOrder, instance, nothingKnown, key);
      const { CatalogCorrelationVariable: carrier } = ticketOrder.mapping;
      return {
        fields: values,
        ...(request && { request: partsOf(request, key, carrier) }),
        ...(attachment !== undefined && { attachment }),
        ...(request?.item !== undefined && (await checkItem(instance, request.item, request.variables, carrier))),
      };
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

function partsOf(
  { item, variables, requestedFor, values, taskValues }: RequestDraft,
  key: string,
  carrier: string | undefined,
): RequestPreview {
  return {
    ...(item !== undefined && { item, variables: { ...variables, ...(carrier !== undefined && { [carrier]: key }) } }),
    ...(requestedFor !== undefined && { requestedFor }),
    fields: values,
    ...(item === undefined && { task: taskValues }),
  };
}

/** What an order of the item would meet: it must be there, active and for the account, and have the variables. Reads only. */
async function checkItem(
  instance: Instance,
  item: string,
  variables: Readonly<Record<string, string>>,
  carrier: string | undefined,
): Promise<Pick<OrderPreview, 'problem' | 'warnings'>> {
  if (await isInactive(instance, item)) return { problem: `Catalog item ${item} is not active: its orders would wait` };
  const names = await instance.catalog.variables(item).catch((error: unknown) => {
    if (error instanceof ServiceNowError && error.status === 400) return undefined;
    throw error;
  });
  if (!names)
    return { problem: `Catalog item ${item} is not there, or not for the account to order: its orders would wait` };
  if (carrier !== undefined && !names.includes(carrier))
    return {
      problem: `Catalog item ${item} has no variable ${carrier} (CatalogCorrelationVariable): its orders would wait`,
    };
  const dropped = Object.keys(variables).filter((name) => !names.includes(name));
  return {
    warnings: [
      ...dropped.map((name) => `the catalog item has no variable ${name}: what CatalogVariables says there is dropped`),
      ...(carrier === undefined
        ? ['without CatalogCorrelationVariable, an order whose answer is lost is left to a person']
        : []),
    ],
  };
}

/** Who may order an item need not be able to read its record. */
async function isInactive(instance: Instance, item: string): Promise<boolean> {
  try {
    const { records } = await instance.tables.list(CATALOG_ITEM.table, {
      where: [['sys_id', '=', item]],
      fields: ['sys_id', 'active'],
      limit: 1,
    });
    return records[0]?.sys_id === item && records[0].active === 'false';
  } catch (error) {
    if (error instanceof ServiceNowError && error.execution === 'ended') return false;
    throw error;
  }
}
