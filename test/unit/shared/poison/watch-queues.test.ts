import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { makeWatchQueues } from '../../../../shared/poison/watch-queues.ts';
import type { QueueReader, StoredMessage } from '../../../../shared/storage/queue-reader.ts';
import type { DeliveryRow } from '../../../../shared/tickets/ledger-row.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { manualClock } from '../manual-clock.ts';
import { recordingLog } from '../recording-log.ts';
import { deliveryRowOf, ledgerThat } from '../tickets/rows.ts';

const NOW = new Date('2026-11-23T12:00:00.000Z');

function readerOf(messages: readonly StoredMessage[], length = messages.length): QueueReader {
  return {
    approximateLength: async () => length,
    peek: async () => messages,
    takeAll: async function* () {
      yield* messages.map((message) => ({ ...message, remove: async () => {} }));
    },
  };
}

const messageOf = (body: unknown, insertedAt = NOW): StoredMessage => ({
  id: 'message-1',
  text: Buffer.from(JSON.stringify(body)).toString('base64'),
  insertedAt,
  expiresAt: undefined,
});

const waitingRow = (deliveryId: string, orderedAt: string): DeliveryRow =>
  deliveryRowOf({ State: 'waiting', DeliveryId: deliveryId, OrderedAt: orderedAt });

function watching(options: {
  visible?: readonly StoredMessage[];
  resets?: readonly StoredMessage[];
  rows?: Readonly<Record<string, readonly DeliveryRow[]>>;
  connections?: readonly string[];
  poison?: Error;
  ledger?: Error;
}) {
  const log = recordingLog();
  const orders = readerOf(options.visible ?? [], 7);
  const asked: string[] = [];
  const watch = makeWatchQueues({
    watchPoison: [
      async () => {
        if (options.poison) throw options.poison;
      },
    ],
    queues: { 'provisioning-orders': orders, 'provisioning-orders-poison': readerOf([], 2) },
    orders,
    resets: readerOf(options.resets ?? []),
    ledger: ledgerThat(() => {}, {
      listWaiting: async (partition) => {
        if (options.ledger) throw options.ledger;
        asked.push(partition);
        return (options.rows?.[partition] ?? []).map((row) => ({ ...row, rowKey: row.DeliveryId }));
      },
    }),
    mappings: {
      find: () => Promise.reject(new Error('Expected no such reading')),
      of: () => Promise.reject(new Error('Expected no such reading')),
      connections: async () => options.connections ?? ['A', 'B'],
    },
    clock: manualClock(NOW),
    log,
  });
  const fields = (event: string) => log.events.filter((one) => one.event === event).map((one) => one.fields);
  return { watch, asked, fields };
}

describe('makeWatchQueues', () => {
  it('says how long every queue is', async () => {
    const { watch, fields } = watching({});
    await watch();
    expect(fields('queue.watched')).toEqual([
      { queue: 'provisioning-orders', length: 7 },
      { queue: 'provisioning-orders-poison', length: 2 },
    ]);
    expect(fields('orders.waiting')).toEqual([{ orders: 0, oldestAgeInSeconds: 0 }]);
  });

  it('counts visible and waiting orders once each, in every connection and in none, and finds the oldest', async () => {
    const { watch, asked, fields } = watching({
      visible: [
        messageOf(anOrder(), new Date('2026-11-23T11:59:00.000Z')),
        messageOf(anEnvelope(anOrder(), { DeliveryId: 'both', OrderedAt: '2026-11-23T11:00:00.000Z#000000' })),
      ],
      rows: {
        A: [waitingRow('both', '2026-11-23T11:00:00.000Z#000000')],
        _none: [waitingRow('oldest', '2026-11-22T12:00:00.000Z#000009')],
      },
    });
    await watch();
    expect(asked.filter((partition) => partition !== '_passwords')).toEqual(['A', 'B', '_none']);
    expect(fields('orders.waiting')).toEqual([{ orders: 3, oldestAgeInSeconds: 86_400 }]);
  });

  it('counts resets apart from orders', async () => {
    const { watch, fields } = watching({
      resets: [messageOf({ Connection: 'A' }, new Date('2026-11-23T11:59:00.000Z'))],
      rows: { _passwords: [waitingRow('one', '2026-11-23T11:50:00.000Z#000000')] },
    });
    await watch();
    expect(fields('orders.waiting')).toEqual([{ orders: 0, oldestAgeInSeconds: 0 }]);
    expect(fields('resets.waiting')).toEqual([{ resets: 2, oldestAgeInSeconds: 600 }]);
  });

  it.each([
    ['visible', { visible: [messageOf(anOrder(), new Date('2026-11-23T11:58:00.000Z'))] }],
    ['waiting', { rows: { B: [waitingRow('one', '2026-11-23T11:58:00.000Z#000000')] } }],
  ])('finds the oldest where it is only %s', async (_name, options) => {
    const { watch, fields } = watching(options);
    await watch();
    expect(fields('orders.waiting')).toEqual([{ orders: 1, oldestAgeInSeconds: 120 }]);
  });

  it.each(['2026-11-23T13:00:00.000Z#000000', '2026-13-45T13:00:00.000Z#000000'])(
    'has no age for an order given at %s, and none the less for others',
    async (odd) => {
      const alone = watching({ rows: { A: [waitingRow('odd', odd)] } });
      await alone.watch();
      expect(alone.fields('orders.waiting')).toEqual([{ orders: 1, oldestAgeInSeconds: 0 }]);
      const beside = watching({
        rows: { A: [waitingRow('one', '2026-11-23T11:58:00.000Z#000000'), waitingRow('odd', odd)] },
      });
      await beside.watch();
      expect(beside.fields('orders.waiting')).toEqual([{ orders: 2, oldestAgeInSeconds: 120 }]);
    },
  );

  it('tells the rest where one part fails, and then fails with it', async () => {
    const { watch, fields } = watching({ poison: new UnavailableError('no poison') });
    await expect(watch()).rejects.toThrow('no poison');
    expect([fields('queue.watched'), fields('orders.waiting')].map(({ length }) => length)).toEqual([2, 1]);
    const both = watching({ poison: new UnavailableError('no poison'), ledger: new UnavailableError('no ledger') });
    await expect(both.watch()).rejects.toMatchObject({
      errors: [{ message: 'no poison' }, { message: 'no ledger' }, { message: 'no ledger' }],
    });
    expect(both.fields('queue.watched')).toHaveLength(2);
  });
});
