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
