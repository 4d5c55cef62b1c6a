import { describe, expect, it } from 'vitest';
import {
  type Envelope,
  type MessageMetadata,
  openMessage,
  ordersIn,
} from '../../../../shared/provisioning/envelope.ts';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const metadata: MessageMetadata = {
  id: '5f1c1b6e-0000-4000-8000-000000000001',
  insertionTime: '2026-11-20T08:15:30+00:00',
  traceParent: undefined,
};
const order = { AssignedResourceTypeId: '393', ChangeType: 'Added' };

const open = (body: unknown, of: Partial<MessageMetadata> = {}) => openMessage(body, { ...metadata, ...of }, NOW);
const idOf = (body: unknown, of?: Partial<MessageMetadata>) => open(body, of).DeliveryId;

describe('openMessage, of a raw message', () => {
  it('wraps it into a new envelope, ordered by when it came onto the queue', () => {
    expect(open(order)).toEqual({
      v: 1,
      Order: order,
      DeliveryId: expect.stringMatching(/^[0-9a-f]{40}$/),
      OrderedAt: '2026-11-20T08:15:30.000Z#000000',
      Attempt: 0,
      WaitedSeconds: 0,
    });
  });

  it('keeps the trace that the message came with', () => {
    const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(open(order, { traceParent }).TraceParent).toBe(traceParent);
  });

  it('takes a pointer to a blob for one', () => {
    expect(open({ OrdersBlob: 'in/orders.json' })).toMatchObject({ OrdersBlob: 'in/orders.json' });
    expect(open({ OrdersBlob: 'in/orders.json' })).not.toHaveProperty('Order');
    expect(open({ ...order, OrdersBlob: 'x' })).toHaveProperty('Order');
    expect(open({ OrdersBlob: '' })).toHaveProperty('Order');
  });

  it.each([
    ['null', null],
    ['a text', 'hello'],
    ['a number', 7],
    ['a list', [order]],
    ['an envelope without content', { v: 1, DeliveryId: 'x', OrderedAt: '2026-11-20T08:15:30.000Z#000000' }],
    ['an envelope without identity', { v: 1, Order: order }],
    ['an envelope whose time can not be sorted', { v: 1, Order: order, DeliveryId: 'x', OrderedAt: '20.11.2026' }],
  ])('wraps %s too, as it is', (_, body) => {
    expect(open(body).Order).toEqual(body);
  });

  it('tells a repeat of the same message from another message of the same content', () => {
    expect(idOf(order)).toBe(idOf({ ChangeType: 'Added', AssignedResourceTypeId: '393' }));
    expect(idOf(order)).not.toBe(idOf(order, { id: 'another' }));
    expect(idOf(order)).not.toBe(idOf(order, { insertionTime: '2026-11-20T08:15:31+00:00' }));
    expect(idOf(order)).not.toBe(idOf({ ...order, ChangeType: 'Deleted' }));
  });

  it('takes the same moment for the same, however it is written', () => {
    expect(idOf(order, { insertionTime: '2026-11-20T09:15:30+01:00' })).toBe(idOf(order));
  });

  it.each(['id', 'Id', 'ID', 'iD'])('leaves out the message id where the body has a member %s', (member) => {
    const body = { ...order, [member]: 'imitation' };
    // What the platform then gives as metadata is the body's own member, or not, depending on the letters.
    expect(idOf(body, { id: 'imitation' })).toBe(idOf(body));
    expect(idOf(body)).not.toBe(idOf(body, { insertionTime: '2026-01-01T00:00:00Z' }));
  });

  it.each(['insertionTime', 'InsertionTime', 'INSERTIONTIME', 'insertiontime'])(
    'leaves out the insertion time where the body has a member %s, for order and identity',
    (member) => {
      const body = { ...order, [member]: '2036-01-01T00:00:00Z' };
      expect(open(body, { insertionTime: '2036-01-01T00:00:00Z' }).OrderedAt).toBe('2026-11-23T10:00:00.000Z#000000');
      expect(idOf(body, { insertionTime: '2036-01-01T00:00:00Z' })).toBe(idOf(body));
      expect(idOf(body)).not.toBe(idOf(body, { id: 'another' }));
    },
  );

  it('believes its metadata where only a member further inside has such a name', () => {
    const body = { ...order, Owner: { Id: '1', InsertionTime: 'x' } };
    expect(idOf(body)).not.toBe(idOf(body, { id: 'another' }));
    expect(open(body).OrderedAt).toBe('2026-11-20T08:15:30.000Z#000000');
  });

  it.each([undefined, null, 'not a time', 5, { a: 1 }])('uses the present where the time is %j', (insertionTime) => {
    expect(open(order, { insertionTime }).OrderedAt).toBe('2026-11-23T10:00:00.000Z#000000');
  });
});

describe('openMessage, of an envelope', () => {
  const envelope: Envelope = {
    v: 1,
    Order: order,
    DeliveryId: 'prov_20261120.json.abc.3~r1',
    OrderedAt: '2026-11-20T08:15:30.000Z#000003',
    Attempt: 4,
    WaitedSeconds: 120,
    NotBefore: '2026-11-20T09:00:00.000Z',
    Unsure: true,
    Replay: 1,
    Reason: 'storage was away',
  };

  it('gives it as it is, whatever the message it came in is called', () => {
    expect(open(envelope)).toEqual(envelope);
    expect(open(envelope, { id: 'other', insertionTime: undefined })).toEqual(envelope);
  });

  it('takes one of a later version, with members it does not know', () => {
    expect(open({ ...envelope, v: 2, Later: { a: 1 } })).toEqual({ ...envelope, v: 2, Later: { a: 1 } });
  });

  it('takes one without counters, and one that points at a blob', () => {
    const { Order: _order, Attempt: _attempt, WaitedSeconds: _waited, ...rest } = envelope;
    expect(open({ ...rest, OrdersBlob: 'a.json' })).toEqual({
      ...rest,
      OrdersBlob: 'a.json',
      Attempt: 0,
      WaitedSeconds: 0,
    });
  });

  it('can carry an order that is null', () => {
    expect(open({ ...envelope, Order: null })).toEqual({ ...envelope, Order: null });
  });
});

describe('ordersIn', () => {
  it('finds the members of a list, or takes the content for one order', () => {
    expect(ordersIn({ ProvisioningOrdersList: [order, 7] })).toEqual({ list: true, orders: [order, 7] });
    expect(ordersIn({ ProvisioningOrdersList: [] })).toEqual({ list: true, orders: [] });
    for (const content of [order, { ProvisioningOrdersList: 'x' }, [order], null, 'x']) {
      expect(ordersIn(content)).toEqual({ list: false, orders: [content] });
    }
  });
});
