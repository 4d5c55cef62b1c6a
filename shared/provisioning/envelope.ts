import * as z from 'zod/mini';
import { canonicalJson, sha256Hex } from '../canonical-json.ts';
import { parse, textOf } from '../parse.ts';
import { boundNesting } from './nesting.ts';

const schema = z.looseObject({
  v: z.int().check(z.minimum(1)),
  Order: z.optional(z.unknown()),
  OrdersBlob: z.optional(textOf(1, 100_000)),
  DeliveryId: textOf(1, 10_000),
  OrderedAt: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{6}$/)),
  Attempt: z._default(z.int().check(z.minimum(0)), 0),
  WaitedSeconds: z._default(z.number().check(z.minimum(0)), 0),
  NotBefore: z.optional(z.string()),
  PutBack: z.optional(z.boolean()),
  Unsure: z.optional(z.boolean()),
  Replay: z.optional(z.int()),
  TraceParent: z.optional(z.string()),
  Reason: z.optional(z.string()),
  Together: z.optional(z.array(z.string())),
});

/**
 * What every order travels in once it was seen: split, deferred and poisoned orders alike.
 *
 * - `Order` or `OrdersBlob`: the content, or its path in container `provisioning-orders`.
 * - `DeliveryId`: tells a repeat from a new order; set at first sight, never changed.
 * - `OrderedAt`: a text that sorts: UTC with milliseconds, `#`, six-digit index in its list.
 * - `Attempt`, `WaitedSeconds`: transient failures so far and the seconds waited because of them.
 * - `Together`: the other orders of its list for the same workflow and owner, a line each.
 * - `NotBefore`: when a deferred order shows again (UTC); for people, the queue's own delay decides.
 */
export type Envelope = z.infer<typeof schema>;

/** What the platform says of a queue message. A JSON body's members may have replaced any of it. */
export interface MessageMetadata {
  readonly id: unknown;
  readonly insertionTime: unknown;
  readonly traceParent: string | undefined;
}

/** An envelope of ours as it is; `undefined` for anything else. */
export function readEnvelope(body: unknown): Envelope | undefined {
  if (!isRecord(body)) return undefined;
  const ours = parse(
    schema,
    mapMembers(body, (name, member) => (name === 'Order' ? boundContent(member) : boundNesting(member))),
  );
  return ours.ok && (ours.value.OrdersBlob !== undefined || 'Order' in ours.value) ? ours.value : undefined;
}

/**
 * Opens a queue message: an envelope of ours as it is, anything else wrapped into a new envelope.
 *
 * The `DeliveryId` of a raw message is a hash of body, message id and insertion time. Members of a JSON body overwrite
 * metadata of the same name in any case of letters (azure-functions-host, ApplyBindingData), so such metadata is left out.
 */
export function openMessage(body: unknown, metadata: MessageMetadata, now: Date): Envelope {
  const ours = readEnvelope(body);
  if (ours) return ours;
  const content = boundContent(body);
  const imitated = new Set(isRecord(body) ? Object.keys(body).map((name) => name.toLowerCase()) : []);
  const id = imitated.has('id') ? undefined : metadata.id;
  const insertedAt = imitated.has('insertiontime') ? undefined : toDate(metadata.insertionTime);
  return {
    ...wrapBody(content, sha256Hex(canonicalJson([content, id, insertedAt?.toISOString()]), 40), insertedAt ?? now),
    ...(metadata.traceParent === undefined ? {} : { TraceParent: metadata.traceParent }),
  };
}

/** A new envelope around a raw body, for a delivery that is named already. */
export function wrapBody(body: unknown, deliveryId: string, orderedOn: Date): Envelope {
  return {
    v: 1,
    ...contentOf(boundContent(body)),
    DeliveryId: deliveryId,
    OrderedAt: orderedAt(orderedOn.toISOString(), 0),
    Attempt: 0,
    WaitedSeconds: 0,
  };
}

/** When an order was given, as `OrderedAt` says it. */
export function orderedOn({ OrderedAt }: Pick<Envelope, 'OrderedAt'>): Date {
  return new Date(OrderedAt.split('#')[0] ?? '');
}

/** The orders in a content: the members of a `ProvisioningOrdersList`, or the content itself; none nested too deeply. */
export function ordersIn(content: unknown): { readonly list: boolean; readonly orders: readonly unknown[] } {
  const list = listIn(content);
  return { list: list !== undefined, orders: (list ?? [content]).map(boundNesting) };
}

function listIn(content: unknown): readonly unknown[] | undefined {
  return isRecord(content) && Array.isArray(content.ProvisioningOrdersList)
    ? content.ProvisioningOrdersList
    : undefined;
}

/** A content that can be written and compared, whatever its nesting: one order too deep keeps no neighbour from that. */
function boundContent(content: unknown): unknown {
  if (!isRecord(content) || !listIn(content)) return boundNesting(content);
  const { orders } = ordersIn(content);
  return mapMembers(content, (name, member) => (name === 'ProvisioningOrdersList' ? orders : boundNesting(member)));
}

function mapMembers(
  record: Readonly<Record<string, unknown>>,
  map: (name: string, member: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).map(([name, member]) => [name, map(name, member)]));
}

function contentOf(body: unknown): { Order: unknown } | { OrdersBlob: string } {
  if (isRecord(body) && typeof body.OrdersBlob === 'string' && !('AssignedResourceTypeId' in body))
    // An empty path would make an envelope that is not known again as one.
    return body.OrdersBlob === '' ? { Order: body } : { OrdersBlob: body.OrdersBlob };
  return { Order: body };
}

/** `OrderedAt` of the order at that place of its list. */
export function orderedAt(time: string, index: number): string {
  return `${time}#${String(index).padStart(6, '0')}`;
}

function toDate(text: unknown): Date | undefined {
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
