import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../../shared/provisioning/envelope.ts';
import { makeOrderStore } from '../../../../shared/provisioning/order-store.ts';
import { memoryBlobs } from '../memory-blobs.ts';

const envelopeOf = (Order: unknown): Envelope => ({
  v: 1,
  Order,
  DeliveryId: 'agent/orders 1.json:2',
  OrderedAt: '2026-11-20T08:15:30.000Z#000000',
  Attempt: 1,
  WaitedSeconds: 2,
});
const LIMIT_IN_BYTES = 48 * 1024;
const frameInBytes = Buffer.byteLength(JSON.stringify(envelopeOf('')));

describe('fit', () => {
  it('leaves alone what fits into a message, to the last byte', async () => {
    const blobs = memoryBlobs();
    const largest = envelopeOf('a'.repeat(LIMIT_IN_BYTES - frameInBytes));
    expect(await makeOrderStore(blobs).fit(largest)).toBe(largest);
    expect(blobs.blobs.size).toBe(0);
  });

  it('moves the order of a larger one to a blob, and the way back gives the order', async () => {
    const blobs = memoryBlobs();
    const store = makeOrderStore(blobs);
    const { Order, ...rest } = envelopeOf('a'.repeat(LIMIT_IN_BYTES - frameInBytes + 1));
    const fitting = await store.fit({ ...rest, Order });
    expect(fitting).toEqual({ ...rest, OrdersBlob: expect.stringMatching(/^[0-9a-f]{40}\.json$/) });
    expect(await store.contentOf(fitting)).toEqual(Order);
    expect(await store.fit({ ...rest, Order })).toEqual(fitting);
    expect(blobs.blobs.size).toBe(1);
  });

  it('counts bytes, not characters', async () => {
    const blobs = memoryBlobs();
    expect(await makeOrderStore(blobs).fit(envelopeOf('李'.repeat(20_000)))).toHaveProperty('OrdersBlob');
  });
});

describe('contentOf', () => {
  const pointer: Envelope = { ...envelopeOf(undefined), OrdersBlob: 'in/a.json' };

  it('gives the order itself, or what the blob holds, with or without a byte order mark', async () => {
    expect(await makeOrderStore(memoryBlobs()).contentOf(envelopeOf({ a: 1 }))).toEqual({ a: 1 });
    expect(await makeOrderStore(memoryBlobs({ 'in/a.json': '\uFEFF{"a":1}' })).contentOf(pointer)).toEqual({ a: 1 });
  });

  it.each([
    ['no blob is there', {}],
    ['the blob is no JSON', { 'in/a.json': 'S3cr3t{' }],
  ])('gives the order up where %s, and names the blob and not its content', async (_, blobs) => {
    await expect(makeOrderStore(memoryBlobs(blobs)).contentOf(pointer)).rejects.toMatchObject({
      failure: { class: 'permanent' },
      message: expect.stringMatching(/^(?=.*in\/a\.json)(?!.*S3cr3t)/),
    });
  });
});

describe('ordersOf', () => {
  const pointer: Envelope = { ...envelopeOf(undefined), OrdersBlob: 'in/a.json' };
  const filler = 'Łukasz 🎫 '.repeat(100);
  const manyOrders = Array.from({ length: 2_000 }, (_, index) => ({ AssignedResourceTypeId: String(index), filler }));
  const storeOf = (text: string) => makeOrderStore(memoryBlobs({ 'in/a.json': text }));
  const listText = (orders: readonly string[]) =>
    `\uFEFF{"Source": {"ProvisioningOrdersList":[9]}, "ProvisioningOrdersList":[${orders.join(' , ')}]}\n`;
  const texts = manyOrders.map((order) => JSON.stringify(order));

  async function drawn(store: ReturnType<typeof makeOrderStore>): Promise<unknown[]> {
    const content = await store.ordersOf(pointer);
    if (content.kind !== 'longList') throw new Error('Expected a long list');
    const first = await Array.fromAsync(content.orders());
    expect(await Array.fromAsync(content.orders())).toEqual(first);
    expect(content.length).toBe(first.length);
    return first;
  }

  it('gives the orders of a message or of a short list as they are', async () => {
    expect(await storeOf('').ordersOf(envelopeOf({ a: 1 }))).toEqual({
      kind: 'orders',
      list: false,
      orders: [{ a: 1 }],
    });
    const short = '{"ProvisioningOrdersList":[1,{"a":2}]}';
    expect(await storeOf(short).ordersOf(pointer)).toEqual({ kind: 'orders', list: true, orders: [1, { a: 2 }] });
  });

  it('draws a long list one by one, as often as it is asked, with every character in place', async () => {
    expect(await drawn(storeOf(listText(texts)))).toEqual(manyOrders);
  });

  it('carries members that hostile data has, and what is nested too deeply as text', async () => {
    const odd = '{"__proto__":{"AssignedResourceTypeId":"1"},"constructor":1,"a":"\\ud800"}';
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const [first, second] = await drawn(storeOf(listText([odd, deep, ...texts])));
    expect(first).toEqual(JSON.parse(odd));
    expect(Object.keys(first ?? {})).toEqual(['__proto__', 'constructor', 'a']);
    expect(second).toBe(`Nested too deeply: ${deep}`);
  });

  it('gives a large single order, and a list of one, as they are', async () => {
    const large = { filler: filler.repeat(2_000) };
    expect(await storeOf(JSON.stringify(large)).ordersOf(pointer)).toMatchObject({ list: false, orders: [large] });
    const list = JSON.stringify({ ProvisioningOrdersList: [large] });
    expect(await storeOf(list).ordersOf(pointer)).toMatchObject({ list: true, orders: [large] });
  });

  it.each([
    ['broken off', (text: string) => text.slice(0, -5)],
    ['broken in the middle', (text: string) => text.replace('"AssignedResourceTypeId":"1500"', 'S3cr3t')],
    ['followed by more', (text: string) => `${text}{"S3cr3t":1}`],
  ])('gives up a long list that is %s before any of its orders is drawn', async (_name, broken) => {
    await expect(storeOf(broken(listText(texts))).ordersOf(pointer)).rejects.toMatchObject({
      failure: { class: 'permanent' },
      message: expect.stringMatching(/^(?=.*in\/a\.json)(?!.*S3cr3t)/),
    });
  });
});
