import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openMessage, ordersIn } from '../../../../shared/provisioning/envelope.ts';
import { identifyOrder, readOrder } from '../../../../shared/provisioning/order.ts';
import { hostileJson } from '../../../hostile-json.ts';

const special: readonly (readonly [string, unknown])[] = [
  [
    'a prototype as member',
    JSON.parse('{"__proto__":{"AssignedResourceTypeId":"1"},"ResourceType":{"__proto__":null}}'),
  ],
  ['members called like methods', JSON.parse('{"hasOwnProperty":1,"toString":2,"Owner":{"constructor":{"Id":1}}}')],
  ['lone surrogates', { AssignedResourceTypeId: '\udc00', ChangeType: '\ud800', '\ud801': '\udfff' }],
  ...['AssignedResourceTypeId', 'ChangeType', 'WorkflowInstanceId', 'OrdersBlob', 'DeliveryId'].map(
    (member) => [`a length of ${member} that is no number`, { [member]: { length: { toString: null } } }] as const,
  ),
  [
    'a length of an id that is no number',
    { Owner: { Id: { length: {} } }, ResourceType: { Identifier: { length: [] } } },
  ],
  ['a nesting of 1,000 levels', JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`)],
];

const metadata = { id: 'm', insertionTime: '2026-11-20T08:15:30+00:00', traceParent: undefined };

function useAll(data: unknown): void {
  const envelope = openMessage(data, metadata, new Date(0));
  // It goes onto a queue again, and comes back as the same.
  expect(openMessage(JSON.parse(JSON.stringify(envelope)), metadata, new Date(1)).DeliveryId).toBe(envelope.DeliveryId);
  expect(envelope.OrderedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{6}$/);
  ordersIn(data);
  const read = readOrder(data);
  if (!read.ok) expect(read.faults.length).toBeGreaterThan(0);
  const identity = identifyOrder(data);
  for (const text of Object.values(identity)) expect(['string', 'undefined']).toContain(typeof text);
}

describe('reading whatever comes', () => {
  it('never throws at data that calls its members as we do', () => {
    fc.assert(fc.property(hostileJson, useAll), { numRuns: 500 });
  });

  it('never throws at any JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), useAll));
  });

  it.each(special)('never throws at %s', (_, data) => {
    useAll(data);
  });

  it('knows the assignment of an order whose other members are hostile', () => {
    const hostileOwner = { length: { toString: null } };
    const order = { AssignedResourceTypeId: '7', ChangeType: hostileOwner, Owner: { Id: hostileOwner } };
    expect(identifyOrder(order).assignmentId).toBe('7');
    expect(readOrder(order).ok).toBe(false);
  });

  it('learns nothing from a prototype', () => {
    expect(identifyOrder(JSON.parse('{"__proto__":{"AssignedResourceTypeId":"1"}}')).assignmentId).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'AssignedResourceTypeId')).toBe(false);
  });
});
