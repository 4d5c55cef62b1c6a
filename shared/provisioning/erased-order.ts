import * as z from 'zod/mini';
import { parse } from '../parse.ts';
import { ordersIn } from './envelope.ts';
import { unboundNesting } from './nesting.ts';
import { identifyOrder } from './order.ts';

const schema = z.strictObject({
  AssignedResourceTypeId: z.optional(z.string()),
  ChangeType: z.string(),
  ResourceType: z.strictObject({ Identifier: z.string() }),
  Erased: z.literal(true),
});

/** What is left of an order whose person's data was erased: which order it was, and nothing about whom. No ticket can be made of it. */
type ErasedOrder = z.infer<typeof schema>;

/** Whether this is all that is left of an order; nothing that Identity Manager writes is. */
export function isErased(data: unknown): boolean {
  return parse(schema, data).ok;
}

/** A content, an order or a list of them, in which the orders that are meant have lost their person's data. Pure. */
export function eraseOrders(content: unknown, isMeant: (order: unknown) => boolean): unknown {
  const { list, orders } = ordersIn(content);
  const erased = orders.map((order) => (isMeant(order) ? eraseOrder(order) : unboundNesting(order)));
  return list && typeof content === 'object' ? { ...content, ProvisioningOrdersList: erased } : erased[0];
}

function eraseOrder(order: unknown): ErasedOrder {
  const { assignmentId, changeType, resourceType } = identifyOrder(order);
  return {
    ...(assignmentId !== undefined && { AssignedResourceTypeId: assignmentId }),
    ChangeType: changeType,
    ResourceType: { Identifier: resourceType },
    Erased: true,
  };
}
