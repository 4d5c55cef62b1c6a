import * as z from 'zod/mini';
import { type Parsed, parse, textOf } from '../parse.ts';
import { DEEPEST_ORDER, isNestedOver, unboundNesting } from './nesting.ts';

/** Identity Manager writes ids as strings, negative ones too; a number is taken for its text. */
const id = z.pipe(
  z.union([textOf(1, 400), z.number()], { error: 'expected an id: a text of 1 to 400 characters, or a number' }),
  z.transform((value) => String(value).toWellFormed()),
);

const entity = z.looseObject({ Id: z.optional(id), Identifier: z.optional(z.string()) });

const dictionary = z.record(z.string(), z.unknown());

const schema = z.looseObject({
  AssignedResourceTypeId: id,
  ChangeType: textOf(0, 100),
  WorkflowInstanceId: z.nullish(id),
  Owner: z.nullish(z.looseObject({ Id: z.nullish(id), InternalDisplayName: z.nullish(z.string()) })),
  ResourceType: z.looseObject({
    Id: z.optional(id),
    Identifier: textOf(1, 400),
    SourceEntityType: z.nullish(entity),
    TargetEntityType: z.nullish(entity),
  }),
  Changes: z.nullish(dictionary),
  Resource: z.nullish(dictionary),
});

/**
 * One provisioning order in the form Identity Manager documents for its script connectors (docs.netwrix.com, "Write a
 * PowerShell Script for Provisioning"): what shall become of one assignment's resource. Unknown members are kept.
 */
export type ProvisioningOrder = z.infer<typeof schema>;

/** The change types an order may ask for. */
export const CHANGE_TYPES = ['Added', 'Modified', 'Deleted'] as const;

/** One of the three things an order may ask for. */
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** Whether a change type is one that can become a ticket; `None` and unknown ones can't. */
export function isChangeType(text: string): text is ChangeType {
  return CHANGE_TYPES.some((known) => known === text);
}

/** Reads one order; every fault is one sentence. One nested too deeply comes as text, see `boundNesting`. */
export function readOrder(data: unknown): Parsed<ProvisioningOrder> {
  if (isNestedOver(DEEPEST_ORDER, unboundNesting(data))) {
    return { ok: false, faults: [`value: expected at most ${DEEPEST_ORDER} levels of nesting, got more`] };
  }
  return parse(schema, data);
}

/** What a result needs to know of an order, as far as even an unreadable order tells it. */
export interface OrderIdentity {
  readonly assignmentId: string | undefined;
  readonly changeType: string;
  readonly ownerId: string;
  readonly ownerType: string;
  readonly resourceType: string;
  readonly workflowInstanceId: string;
}

const glimpse = z.catch(
  z.looseObject({
    AssignedResourceTypeId: z.catch(z.optional(id), undefined),
    ChangeType: z.catch(z.string(), ''),
    WorkflowInstanceId: z.catch(id, ''),
    Owner: z.catch(z.looseObject({ Id: z.catch(id, '') }), { Id: '' }),
    ResourceType: z.catch(
      z.looseObject({
        Identifier: z.catch(z.string(), ''),
        SourceEntityType: z.catch(z.looseObject({ Id: z.catch(id, '') }), { Id: '' }),
      }),
      { Identifier: '', SourceEntityType: { Id: '' } },
    ),
  }),
  {
    AssignedResourceTypeId: undefined,
    ChangeType: '',
    WorkflowInstanceId: '',
    Owner: { Id: '' },
    ResourceType: { Identifier: '', SourceEntityType: { Id: '' } },
  },
);

/** Tells of any data which assignment, owner and resource type it speaks of; what it does not say is empty. */
export function identifyOrder(data: unknown): OrderIdentity {
  const order = glimpse.parse(unboundNesting(data));
  return {
    assignmentId: order.AssignedResourceTypeId,
    changeType: recordable(order.ChangeType),
    ownerId: recordable(order.Owner.Id),
    ownerType: recordable(order.ResourceType.SourceEntityType.Id),
    resourceType: recordable(order.ResourceType.Identifier),
    workflowInstanceId: recordable(order.WorkflowInstanceId),
  };
}

/** As a ledger row can hold it, whatever somebody wrote there. */
function recordable(text: string): string {
  return text.slice(0, 400).toWellFormed();
}
