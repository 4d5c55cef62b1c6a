import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openMessage, ordersIn } from '../../../../shared/provisioning/envelope.ts';
import { boundNesting, DEEPEST_ORDER, isNestedOver, unboundNesting } from '../../../../shared/provisioning/nesting.ts';
import { identifyOrder, readOrder } from '../../../../shared/provisioning/order.ts';
import { splitList } from '../../../../shared/provisioning/split-list.ts';
import { anOrder } from '../../../orders.ts';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const METADATA = { id: 'message-1', insertionTime: '2026-11-20T08:15:30+00:00', traceParent: undefined };

/** A value of exactly so many levels: objects and lists in turn. */
function nested(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? { a: value, b: 1 } : [value, 'c'];
  return value;
}

describe('isNestedOver', () => {
  it.each([0, 1, 2, 31, 32])('counts %i levels', (levels) => {
    expect(isNestedOver(levels, nested(levels))).toBe(false);
    expect(levels > 0 && isNestedOver(levels - 1, nested(levels))).toBe(levels > 0);
  });
});

describe('boundNesting', () => {
  it('leaves alone what is nested as deep as allowed', () => {
    const order = nested(DEEPEST_ORDER);
    expect(boundNesting(order)).toBe(order);
  });

  it('keeps anything deeper as text that is no JSON, with nothing lost', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: DEEPEST_ORDER + 1, max: 60 }), (text, levels) => {
        const deep = { at: JSON.parse(text), below: nested(levels) };
        expect(boundNesting(deep)).toBe(`Nested too deeply: ${JSON.stringify(deep)}`);
        expect(unboundNesting(boundNesting(deep))).toEqual(deep);
      }),
    );
  });

  it('bears more levels than a stack has room for', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`);
    expect(boundNesting(deep)).toBe(`Nested too deeply: ${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`);
  });
});

describe('an order nested too deeply', () => {
  const deep = { ...anOrder({ AssignedResourceTypeId: 'deep' }), More: nested(20_000) };

  it.each([
    ['alone', deep],
    ['in an envelope', { v: 1, Order: deep, DeliveryId: 'd', OrderedAt: '2026-11-20T08:15:30.000Z#000000' }],
  ])('%s makes an envelope that can be written, tells whose it is and is refused', (_name, body) => {
    const { Order } = openMessage(body, METADATA, NOW);
    expect(JSON.stringify(Order)).toContain('bottom');
    const [data] = ordersIn(Order).orders;
    expect(identifyOrder(data).assignmentId).toBe('deep');
    expect(readOrder(data)).toEqual({ ok: false, faults: [expect.stringContaining('at most 32 levels')] });
  });

  it('is named by its content and its message as any other one', () => {
    const { DeliveryId } = openMessage(deep, METADATA, NOW);
    expect(openMessage(deep, METADATA, NOW).DeliveryId).toBe(DeliveryId);
    expect(openMessage({ ...deep, ChangeType: 'Deleted' }, METADATA, NOW).DeliveryId).not.toBe(DeliveryId);
    expect(openMessage(deep, { ...METADATA, id: 'message-2' }, NOW).DeliveryId).not.toBe(DeliveryId);
  });

  it('leaves its neighbours in a list as they are', () => {
    const neighbour = anOrder({ AssignedResourceTypeId: 'neighbour' });
    const list = { ProvisioningOrdersList: [neighbour, deep], Source: nested(20_000) };
    const parent = openMessage(list, METADATA, NOW);
    const split = [...splitList(parent, ordersIn(parent.Order).orders)];
    expect(split.map(({ Order }) => readOrder(Order).ok)).toEqual([true, false]);
    expect(() => JSON.stringify(split)).not.toThrow();
  });
});
