import { makeMappings } from '../../shared/provisioning/mappings.ts';
import { makeOrderStore } from '../../shared/provisioning/order-store.ts';
import { blobStore } from '../../shared/storage/blob-store.ts';
import { entityTable } from '../../shared/storage/entity-table.ts';
import { messageQueue } from '../../shared/storage/message-queue.ts';
import { queueReader } from '../../shared/storage/queue-reader.ts';
import { ORDERS_QUEUE, POISON_QUEUE } from '../../shared/storage/storage-names.ts';
import { makeLedger } from '../../shared/tickets/ledger.ts';
import { makeRejectOrder } from '../../shared/tickets/reject-order.ts';
import { makeSettlePending } from '../../shared/tickets/settle-pending.ts';
import type { Tools } from './open-tools.ts';

/** The queues, the ledger and what else orders are kept in, built for a command; nothing is called yet. */
export function openQueues({ config: { storage }, loadCredential, readSettings, clock, log }: Tools) {
  const blobs = `${storage.blobServiceUrl.replace(/\/$/, '')}/provisioning-orders`;
  const queue = (name: string) => messageQueue(storage.queueServiceUrl, name, loadCredential);
  const store = makeOrderStore(blobStore(blobs, loadCredential));
  const ledger = makeLedger(entityTable(storage.tableServiceUrl, 'tickets', loadCredential), clock);
  const poison = queue(POISON_QUEUE);
  const settle = makeSettlePending({ ledger, results: queue('provisioning-results'), poison, log });
  return {
    poison: queueReader(storage.queueServiceUrl, POISON_QUEUE, loadCredential),
    /** The same queue, to put something there. */
    toPoison: poison,
    /** The queue of orders, to look into. */
    waiting: queueReader(storage.queueServiceUrl, ORDERS_QUEUE, loadCredential),
    orders: queue(ORDERS_QUEUE),
    store,
    ledger,
    mappings: makeMappings(readSettings, log),
    /** Gives an order up as the app does; one that somebody works on stays where it is. */
    reject: makeRejectOrder({ ledger, poison, store, settle, putBack: async () => {}, clock, log }),
  };
}
