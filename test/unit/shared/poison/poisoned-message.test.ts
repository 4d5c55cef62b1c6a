import { describe, expect, it } from 'vitest';
import { openPoisoned, summarizeContent } from '../../../../shared/poison/poisoned-message.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';

const insertedAt = new Date('2026-11-23T10:00:00.000Z');
const stored = (body: unknown) => ({
  id: 'message-1',
  text: Buffer.from(JSON.stringify(body)).toString('base64'),
  insertedAt,
  expiresAt: undefined,
});

describe('openPoisoned', () => {
  it('takes an envelope of ours as it is', () => {
    const envelope = anEnvelope(anOrder(), { Reason: 'why', Unknown: 'kept' });
    expect(openPoisoned(stored(envelope))).toEqual({
      id: 'message-1',
      envelope,
      poisonedAt: insertedAt,
      expiresAt: undefined,
    });
  });

  it.each([
    ['a raw order', anOrder(), { Order: anOrder() }],
    ['a reference to a blob', { OrdersBlob: 'lists/1.json' }, { OrdersBlob: 'lists/1.json' }],
    ['what is no order at all', null, { Order: null }],
    [
      'an envelope without a name',
      { ...anEnvelope(1), DeliveryId: '' },
      { Order: { ...anEnvelope(1), DeliveryId: '' } },
    ],
  ])('names %s by the poison message, and does not know whether it is a repeat', (_name, body, content) => {
    expect(openPoisoned(stored(body)).envelope).toEqual({
      v: 1,
      ...content,
      DeliveryId: 'message-1',
      OrderedAt: '2026-11-23T10:00:00.000Z#000000',
      Attempt: 0,
      WaitedSeconds: 0,
      Unsure: true,
    });
  });
});

describe('summarizeContent', () => {
  it.each([
    ['an order', anOrder(), 'Added SAP_User_NominativeUser (assignment 3930001)'],
    ['a list of one', { ProvisioningOrdersList: [anOrder()] }, 'Added SAP_User_NominativeUser (assignment 3930001)'],
    ['a list', { ProvisioningOrdersList: [anOrder(), 1] }, 'a list of 2 orders'],
    ['an empty list', { ProvisioningOrdersList: [] }, 'a list of 0 orders'],
    ['half an order', { AssignedResourceTypeId: 5 }, 'no change type no resource type (assignment 5)'],
    ['no order', 'x', 'not an order'],
  ])('says that it is %s', (_name, body, summary) => {
    expect(summarizeContent(openPoisoned(stored(body)).envelope)).toBe(summary);
  });

  it('names the blob without reading it', () => {
    expect(summarizeContent(openPoisoned(stored({ OrdersBlob: 'a\nb' })).envelope)).toBe('orders in blob a b');
  });
});
