import { canonicalJson, sha256Hex } from '../canonical-json.ts';
import { neutralLine } from '../neutral-text.ts';
import { type Envelope, orderedAt } from './envelope.ts';
import { identifyOrder } from './order.ts';

/**
 * One envelope per order of a list, each with an identity of its own that is the same at every splitting of the same
 * message; equal orders share the first one's, for they are repeats.
 */
export function* splitList(parent: Envelope, orders: readonly unknown[]): Generator<Envelope> {
  const together = makeTogether();
  for (const order of orders) together.add(order);
  const wrap = makeWrap(parent, together);
  for (const [index, order] of orders.entries()) yield wrap(order, index);
}

/** The same of a list that is not held as a whole: `orders` begins anew each time, and is gone through twice. */
export async function* splitLongList(parent: Envelope, orders: () => AsyncIterable<unknown>): AsyncGenerator<Envelope> {
  const together = makeTogether();
  for await (const order of orders()) together.add(order);
  const wrap = makeWrap(parent, together);
  let index = 0;
  for await (const order of orders()) {
    yield wrap(order, index);
    index += 1;
  }
}

/** Wraps one order after the other, from the first one on. */
function makeWrap(parent: Envelope, together: Together): (order: unknown, index: number) => Envelope {
  const { Order: _order, OrdersBlob: _blob, NotBefore: _notBefore, ...common } = parent;
  const firstAt = new Map<string, number>();
  const givenOn = parent.OrderedAt.split('#')[0] ?? '';
  return (order, index) => {
    const content = shortHash(canonicalJson(order));
    const first = firstAt.get(content) ?? index;
    if (first === index) firstAt.set(content, first);
    const others = together.others(order);
    return {
      ...common,
      Order: order,
      DeliveryId: `${parent.DeliveryId}.${first}`,
      OrderedAt: orderedAt(givenOn, index),
      Attempt: 0,
      WaitedSeconds: 0,
      ...(others.length > 0 && { Together: others }),
    };
  };
}

/** Which orders of a list are for the same workflow and the same owner. */
interface Together {
  add(order: unknown): void;
  /** The others, a line each. */
  others(order: unknown): string[];
}

/** Beyond these a ticket only says how many more there are. */
const MOST_TOGETHER = 20;

function makeTogether(): Together {
  // A line of each order; equal orders are repeats of one. Most orders of a long list are alone.
  const groups = new Map<string, string | string[]>();
  return {
    add(order) {
      const { group, line } = glimpse(order);
      if (group === undefined) return;
      const lines = [groups.get(group) ?? []].flat();
      if (lines.includes(line) || lines.length > MOST_TOGETHER) return;
      groups.set(group, lines.length === 0 ? line : [...lines, line]);
    },
    others(order) {
      const { group = '', line } = glimpse(order);
      return [groups.get(group) ?? []]
        .flat()
        .filter((other) => other !== line)
        .slice(0, MOST_TOGETHER);
    },
  };
}

function glimpse(order: unknown): { readonly group: string | undefined; readonly line: string } {
  const { assignmentId = '', changeType, ownerId, resourceType, workflowInstanceId } = identifyOrder(order);
  return {
    group: workflowInstanceId === '' || ownerId === '' ? undefined : shortHash(`${workflowInstanceId}\n${ownerId}`),
    line: neutralLine(`${changeType} ${resourceType} (assignment ${assignmentId})`, 200),
  };
}

/** 128 bits: of a million orders no two different ones are taken for equal. */
function shortHash(text: string): string {
  return sha256Hex(text, 32);
}
