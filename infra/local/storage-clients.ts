import { TableClient } from '@azure/data-tables';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { makeIdentityCredential } from './identity-credential.ts';

/** Where a storage account and the identity that may use it are. */
export interface StorageAddresses {
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly identity: { readonly endpoint: string; readonly header: string };
}

/** The queues, tables and containers of one storage account, by name. */
export interface StorageClients {
  queue(name: string): QueueClient;
  table(name: string): TableClient;
  container(name: string): ContainerClient;
}

/** Makes real clients that sign in with a managed identity; nothing is created or called yet. */
export function makeStorageClients(addresses: StorageAddresses): StorageClients {
  const credential = makeIdentityCredential(addresses.identity);
  const queues = new QueueServiceClient(addresses.queueUrl, credential);
  const blobs = new BlobServiceClient(addresses.blobUrl, credential);
  return {
    queue: (name) => queues.getQueueClient(name),
    table: (name) => new TableClient(addresses.tableUrl, name, credential),
    container: (name) => blobs.getContainerClient(name),
  };
}
