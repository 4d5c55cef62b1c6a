import { randomUUID } from 'node:crypto';
import { ORDERS_QUEUE, RESETS_QUEUE } from '../../shared/storage/storage-names.ts';
import type { StorageClients } from './storage-clients.ts';

/** How an order went out: by which message, and by which blob where it was too large for one. */
export interface SentOrder {
  readonly messageId: string;
  readonly blob?: string;
}

/** 64 KiB of Base64. Public documentation: "Scalability and performance targets for Queue Storage". */
const LARGEST_MESSAGE_IN_BYTES = 48 * 1024;

/**
 * Puts Identity Manager's file content, whatever it is, on queue `provisioning-orders` as it would: Base64 of UTF-8,
 * with endless life. What is too large for a message goes into container `provisioning-orders`, and the message names it.
 */
export async function sendOrder(storage: StorageClients, text: string): Promise<SentOrder> {
  if (Buffer.byteLength(text) <= LARGEST_MESSAGE_IN_BYTES)
    return { messageId: await send(storage, ORDERS_QUEUE, text) };
  const blob = `${randomUUID()}.json`;
  const content = Buffer.from(text);
  await storage.container('provisioning-orders').getBlockBlobClient(blob).upload(content, content.length);
  return { messageId: await send(storage, ORDERS_QUEUE, JSON.stringify({ OrdersBlob: blob })), blob };
}

/** Puts the text of a password reset on queue `password-resets`; gives the id of the message. */
export async function sendReset(storage: StorageClients, text: string): Promise<string> {
  return send(storage, RESETS_QUEUE, text);
}

async function send(storage: StorageClients, queue: string, text: string): Promise<string> {
  const message = Buffer.from(text).toString('base64');
  return (await storage.queue(queue).sendMessage(message, { messageTimeToLive: -1 })).messageId;
}
