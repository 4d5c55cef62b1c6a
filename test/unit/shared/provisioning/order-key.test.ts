import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrder } from '../../../../shared/provisioning/order.ts';
import {
  assignmentKey,
  type OrderKeyParts,
  orderKey,
  ticketKey,
  ticketMarker,
} from '../../../../shared/provisioning/order-key.ts';
import { sampleOrder } from '../sample-orders.ts';

const parts: OrderKeyParts = {
  installationId: 'prod',
  connection: 'Help',
  resourceType: 'SAP_User',
  assignmentId: '3930001',
  changeType: 'Added',
  workflowInstanceId: '81',
  changes: { identifier: '007', site: { Id: 1 } },
};

describe('orderKey', () => {
  it('is assignment, letter and 32 digits', () => {
    expect(orderKey(parts)).toMatch(/^3930001\.A\.[0-9a-f]{32}$/);
  });

  it('never changes from release to release: tickets are found again by it', () => {
    expect(orderKey(parts)).toBe('3930001.A.f78773eab5efa5443bfb88ec7583cdc6');
  });

  it.each([
    ['Added', 'A'],
    ['Modified', 'M'],
    ['Deleted', 'D'],
    ['None', 'X'],
    ['added', 'X'],
    ['', 'X'],
  ])('has a letter for change type %j: %s', (changeType, letter) => {
    expect(orderKey({ ...parts, changeType }).split('.')[1]).toBe(letter);
  });

  it.each<[keyof OrderKeyParts, Partial<OrderKeyParts>]>([
    ['installationId', { installationId: 'test' }],
    ['connection', { connection: 'Other' }],
    ['resourceType', { resourceType: 'SAP_Admin' }],
    ['assignmentId', { assignmentId: '3930002' }],
    ['changeType', { changeType: 'Modified' }],
    ['workflowInstanceId', { workflowInstanceId: '82' }],
    ['changes', { changes: { identifier: '007', site: { Id: 2 } } }],
  ])('is another where %s is', (_, other) => {
    expect(orderKey({ ...parts, ...other })).not.toBe(orderKey(parts));
  });

  it('tells unknown change types apart', () => {
    expect(orderKey({ ...parts, changeType: 'None' })).not.toBe(orderKey({ ...parts, changeType: 'Later' }));
  });

  it('is the same for every sending of one order: owner and resource are snapshots, members have no order', () => {
    const keyOf = (data: unknown) => {
      const read = readOrder(data);
      if (!read.ok) throw new Error(read.faults.join());
      const { ResourceType, AssignedResourceTypeId, ChangeType, WorkflowInstanceId, Changes } = read.value;
      return orderKey({
        installationId: 'prod',
        connection: 'Help',
        resourceType: ResourceType.Identifier,
        assignmentId: AssignedResourceTypeId,
        changeType: ChangeType,
        workflowInstanceId: WorkflowInstanceId ?? undefined,
        changes: Changes,
      });
    };
    const order = sampleOrder('modified-with-links.json');
    const reversedChanges = Object.fromEntries(Object.entries(order.Changes ?? {}).reverse());
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string({ minLength: 1 }),
        (Resource, InternalDisplayName) => {
          const later = { ...order, Resource, Owner: { Id: '9', InternalDisplayName }, Changes: reversedChanges };
          expect(keyOf(later)).toBe(keyOf(order));
        },
      ),
    );
  });

  it('fits a correlation_id of 100 characters and a row key, whatever the order says', () => {
    const anything: fc.Arbitrary<OrderKeyParts> = fc.record({
      installationId: fc.string(),
      connection: fc.string(),
      resourceType: fc.string(),
      assignmentId: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.stringMatching(/^[A-Za-z0-9-]{38,42}$/),
        fc.constantFrom('', '/', '\\', '#', '?', '.', 'a.b', '\u0000', '-41'),
      ),
      changeType: fc.oneof(fc.string(), fc.constantFrom('Added', 'Modified', 'Deleted')),
      workflowInstanceId: fc.option(fc.string(), { nil: undefined }),
      changes: fc.jsonValue(),
    });
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 999_999 }), (of, generation) => {
        const key = ticketKey(orderKey(of), generation);
        expect(key.length).toBeLessThanOrEqual(100);
        expect(key).toMatch(/^[A-Za-z0-9-]{1,40}\.[AMDX]\.[0-9a-f]{32}\.[1-9]\d*$/);
        expect(orderKey({ ...of })).toBe(orderKey(of));
      }),
    );
  });
});

describe('assignmentKey', () => {
  it('is the id where it can stand in a key, else a hash of it', () => {
    expect(assignmentKey('-3930001')).toBe('-3930001');
    expect(assignmentKey('a'.repeat(40))).toBe('a'.repeat(40));
    expect(assignmentKey('a'.repeat(41))).toMatch(/^[0-9a-f]{40}$/);
    expect(assignmentKey('a.b')).toMatch(/^[0-9a-f]{40}$/);
    expect(assignmentKey('a.b')).not.toBe(assignmentKey('a/b'));
  });
});

describe('ticketKey and ticketMarker', () => {
  it('are what a ticket is found by', () => {
    expect(ticketKey('393.A.00', 2)).toBe('393.A.00.2');
    expect(ticketMarker('prod', 'Help')).toBe('IdentityManager/prod/Help');
  });
});
