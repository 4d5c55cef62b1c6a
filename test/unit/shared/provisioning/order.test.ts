import { describe, expect, it } from 'vitest';
import { identifyOrder, isChangeType, readOrder } from '../../../../shared/provisioning/order.ts';
import { sampleOrders } from '../sample-orders.ts';

const whole = {
  AssignedResourceTypeId: '393',
  ChangeType: 'Added',
  Owner: { Id: '21511', InternalDisplayName: 'Bond' },
  ResourceType: { Id: '-41', Identifier: 'SAP_User', SourceEntityType: { Id: '51', Identifier: 'Directory_User' } },
  Changes: { identifier: '007' },
};

describe('readOrder', () => {
  it.each(sampleOrders())('reads $name', ({ order }) => {
    expect(order.AssignedResourceTypeId).toMatch(/^\d+$/);
    expect(order.ResourceType.Identifier).not.toBe('');
  });

  it('keeps members it does not know, and takes numbers for ids', () => {
    const read = readOrder({ ...whole, AssignedResourceTypeId: 393, WorkflowInstanceId: -81, Later: { a: 1 } });
    expect(read).toMatchObject({
      ok: true,
      value: { AssignedResourceTypeId: '393', WorkflowInstanceId: '-81', Later: { a: 1 } },
    });
  });

  it.each([
    ['without an owner, a resource and changes', { Owner: null, Resource: null, Changes: undefined }],
    ['of any change type: that is judged later', { ChangeType: 'None' }],
    ['without entity types', { ResourceType: { Identifier: 'SAP_User' } }],
  ])('reads an order %s', (_, members) => {
    expect(readOrder({ ...whole, ...members }).ok).toBe(true);
  });

  it.each([
    ['no assignment', { AssignedResourceTypeId: undefined }, 'AssignedResourceTypeId'],
    ['an empty assignment', { AssignedResourceTypeId: '' }, 'AssignedResourceTypeId'],
    ['an assignment that is none', { AssignedResourceTypeId: { Id: 1 } }, 'AssignedResourceTypeId'],
    ['no change type', { ChangeType: null }, 'ChangeType'],
    ['no resource type', { ResourceType: null }, 'ResourceType'],
    ['an unnamed resource type', { ResourceType: { Identifier: '' } }, 'ResourceType.Identifier'],
    ['changes that are a list', { Changes: ['a'] }, 'Changes'],
    ['an owner that is a text', { Owner: 'Bond' }, 'Owner'],
  ])('says where the fault is: %s', (_, members, path) => {
    const read = readOrder({ ...whole, ...members });
    expect(read).toEqual({ ok: false, faults: [expect.stringMatching(new RegExp(`^${path}: `))] });
  });

  it('never repeats a value in a fault', () => {
    const read = readOrder({ ...whole, ChangeType: ['S3cr3t'], Owner: 'S3cr3t', Changes: 'S3cr3t' });
    expect(read).toMatchObject({ ok: false, faults: { length: 3 } });
    expect(JSON.stringify(read)).not.toContain('S3cr3t');
  });
});

describe('identifyOrder', () => {
  it('tells whom a result is for', () => {
    expect(identifyOrder(whole)).toEqual({
      assignmentId: '393',
      changeType: 'Added',
      ownerId: '21511',
      ownerType: '51',
      resourceType: 'SAP_User',
      workflowInstanceId: '',
    });
  });

  it('tells what it can of an order that can not be read', () => {
    const broken = { AssignedResourceTypeId: 393, ChangeType: 5, Owner: [], ResourceType: { Identifier: 'SAP_User' } };
    expect(readOrder(broken).ok).toBe(false);
    expect(identifyOrder(broken)).toEqual({
      assignmentId: '393',
      changeType: '',
      ownerId: '',
      ownerType: '',
      resourceType: 'SAP_User',
      workflowInstanceId: '',
    });
  });

  it.each([undefined, null, 'x', 5, [], {}])('tells of %j that it knows nothing', (data) => {
    expect(identifyOrder(data)).toEqual({
      assignmentId: undefined,
      changeType: '',
      ownerId: '',
      ownerType: '',
      resourceType: '',
      workflowInstanceId: '',
    });
  });
});

describe('isChangeType', () => {
  it('knows the three things that can be asked of a person', () => {
    expect(['Added', 'Modified', 'Deleted', 'None', 'added', '', 'toString'].filter(isChangeType)).toEqual([
      'Added',
      'Modified',
      'Deleted',
    ]);
  });
});
