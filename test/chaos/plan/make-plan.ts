import { diceFor, from, oneOf, weighted } from './dice.ts';
import { type DrawnInvalid, type DrawnOrder, drawInvalid, drawOrder } from './draw-order.ts';
import { drawResets } from './draw-resets.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';
import type { ChaosPlan, Delivery, InvalidOrder, ValidOrder } from './plan.ts';
import { planFaults } from './plan-faults.ts';

/** A delivery, and how many others may come before it. */
interface Placed {
  readonly delivery: Delivery;
  readonly later: number;
}

interface Draw {
  readonly weight: number;
  draw(): void;
}

/** The first order of a run in an envelope was ordered at this time, each other one a second later. */
const ORDERED_SINCE = Date.parse('2026-11-02T08:00:00.000Z');
const MOST_IN_LIST = 6;

/** Draws a whole run. Pure: the same for the same seed, number of orders and kinds of fault. */
export function makePlan(options: {
  readonly seed: number;
  readonly orders: number;
  readonly faults?: readonly FaultKind[];
}): ChaosPlan {
  const { seed, orders, faults = FAULT_KINDS } = options;
  const dice = diceFor(seed, 1);
  const repeats = faults.includes('duplicate');
  const valid: ValidOrder[] = [];
  const invalid: InvalidOrder[] = [];
  const placed: Placed[] = [];
  let number = 0;
  const left = () => orders - valid.length - invalid.length;
  const next = (given: Parameters<typeof drawOrder>[2] = {}): DrawnOrder => {
    const drawn = drawOrder(dice, ++number, given);
    valid.push(drawn.order);
    return drawn;
  };
  const nextInvalid = (): DrawnInvalid => {
    const drawn = drawInvalid(dice, ++number);
    invalid.push(drawn.order);
    return drawn;
  };
  const place = (delivery: Delivery, later = 0) => void placed.push({ delivery, later });

  const draws: readonly [Draw, ...Draw[]] = [
    { weight: 20, draw: () => place(message(next().content)) },
    { weight: repeats ? 6 : 0, draw: () => placeTwice(message(next({ desk: [] }).content)) },
    { weight: 8, draw: () => place(inEnvelope(next().content, number)) },
    { weight: repeats ? 8 : 0, draw: () => placeTwice(inEnvelope(next().content, number)) },
    { weight: 12, draw: () => placeAll(drawList(), (list) => list) },
    { weight: 6, draw: () => placeAll(drawList(), (list) => byBlob(list, number)) },
    { weight: 8, draw: drawSequence },
    { weight: 7, draw: () => placeInvalid(nextInvalid()) },
  ];
  // At least one order is there that can't be anything.
  if (orders >= 10) placeInvalid(nextInvalid());
  if (orders >= 10 && repeats) placeTwice(inEnvelope(next().content, number));
  while (left() > 0) weighted(dice, draws).draw();

  const deliveries = placed
    .map(({ delivery, later }, index) => ({ delivery, position: index + later }))
    .toSorted((one, other) => one.position - other.position)
    .map(({ delivery }) => delivery);
  const resets = drawResets(seed, orders, repeats);
  return { seed, valid, invalid, deliveries, faults: planFaults(seed, orders, faults), resets };

  /** The same delivery again, at once or after some others: by then its ticket may be closed. */
  function placeTwice(delivery: Delivery): void {
    place(delivery);
    place({ ...delivery, orders: 0, told: 0, repeats: 1 }, oneOf(dice, [0, 0, 3, 15]));
  }

  function placeAll(list: Delivery | undefined, how: (list: Delivery) => Delivery): void {
    if (list) place(how(list));
  }

  /** A list, unless nothing that was drawn can stand in one. */
  function drawList(): Delivery | undefined {
    const count = Math.min(left(), from(dice, 2, MOST_IN_LIST));
    const members: unknown[] = [];
    let [told, again] = [0, 0];
    for (let index = 0; index < count; index += 1) {
      // What is no order by its text alone can't stand in a list.
      if (dice.next() < 0.08) {
        const drawn = nextInvalid();
        if (drawn.text !== undefined || drawn.blob || isListOrReference(drawn.content)) placeInvalid(drawn);
        else {
          members.push(drawn.content);
          told += toldOf(drawn.order);
        }
        continue;
      }
      const { content } = next();
      members.push(content);
      told += 1;
      if (repeats && dice.next() < 0.15) {
        members.push(structuredClone(content));
        again += 1;
      }
    }
    if (members.length === 0) return undefined;
    return { ...message({ ProvisioningOrdersList: members }), orders: members.length - again, told, repeats: again };
  }

  /** Several orders of one assignment: in one list, or apart and not always in the order they were given in. */
  function drawSequence(): void {
    const changeTypes = oneOf(dice, [
      ['Added', 'Modified'],
      ['Added', 'Deleted'],
      ['Added', 'Modified', 'Deleted'],
      ['Modified', 'Deleted'],
    ]).slice(0, left());
    const [firstType, ...otherTypes] = changeTypes;
    if (firstType === undefined) return;
    const first = next({ changeType: firstType });
    const { assignmentId, resourceType } = first.order;
    const others = otherTypes.map((changeType) => next({ changeType, assignmentId, resourceType }));
    const contents = [first, ...others].map(({ content }) => content);
    if (dice.next() < 0.5) {
      place({ ...message({ ProvisioningOrdersList: contents }), orders: contents.length, told: contents.length });
      return;
    }
    const envelopes = contents.map((content, index) => inEnvelope(content, number + index / 10));
    for (const envelope of dice.next() < 0.4 ? envelopes.toReversed() : envelopes) place(envelope, from(dice, 0, 4));
  }

  function placeInvalid({ order, content, text, blob }: DrawnInvalid): void {
    const told = toldOf(order);
    place({ text: text ?? JSON.stringify(content), ...(blob && { blob }), orders: 1, told, repeats: 0 });
  }
}

function message(content: unknown): Delivery {
  return { text: JSON.stringify(content), orders: 1, told: 1, repeats: 0 };
}

/** Nobody hears of an order whose assignment is not known. */
function toldOf({ assignmentId }: InvalidOrder): number {
  return assignmentId === undefined ? 0 : 1;
}

/** As the program beside Identity Manager's agent sends it: named, so that a repeat is known. */
function inEnvelope(content: unknown, number: number): Delivery {
  const orderedAt = new Date(ORDERED_SINCE + Math.round(number * 1000)).toISOString();
  return message({
    v: 1,
    Order: content,
    DeliveryId: `chaos-file-${String(number).replace('.', '-')}`,
    OrderedAt: `${orderedAt}#000000`,
    Attempt: 0,
    WaitedSeconds: 0,
  });
}

function byBlob(delivery: Delivery, number: number): Delivery {
  const path = `chaos/orders-${number}.json`;
  return { ...delivery, text: JSON.stringify({ OrdersBlob: path }), blob: { path, text: delivery.text } };
}

function isListOrReference(content: unknown): boolean {
  return (
    typeof content === 'object' && content !== null && ('ProvisioningOrdersList' in content || 'OrdersBlob' in content)
  );
}
