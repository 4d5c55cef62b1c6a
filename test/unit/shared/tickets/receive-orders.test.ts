import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldError, PermanentError, UnavailableError } from '../../../../shared/errors.ts';
import { makeOnFailure } from '../../../../shared/on-failure.ts';
import { openMessage, ordersIn, readEnvelope } from '../../../../shared/provisioning/envelope.ts';
import { makeOrderStore } from '../../../../shared/provisioning/order-store.ts';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';
import type { MessageQueue } from '../../../../shared/storage/message-queue.ts';
import { makeKeepRepeat } from '../../../../shared/tickets/keep-repeat.ts';
import { makeLedger } from '../../../../shared/tickets/ledger.ts';
import { makePutBack } from '../../../../shared/tickets/put-back.ts';
import { makeReceiveOrders } from '../../../../shared/tickets/receive-orders.ts';
import { makeRejectOrder } from '../../../../shared/tickets/reject-order.ts';
import { makeSettlePending } from '../../../../shared/tickets/settle-pending.ts';
import { hostileJson } from '../../../hostile-json.ts';
import { anOrder } from '../../../orders.ts';
import { memoryTable } from '../limits/memory-table.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { recordingLog } from '../recording-log.ts';

/** The receiver with everything behind it that is ours, on storage in memory; no ticket can be made. */
function makeReceiver(openConnection: () => never) {
  const clock = manualClock();
  const log = recordingLog();
  const sent: Record<'orders' | 'poison' | 'results', unknown[]> = { orders: [], poison: [], results: [] };
  const queue = (name: keyof typeof sent): MessageQueue => ({
    send: async (body) => void sent[name].push(JSON.parse(JSON.stringify(body))),
  });
  const [orders, poison, results] = [queue('orders'), queue('poison'), queue('results')];
  const store = makeOrderStore(memoryBlobs({ 'rubbish.json': 'no JSON' }));
  const ledger = makeLedger(memoryTable(), clock);
  const settle = makeSettlePending({ ledger, results, poison, log });
  const putBack = makePutBack({ ledger, orders, store, clock, log });
  const mapping = readMapping({ Connection: 'Help', TicketCallerId: 'ServiceNowUserName' });
  const receive = makeReceiveOrders({
    config: { installationId: 'test' },
    mappings: {
      find: async (resourceType) => {
        if (mapping.ok && resourceType === 'SAP_User_NominativeUser') return mapping.value;
        throw new PermanentError('Expected a mapping, found none');
      },
      connections: async () => ['Help'],
      of: async () => [],
    },
    ledger,
    serviceNow: { open: async () => openConnection() },
    create: () => Promise.reject(new Error('never called without a connection')),
    reject: makeRejectOrder({ ledger, poison, store, settle, putBack, clock, log }),
    keepRepeat: makeKeepRepeat({ ledger, poison, store, log }),
    putBack,
    orders,
    store,
    holds: { enter: async () => undefined },
    onFailure: makeOnFailure({
      config: { deferral: { firstInMs: 1, longestInMs: 1, limitInMs: 1 }, holdInMs: 1 },
      holds: { place: async () => undefined, isAlone: async () => false },
      track: { succeedsLately: async () => true, refused: async () => 1 },
      putBack,
      random: () => 0.5,
    }),
    log,
  });
  return { receive, sent };
}

const metadata = { id: 'm', insertionTime: '2026-11-20T08:15:30+00:00', traceParent: undefined };
const open = (body: unknown) => openMessage(body, metadata, new Date(0));
const held = () => {
  throw new HoldError('connection Help', 'settings missing');
};
const away = () => {
  throw new UnavailableError('nobody there');
};

/** JSON that is nearly an order: members of a good one are replaced by anything. */
const nearOrder = fc
  .record(Object.fromEntries(Object.keys(anOrder()).map((name) => [name, fc.oneof(fc.constant('keep'), hostileJson)])))
  .map((changes) => anOrder(Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== 'keep'))));

const anyBody = fc.oneof(
  hostileJson,
  fc.jsonValue(),
  nearOrder,
  fc.array(fc.oneof(nearOrder, hostileJson), { maxLength: 4 }).map((list) => ({ ProvisioningOrdersList: list })),
  fc.constantFrom({ OrdersBlob: 'rubbish.json' }, { OrdersBlob: 'missing.json' }, { OrdersBlob: '../other' }),
);

describe('receiving whatever comes', () => {
  it.each([
    ['a connection that is on hold', held],
    ['a connection that is away', away],
  ])('never throws and keeps every order in a queue, with %s', async (_name, openConnection) => {
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { receive, sent } = makeReceiver(openConnection);
        const envelope = open(body);
        await receive(envelope);
        const kept = [...sent.orders, ...sent.poison];
        const count = envelope.OrdersBlob === undefined ? ordersIn(envelope.Order).orders.length : 1;
        expect(kept).toHaveLength(Math.max(count, 1));
        for (const message of kept) expect(readEnvelope(message)?.DeliveryId).toContain(envelope.DeliveryId);
        for (const message of sent.poison) expect(readEnvelope(message)?.Reason).toBeTruthy();
      }),
      { numRuns: 300 },
    );
  });

  it('does not swallow what nobody foresaw', async () => {
    const { receive } = makeReceiver(() => {
      throw new TypeError('a bug');
    });
    await expect(receive(open(anOrder()))).rejects.toThrow('a bug');
  });
});
