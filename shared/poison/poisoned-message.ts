import { neutralLine } from '../neutral-text.ts';
import { type Envelope, ordersIn, readEnvelope, wrapBody } from '../provisioning/envelope.ts';
import { readMessageText } from '../provisioning/message-text.ts';
import { identifyOrder } from '../provisioning/order.ts';
import type { StoredMessage } from '../storage/queue-reader.ts';

/** What lies in poison: an order that was given up, or something that the platform gave up. */
export interface PoisonedMessage {
  /** The queue's own name for the message. */
  readonly id: string;
  readonly envelope: Envelope;
  readonly poisonedAt: Date;
  /** When it is gone unless somebody acts; `undefined` for never. Only what the platform puts there has an end. */
  readonly expiresAt: Date | undefined;
}

/**
 * Opens a message of the poison queue; total. A raw body has lost its own message id, so it is named by the poison
 * message's, and whether it is a repeat can't be told: `Unsure`.
 */
export function openPoisoned({ id, text, insertedAt, expiresAt }: StoredMessage): PoisonedMessage {
  const body = readMessageText(text);
  const envelope = readEnvelope(body) ?? { ...wrapBody(body, id, insertedAt), Unsure: true };
  return { id, envelope, poisonedAt: insertedAt, expiresAt };
}

/** One line about what an envelope carries; no attribute values in it. */
export function summarizeContent({ Order, OrdersBlob }: Envelope): string {
  if (OrdersBlob !== undefined) return `orders in blob ${neutralLine(OrdersBlob, 200)}`;
  const { orders, list } = ordersIn(Order);
  return list && orders.length !== 1 ? `a list of ${orders.length} orders` : summarizeAny(orders[0]);
}

/** One line about one order, even of one that can't be read. */
export function summarizeAny(order: unknown): string {
  const { assignmentId, changeType, resourceType } = identifyOrder(order);
  if (assignmentId === undefined && changeType === '' && resourceType === '') return 'not an order';
  return neutralLine(
    `${changeType || 'no change type'} ${resourceType || 'no resource type'} (assignment ${assignmentId ?? 'unknown'})`,
    200,
  );
}
