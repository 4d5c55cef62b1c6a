import { isSecretName, neutralLine } from '../neutral-text.ts';
import type { ChangeType, ProvisioningOrder } from '../provisioning/order.ts';
import { mayBeShown, type OrderChanges } from './order-changes.ts';
import { LONGEST_SHOWN, shownValue } from './shown-value.ts';

/** What templates see: plain data, every text neutral. */
export type TemplateView = Readonly<Record<string, unknown>>;

/**
 * The variables of Identity Manager's ticket templates (integration guide, "Write a Template for a Ticket Connector") over
 * one order. Dictionaries are walked as there: `{{#Entity.GetEnumerator}}{{Key}}: {{Value}}{{/Entity.GetEnumerator}}`. Of
 * owner and resource only what may be shown is there. Pure.
 */
export function templateView(
  order: ProvisioningOrder,
  changeType: ChangeType,
  changes: OrderChanges,
  more: { readonly allowed: readonly string[]; readonly profileLink: string; readonly ticketKey: string },
): TemplateView {
  const { Owner, Resource, Changes, ResourceType, WorkflowInstanceId } = order;
  const entities = (links: OrderChanges['addedLinks']) =>
    links.map(({ name, links: values }) => ({ Name: name, Values: values }));
  return {
    Username: neutralLine(Owner?.InternalDisplayName ?? Owner?.Id ?? '', 200),
    ResourceType: neutralLine(ResourceType.Identifier, 200),
    UsercubeProfileLink: more.profileLink,
    AddedLinkedEntities: entities(changes.addedLinks),
    RemovedLinkedEntities: entities(changes.removedLinks),
    DisplayAdd: changes.addedLinks.length > 0,
    DisplayRemove: changes.removedLinks.length > 0,
    Entity: dictionary(shownOf(Changes, (name) => changes.values.some((one) => one.name === neutralLine(name, 200)))),
    TicketKey: more.ticketKey,
    ProvisioningOrder: {
      ChangeType: changeType,
      IsAdded: changeType === 'Added',
      IsUpdated: changeType === 'Modified',
      IsDeleted: changeType === 'Deleted',
      WorkflowInstanceId: neutralLine(WorkflowInstanceId ?? '', 200),
      AssignedResourceTypeId: neutralLine(order.AssignedResourceTypeId, 200),
      Changes: dictionary(shownOf(Changes, () => true)),
      Resource: dictionary(shownOf(Resource, (name) => mayBeShown(name, more.allowed))),
      Owner: dictionary(shownOf(Owner, (name) => name === 'Id' || mayBeShown(name, more.allowed))),
    },
  };
}

/** Values by name, and as the list that .NET's dictionaries give. */
function dictionary(values: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const GetEnumerator = Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
  return Object.fromEntries([
    ...Object.entries(values),
    ['GetEnumerator', GetEnumerator],
    ['Count', GetEnumerator.length],
  ]);
}

function shownOf(
  values: Readonly<Record<string, unknown>> | null | undefined,
  isWanted: (name: string) => boolean,
): Record<string, string> {
  const wanted = Object.entries(values ?? {}).filter(([name]) => isWanted(name));
  return Object.fromEntries(
    wanted.map(([name, value]) => [
      neutralLine(name, 200),
      isEmpty(value) && !isSecretName(name) ? '' : shownValue(name, value, LONGEST_SHOWN),
    ]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}
