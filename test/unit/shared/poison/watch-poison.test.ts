import { describe, expect, it } from 'vitest';
import { makeWatchPoison } from '../../../../shared/poison/watch-poison.ts';
import { makeOrderStore } from '../../../../shared/provisioning/order-store.ts';
import type { StoredMessage } from '../../../../shared/storage/queue-reader.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { recordingLog } from '../recording-log.ts';

const WEEK = new Date('2026-11-30T10:00:00.000Z');

interface Failing {
  /** A step that fails, as `send <DeliveryId>` or `remove <id>`. */
  readonly step?: string;
  readonly pace?: () => Promise<number | undefined>;
}

/** A watch over messages in memory; what it does is written down as steps. */
function watching(
  messages: readonly (readonly [id: string, body: unknown, expiresAt?: Date])[],
  failing: Failing = {},
) {
  const steps: string[] = [];
  const sent: unknown[] = [];
  const log = recordingLog();
  const stored: StoredMessage[] = messages.map(([id, body, expiresAt]) => ({
    id,
    text: Buffer.from(JSON.stringify(body)).toString('base64'),
    insertedAt: new Date('2026-11-23T10:00:00.000Z'),
    expiresAt,
  }));
  const step = (name: string) => {
    if (failing.step === name) throw new Error(`could not ${name}`);
    steps.push(name);
  };
  const sendTo = (queue: string) => ({
    send: async (body: unknown, delayInSeconds?: number) => {
      step(`${queue} ${nameOf(body)}`);
      sent.push(delayInSeconds === undefined ? body : { body, delayInSeconds });
    },
  });
  let minute = 0;
  const watch = makeWatchPoison({
    poison: {
      ...sendTo('poison'),
      approximateLength: async () => stored.length,
      peek: async () => stored.slice(0, 32),
      async *takeAll() {
        steps.push('take all');
        for (const message of stored) yield { ...message, remove: async () => step(`remove ${message.id}`) };
      },
    },
    orders: sendTo('orders'),
    store: makeOrderStore(memoryBlobs()),
    pace: failing.pace ?? (async () => 60 * minute++),
    log,
  });
  return { steps, sent, log, watch };
}

function nameOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'DeliveryId' in body ? body.DeliveryId : undefined;
}

const envelope = (name: string, members: object = {}) => anEnvelope(anOrder(), { DeliveryId: name, ...members });

describe('makeWatchPoison', () => {
  it('hides nothing from an operator where nothing expires', async () => {
    const { steps, watch } = watching([['1', envelope('a')]]);
    await watch();
    expect(steps).toEqual([]);
  });

  it('looks behind what a glance shows', async () => {
    const kept = Array.from({ length: 40 }, (_, index) => [`${index}`, envelope(`e-${index}`)] as const);
    const { steps, watch } = watching([...kept, ['last', envelope('last'), WEEK]]);
    await watch();
    expect(steps).toEqual(['take all', 'orders last', 'remove last']);
  });

  it('puts back a minute apart what the platform gave up, and keeps what it gave up again', async () => {
    const { steps, sent, log, watch } = watching([
      ['1', anOrder(), WEEK],
      ['2', envelope('again', { PutBack: true }), WEEK],
      ['3', envelope('ours'), WEEK],
    ]);
    await watch();
    expect(steps).toEqual(['take all', 'orders 1', 'remove 1', 'poison again', 'remove 2', 'orders ours', 'remove 3']);
    expect(sent).toEqual([
      {
        body: expect.objectContaining({ Order: anOrder(), DeliveryId: '1', PutBack: true, Unsure: true }),
        delayInSeconds: 0,
      },
      envelope('again', { PutBack: true, Reason: expect.stringContaining('gave it up again') }),
      { body: envelope('ours', { PutBack: true }), delayInSeconds: 60 },
    ]);
    expect(log.events.map(({ level, event, fields }) => [level, event, fields.deliveryId, fields.became])).toEqual([
      ['error', 'poison.found', '1', 'put back'],
      ['error', 'poison.found', 'again', 'kept'],
      ['error', 'poison.found', 'ours', 'put back'],
    ]);
  });

  it('keeps what there is no minute for, so that it does not expire', async () => {
    const { steps, sent, watch } = watching([['1', anOrder(), WEEK]], { pace: async () => undefined });
    await watch();
    expect(steps).toEqual(['take all', 'poison 1', 'remove 1']);
    expect(sent).toEqual([
      expect.objectContaining({ Unsure: true, Reason: expect.stringContaining('so many others') }),
    ]);
    expect(sent[0]).not.toHaveProperty('PutBack');
  });

  it.each([
    ['orders bad', ['take all', 'orders good', 'remove 2']],
    ['remove 1', ['take all', 'orders bad', 'orders good', 'remove 2']],
  ])('goes on with the others where it could not %s, and says so', async (step, steps) => {
    const watched = watching(
      [
        ['1', envelope('bad'), WEEK],
        ['2', envelope('good'), WEEK],
      ],
      { step },
    );
    await expect(watched.watch()).rejects.toThrow('1 messages of poison could not be seen to');
    expect(watched.steps).toEqual(steps);
    expect(watched.log.events.map(({ fields }) => fields.deliveryId)).toEqual(['good']);
  });
});
