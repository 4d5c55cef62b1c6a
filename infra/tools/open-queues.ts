import { makeMappings } from '../../shared/provisioning/mappings.ts';
import { makeOrderStore } from '../../shared/provisioning/order-store.ts';
import { blobStore } from '../../shared/storage/blob-store.ts';
import { entityTable } from '../../shared/storage/entity-table.ts';
import { messageQueue } from '../../shared/storage/message-queue.ts';
import { queueReader } from '../../shared/storage/queue-reader.ts';
import { ORDERS_QUEUE, POISON_QUEUE } from '../../shared/storage/storage-names.ts';
import { makeLedger } from '../../shared/tickets/ledger.ts';
import type { Tools } from './open-tools.ts';

/** The queues, the ledger and what else orders are kept in, built for a command; nothing is called yet. */
export function openQueues({ config: { storage }, loadCredential, readSettings, log }: Tools) {
  const blobs = `${storage.blobServiceUrl.replace(/\/$/, '')}/provisioning-orders`;
  return {
    poison: queueReader(storage.queueServiceUrl, POISON_QUEUE, loadCredential),
    orders: messageQueue(storage.queueServiceUrl, ORDERS_QUEUE, loadCredential),
    store: makeOrderStore(blobStore(blobs, loadCredential)),
    ledger: makeLedger(entityTable(storage.tableServiceUrl, 'tickets', loadCredential)),
    mappings: makeMappings(readSettings, log),
  };
}
