import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openMessage } from '../../../../shared/provisioning/envelope.ts';
import { splitList, splitLongList } from '../../../../shared/provisioning/split-list.ts';

const metadata = { id: 'message-1', insertionTime: '2026-11-20T08:15:30+00:00', traceParent: undefined };
const order = { AssignedResourceTypeId: '393', ChangeType: 'Added' };
const open = (body: unknown) => openMessage(body, metadata, new Date('2026-11-23T10:00:00.000Z'));

describe('splitList', () => {
  const list = { ProvisioningOrdersList: [order, { ...order, ChangeType: 'Deleted' }, order] };

  it('gives each order an identity and a place of its own, and equal orders the first one’s identity', () => {
    const parent = { ...open(list), Attempt: 3, WaitedSeconds: 90, NotBefore: 'x', TraceParent: 'trace' };
    const common = { v: 1, TraceParent: 'trace', Attempt: 0, WaitedSeconds: 0 };
    expect([...splitList(parent, list.ProvisioningOrdersList)]).toEqual([
      {
        ...common,
        Order: order,
        DeliveryId: `${parent.DeliveryId}.0`,
        OrderedAt: '2026-11-20T08:15:30.000Z#000000',
      },
      {
        ...common,
        Order: { ...order, ChangeType: 'Deleted' },
        DeliveryId: `${parent.DeliveryId}.1`,
        OrderedAt: '2026-11-20T08:15:30.000Z#000001',
      },
      {
        ...common,
        Order: order,
        DeliveryId: `${parent.DeliveryId}.0`,
        OrderedAt: '2026-11-20T08:15:30.000Z#000002',
      },
    ]);
  });

  it('tells each order of the others of the same workflow for the same owner, and of no repeats', () => {
    const of = (id: string, workflow: string | undefined, owner = '7') => ({
      ...order,
      AssignedResourceTypeId: id,
      ...(workflow !== undefined && { WorkflowInstanceId: workflow }),
      Owner: { Id: owner },
      ResourceType: { Identifier: 'Badge' },
    });
    const orders = [of('1', '81'), of('2', '81'), of('1', '81'), of('3', '82'), of('4', '81', '8'), of('5', undefined)];
    const together = [...splitList(open(list), orders)].map(({ Together }) => Together);
    const [one, two] = ['Added Badge (assignment 1)', 'Added Badge (assignment 2)'];
    expect(together).toEqual([[two], [one], [two], undefined, undefined, undefined]);
  });

  it('tells of twenty others at most, however many there are', () => {
    const orders = Array.from({ length: 60 }, (_, index) => ({
      ...order,
      AssignedResourceTypeId: String(index),
      WorkflowInstanceId: '81',
      Owner: { Id: '7' },
    }));
    for (const { Together } of splitList(open(list), orders)) expect(Together).toHaveLength(20);
  });

  it('leaves the pointer to the list behind', () => {
    const parent = open({ OrdersBlob: 'in/orders.json' });
    for (const child of splitList(parent, [order])) expect(child).not.toHaveProperty('OrdersBlob');
  });

  it('gives the same at every splitting; the same identity means the same order; the times sort as the list does', () => {
    const orders = fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(order)), { maxLength: 12 });
    fc.assert(
      fc.property(orders, (some) => {
        const parent = open({ ProvisioningOrdersList: some });
        const children = [...splitList(parent, some)];
        expect([...splitList(open({ ProvisioningOrdersList: some }), some)]).toEqual(children);
        const times = children.map(({ OrderedAt }) => OrderedAt);
        expect(times.toSorted()).toEqual(times);
        expect(new Set(times).size).toBe(some.length);
        for (const a of children) {
          for (const b of children) {
            const equal = JSON.stringify(a.Order) === JSON.stringify(b.Order);
            if (equal) expect(a.DeliveryId).toBe(b.DeliveryId);
            else if (a.DeliveryId === b.DeliveryId) expect(a.Order).toEqual(b.Order);
          }
        }
      }),
    );
  });

  it('sends children that open as they are', () => {
    for (const child of splitList(open(list), list.ProvisioningOrdersList)) expect(open(child)).toEqual(child);
  });
});

describe('splitLongList', () => {
  it('gives what splitList gives, of a list that is drawn one by one', async () => {
    const some = fc.array(
      fc.oneof(
        fc.constant(order),
        fc.record({
          AssignedResourceTypeId: fc.nat({ max: 3 }),
          ChangeType: fc.constant('Added'),
          WorkflowInstanceId: fc.nat({ max: 2 }),
          Owner: fc.record({ Id: fc.nat({ max: 2 }) }),
        }),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(some, async (orders) => {
        const parent = open({ OrdersBlob: 'in/orders.json' });
        const long = splitLongList(parent, async function* () {
          yield* orders;
        });
        expect(await Array.fromAsync(long)).toEqual([...splitList(parent, orders)]);
      }),
    );
  });
});
