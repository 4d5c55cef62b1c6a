import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import type { Envelope } from '../../../../shared/provisioning/envelope.ts';
import { makeOrderStore } from '../../../../shared/provisioning/order-store.ts';
import { ConflictError } from '../../../../shared/storage/entity-table.ts';
import type { DeliveryRow } from '../../../../shared/tickets/ledger-row.ts';
import { makePutBack } from '../../../../shared/tickets/put-back.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { recordingLog } from '../recording-log.ts';
import { deliveryRowOf, ledgerThat, storedOf } from './rows.ts';

const envelope: Envelope = {
  v: 1,
  Order: { a: 1 },
  DeliveryId: 'first',
  OrderedAt: '2026-11-20T08:00:00.000Z#000000',
  Attempt: 2,
  WaitedSeconds: 90,
};
const place = { partition: 'Help', assignmentId: '393', summary: 'Added SAP_User' };
const why = { kind: 'deferred', delayInSeconds: 59.2, reason: 'ServiceNow is away' } as const;

function puttingBack(options: { before?: DeliveryRow; writing?: Error; reading?: Error; sending?: Error } = {}) {
  const steps: [string, unknown][] = [];
  const log = recordingLog();
  const blobs = memoryBlobs();
  const ledger = ledgerThat(
    (_, change) => {
      if (options.writing) throw options.writing;
      steps.push(['row', change.delivery?.row]);
    },
    {
      readDelivery: async () => {
        if (options.reading) throw options.reading;
        return options.before && storedOf(options.before);
      },
    },
  );
  const orders = {
    send: async (body: unknown, delayInSeconds?: number) => {
      if (options.sending) throw options.sending;
      steps.push(['message', { body, delayInSeconds }]);
    },
  };
  const putBack = makePutBack({ ledger, orders, store: makeOrderStore(blobs), clock: manualClock(), log });
  return { steps, log, blobs, putBack, names: () => steps.map(([name]) => name) };
}

describe('makePutBack', () => {
  it('writes down why the order waits, and then puts it back', async () => {
    const { steps, putBack } = puttingBack();
    await putBack(envelope, place, why);
    const body = {
      ...envelope,
      Attempt: 3,
      WaitedSeconds: 150,
      NotBefore: '2026-11-23T10:01:00.000Z',
      Reason: 'ServiceNow is away',
    };
    expect(steps).toEqual([
      [
        'row',
        {
          v: 1,
          State: 'waiting',
          DeliveryId: 'first',
          OrderedAt: '2026-11-20T08:00:00.000Z#000000',
          Reason: 'ServiceNow is away',
          Since: '2026-11-23T10:00:00.000Z',
          NotBefore: '2026-11-23T10:01:00.000Z',
          Summary: 'Added SAP_User',
          Envelope: Buffer.from(JSON.stringify(body)),
        },
      ],
      [
        'message',
        {
          body,
          delayInSeconds: 60,
        },
      ],
    ]);
  });

  it.each(['held', 'waiting'] as const)('an order that is %s spends neither attempts nor age', async (kind) => {
    const { steps, putBack } = puttingBack();
    await putBack(envelope, place, { ...why, kind });
    expect(steps[1]).toMatchObject(['message', { body: { Attempt: 2, WaitedSeconds: 90 }, delayInSeconds: 60 }]);
  });

  it('keeps since when it waits', async () => {
    const before = deliveryRowOf({ State: 'waiting', TicketKey: undefined, Since: '2026-11-20T00:00:00.000Z' });
    const { steps, putBack } = puttingBack({ before });
    await putBack(envelope, place, why);
    expect(steps[0]).toMatchObject(['row', { Since: '2026-11-20T00:00:00.000Z', Reason: 'ServiceNow is away' }]);
  });

  it('never makes a decided delivery a waiting one', async () => {
    const { names, putBack } = puttingBack({ before: deliveryRowOf() });
    await putBack(envelope, place, why);
    expect(names()).toEqual(['message']);
  });

  it('has no row for an order that nobody could read', async () => {
    const { names, putBack } = puttingBack();
    await putBack(envelope, undefined, why);
    expect(names()).toEqual(['message']);
  });

  it.each([
    ['its row can not be written', { writing: new UnavailableError('Storage is away') }],
    ['its row can not be read', { reading: new UnavailableError('Storage is away') }],
    ['another copy got further', { writing: new ConflictError('changed') }],
  ])('does not lose the message where %s', async (_, failing) => {
    const { names, putBack } = puttingBack(failing);
    await putBack(envelope, place, why);
    expect(names()).toEqual(['message']);
  });

  it('fails where the message can not be put back, so that the platform keeps it', async () => {
    const { putBack, log } = puttingBack({ sending: new UnavailableError('The queue is away') });
    await expect(putBack(envelope, place, why)).rejects.toThrow('The queue is away');
    expect(log.events).toEqual([]);
  });

  it('moves to a blob what does not fit into a message', async () => {
    const { steps, blobs, putBack } = puttingBack();
    await putBack({ ...envelope, Order: 'a'.repeat(60_000) }, undefined, why);
    expect(blobs.blobs.size).toBe(1);
    expect(steps[0]).toMatchObject(['message', { body: { OrdersBlob: expect.any(String) } }]);
  });

  it.each([
    ['deferred', 'order.deferred'],
    ['held', 'order.held'],
    ['waiting', 'order.waiting'],
  ] as const)('says in the log that an order was %s', async (kind, event) => {
    const { log, putBack } = puttingBack();
    await putBack(envelope, place, { ...why, kind });
    expect(log.events).toMatchObject([
      { level: 'warn', event, fields: { deliveryId: 'first', delayInSeconds: 60, reason: 'ServiceNow is away' } },
    ]);
  });
});
