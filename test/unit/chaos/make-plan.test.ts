import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULT_KINDS, faultKind } from '../../chaos/plan/fault-kinds.ts';
import { makePlan } from '../../chaos/plan/make-plan.ts';
import { ticketPrefix } from '../../chaos/plan/ticket-prefix.ts';
import { HOST_SETTINGS } from '../../chaos/times.ts';

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const orders = fc.integer({ min: 1, max: 120 });

test('the same seed gives the same plan, another one another', () => {
  fc.assert(
    fc.property(seed, orders, (given, count) => {
      expect(makePlan({ seed: given, orders: count })).toEqual(makePlan({ seed: given, orders: count }));
    }),
    { numRuns: 30 },
  );
  expect(makePlan({ seed: 1, orders: 60 })).not.toEqual(makePlan({ seed: 2, orders: 60 }));
});

test('a plan has as many orders as were asked for, each delivered for the first time once', () => {
  fc.assert(
    fc.property(seed, orders, (given, count) => {
      const { valid, invalid, deliveries } = makePlan({ seed: given, orders: count });
      expect(valid.length + invalid.length).toBe(count);
      const sumOf = (name: 'orders' | 'told') => deliveries.reduce((sum, delivery) => sum + delivery[name], 0);
      expect(sumOf('orders')).toBe(count);
      expect(sumOf('told')).toBe(count - invalid.filter(({ assignmentId }) => assignmentId === undefined).length);
    }),
    { numRuns: 50 },
  );
});

test('no two valid orders have the same assignment and change type, so each knows its ticket', () => {
  fc.assert(
    fc.property(seed, orders, (given, count) => {
      const { valid, invalid } = makePlan({ seed: given, orders: count });
      const prefixes = valid.map(ticketPrefix);
      expect(new Set(prefixes).size).toBe(prefixes.length);
      const assignments = new Set(valid.map(({ assignmentId }) => assignmentId));
      expect(invalid.filter(({ assignmentId = '' }) => assignments.has(assignmentId))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test('every order is in a delivery, and every mark of an invalid one in exactly one', () => {
  const { valid, invalid, deliveries } = makePlan({ seed: 5, orders: 300 });
  const texts = deliveries.map(({ text, blob }) => `${text}\n${blob?.text ?? ''}`);
  for (const { assignmentId } of valid)
    expect(texts.some((text) => new RegExp(`"AssignedResourceTypeId":"?${assignmentId}"?,`).test(text))).toBe(true);
  for (const { mark } of invalid)
    expect(
      deliveries.filter(({ text, blob }) => new RegExp(`${mark}(?!\\d)`).test(text + (blob?.text ?? ''))),
    ).toHaveLength(1);
});

test('every kind of fault that is drawn is in a plan, and none that was not asked for', () => {
  const drawn = FAULT_KINDS.filter((kind) => faultKind(kind).draw);
  expect(new Set(makePlan({ seed: 7, orders: 60 }).faults.map(({ kind }) => kind))).toEqual(new Set(drawn));
  const { faults, deliveries } = makePlan({ seed: 7, orders: 200, faults: ['kill', 'timeout-after'] });
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['kill', 'timeout-after']));
  expect(deliveries.some(({ repeats }) => repeats > 0)).toBe(false);
  expect(makePlan({ seed: 7, orders: 200, faults: ['duplicate'] }).deliveries.some(({ repeats }) => repeats > 0)).toBe(
    true,
  );
});

test('a ticket that comes into being late does so after the time-out, while its permit is taken, within the unclear wait', () => {
  const inMs = (name: 'REQUEST_TIMEOUT' | 'UNCLEAR_WAIT' | 'PERMIT_LINGER') =>
    Number(HOST_SETTINGS[`${name}_SECONDS`]) * 1000;
  for (let given = 0; given < 20; given += 1) {
    const [fault] = makePlan({ seed: given, orders: 5, faults: ['late-commit'] }).faults;
    const delay = fault?.deed.does === 'answerBadly' ? (fault.deed.rule.action.delayInMs ?? 0) : 0;
    expect(delay).toBeGreaterThan(inMs('REQUEST_TIMEOUT'));
    expect(delay).toBeLessThan(inMs('REQUEST_TIMEOUT') + inMs('UNCLEAR_WAIT'));
    expect(delay).toBeLessThan(inMs('REQUEST_TIMEOUT') + inMs('PERMIT_LINGER'));
  }
});

test('a fault of making a request part by part is where such requests are made', () => {
  fc.assert(
    fc.property(seed, (given) => {
      for (const { deed } of makePlan({ seed: given, orders: 120 }).faults) {
        if (deed.does !== 'answerBadly') continue;
        const { method, table = 'incident' } = deed.rule.match ?? {};
        if (method === 'POST' && table !== 'incident') expect(deed.connection).toBe('ServiceNowByToken');
      }
    }),
    { numRuns: 30 },
  );
});

test('resets are each for a user of their own, of every kind, and come while orders do', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 20, max: 600 }), (given, count) => {
      const { resets } = makePlan({ seed: given, orders: count });
      expect(new Set(resets.map(({ connection, userName }) => `${connection} ${userName}`)).size).toBe(resets.length);
      expect(new Set(resets.map(({ deliveryId }) => deliveryId)).size).toBe(resets.length);
      expect(new Set(resets.map(({ source }) => source))).toEqual(new Set(['generated', 'secret', 'plain']));
      expect(resets.every(({ afterOrders }) => afterOrders < count)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
