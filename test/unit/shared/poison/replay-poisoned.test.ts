import { describe, expect, it } from 'vitest';
import { HoldError, PermanentError, UnavailableError } from '../../../../shared/errors.ts';
import type { FindTickets } from '../../../../shared/poison/find-tickets.ts';
import { makeReplayPoisoned, makeWhyNotReplayOrder } from '../../../../shared/poison/replay-poisoned.ts';
import { makeOrderStore } from '../../../../shared/provisioning/order-store.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { ticketRowOf } from '../tickets/rows.ts';

function replaying(findTickets: FindTickets, options: { sending?: Error; body?: unknown } = {}) {
  const steps: unknown[] = [];
  const replay = makeReplayPoisoned({
    whyNot: makeWhyNotReplayOrder(findTickets),
    store: makeOrderStore(memoryBlobs()),
    orders: {
      send: async (body) => {
        if (options.sending) throw options.sending;
        steps.push(body);
      },
    },
  });
  const message = {
    id: 'message-1',
    text: Buffer.from(JSON.stringify(options.body ?? anEnvelope(anOrder()))).toString('base64'),
    insertedAt: new Date(),
    expiresAt: undefined,
    remove: async () => void steps.push('removed'),
  };
  return { steps, replay: (again = false) => replay(message, again) };
}

const none: FindTickets = async () => [];

describe('makeReplayPoisoned', () => {
  it('sends first and removes second, so that a crash in between can only repeat', async () => {
    const { steps, replay } = replaying(none);
    expect(await replay()).toEqual({ deliveryId: 'delivery-1', as: 'delivery-1~r1' });
    expect(steps).toEqual([anEnvelope(anOrder(), { DeliveryId: 'delivery-1~r1', Replay: 1 }), 'removed']);
  });

  it('removes nothing that could not be sent', async () => {
    const { steps, replay } = replaying(none, { sending: new UnavailableError('away') });
    await expect(replay()).rejects.toThrow('away');
    expect(steps).toEqual([]);
  });

  it('leaves an order whose ticket exists, and names the ticket', async () => {
    const tickets = [ticketRowOf({ Number: 'INC0010001' }), ticketRowOf({ State: 'closed' })];
    const { steps, replay } = replaying(async () => tickets);
    expect(await replay()).toEqual({
      deliveryId: 'delivery-1',
      refused:
        'a ticket exists already: INC0010001 (open), a ticket without a number (closed). It is replayed all the same with --again',
    });
    expect(steps).toEqual([]);
  });

  it.each([new PermanentError('no mapping'), new HoldError('settings', 'no mapping')])(
    'leaves an order where nobody can tell whether a ticket exists (%s)',
    async (error) => {
      const { steps, replay } = replaying(() => Promise.reject(error));
      expect(await replay()).toMatchObject({
        refused: "whether a ticket exists can't be told: no mapping. It is replayed all the same with --again",
      });
      expect(steps).toEqual([]);
    },
  );

  it.each([new UnavailableError('away'), new TypeError('a bug')])('goes no further while it is %s', async (error) => {
    const { steps, replay } = replaying(() => Promise.reject(error));
    await expect(replay()).rejects.toThrow(error);
    expect(steps).toEqual([]);
  });

  it('asks nobody where it is told to do it again', async () => {
    const { steps, replay } = replaying(() => Promise.reject(new Error('Expected no such reading')));
    expect(await replay(true)).toMatchObject({ as: 'delivery-1~r1' });
    expect(steps).toHaveLength(2);
  });

  it('gives a raw body an envelope, and takes it for judged', async () => {
    const { steps, replay } = replaying(none, { body: anOrder() });
    expect(await replay()).toEqual({ deliveryId: 'message-1', as: 'message-1~r1' });
    expect(steps[0]).toMatchObject({ Order: anOrder(), Replay: 1 });
    expect(steps[0]).not.toHaveProperty('Unsure');
  });
});
