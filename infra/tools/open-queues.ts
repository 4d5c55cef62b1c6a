import { makeWhyNotReplayReset, openPoisonedReset, summarizeReset } from '../../shared/passwords/poisoned-reset.ts';
import { makeRejectReset } from '../../shared/passwords/reject-reset.ts';
import { makeResetLedger } from '../../shared/passwords/reset-ledger.ts';
import { makeSettleReset } from '../../shared/passwords/settle-reset.ts';
import { makeFindTickets } from '../../shared/poison/find-tickets.ts';
import { openPoisoned, summarizeContent } from '../../shared/poison/poisoned-message.ts';
import { makeWhyNotReplayOrder } from '../../shared/poison/replay-poisoned.ts';
import { makeMappings } from '../../shared/provisioning/mappings.ts';
import { makeOrderStore } from '../../shared/provisioning/order-store.ts';
import { blobStore } from '../../shared/storage/blob-store.ts';
import { entityTable } from '../../shared/storage/entity-table.ts';
import { messageQueue } from '../../shared/storage/message-queue.ts';
import { queueReader } from '../../shared/storage/queue-reader.ts';
import { ORDERS_QUEUE, POISON_QUEUE, RESETS_POISON_QUEUE, RESETS_QUEUE } from '../../shared/storage/storage-names.ts';
import { makeLedger } from '../../shared/tickets/ledger.ts';
import { makeRejectOrder } from '../../shared/tickets/reject-order.ts';
import { makeSettlePending } from '../../shared/tickets/settle-pending.ts';
import { makeGiveUpOrder, makeGiveUpReset } from './give-up.ts';
import type { Tools } from './open-tools.ts';

/** The queues, the ledger and what else orders are kept in, built for a command; nothing is called yet. */
export function openQueues(tools: Tools) {
  const { clock, log } = tools;
  const { queue, reader, store, ledger } = openStorage(tools);
  const mappings = makeMappings(tools.readSettings, log);
  const poison = queue(POISON_QUEUE);
  const settle = makeSettlePending({ ledger, results: queue('provisioning-results'), poison, log });
  const { installationId } = tools.config;
  return {
    poisonName: POISON_QUEUE,
    poison: reader(POISON_QUEUE),
    /** The same queue, to put something there. */
    toPoison: poison,
    open: openPoisoned,
    summarize: summarizeContent,
    whyNot: makeWhyNotReplayOrder(makeFindTickets({ installationId, mappings, ledger, store })),
    /** The queue of orders, to look into. */
    waiting: reader(ORDERS_QUEUE),
    orders: queue(ORDERS_QUEUE),
    store,
    ledger,
    mappings,
    /** Gives an order up as the app does; one that somebody works on stays where it is. */
    giveUp: makeGiveUpOrder({
      installationId,
      store,
      reject: makeRejectOrder({ ledger, poison, store, settle, putBack: async () => {}, clock, log }),
    }),
  };
}

/** The same of password resets. */
export function openResetQueues(tools: Tools) {
  const { clock, log } = tools;
  const { queue, reader, store, ledger, tickets } = openStorage(tools);
  const resets = makeResetLedger(tickets);
  const poison = queue(RESETS_POISON_QUEUE);
  const settle = makeSettleReset({ resets, ledger, results: queue('password-results'), poison, log });
  return {
    poisonName: RESETS_POISON_QUEUE,
    poison: reader(RESETS_POISON_QUEUE),
    open: openPoisonedReset,
    summarize: summarizeReset,
    whyNot: makeWhyNotReplayReset(resets),
    orders: queue(RESETS_QUEUE),
    store,
    ledger,
    giveUp: makeGiveUpReset(makeRejectReset({ resets, settle, clock, log })),
  };
}

function openStorage({ config: { storage }, loadCredential, clock }: Tools) {
  const blobs = `${storage.blobServiceUrl.replace(/\/$/, '')}/provisioning-orders`;
  const tickets = entityTable(storage.tableServiceUrl, 'tickets', loadCredential);
  return {
    queue: (name: string) => messageQueue(storage.queueServiceUrl, name, loadCredential),
    reader: (name: string) => queueReader(storage.queueServiceUrl, name, loadCredential),
    store: makeOrderStore(blobStore(blobs, loadCredential)),
    tickets,
    ledger: makeLedger(tickets, clock),
  };
}
