import { type PasswordResult, passwordResult } from '../../shared/passwords/password-result.ts';
import { type ProvisioningResult, provisioningResult } from '../../shared/provisioning/result.ts';
import type { StorageClients } from './storage-clients.ts';

/**
 * Takes every result off queue `provisioning-results`, as Identity Manager's side does, and gives them in the order
 * of the queue.
 * @throws where a message is not a result; it stays on the queue.
 */
export async function receiveResults(storage: StorageClients): Promise<ProvisioningResult[]> {
  return receive(storage, 'provisioning-results', (value) => provisioningResult.parse(value));
}

/** The same of queue `password-results`. */
export async function receivePasswordResults(storage: StorageClients): Promise<PasswordResult[]> {
  return receive(storage, 'password-results', (value) => passwordResult.parse(value));
}

async function receive<T>(storage: StorageClients, name: string, read: (value: unknown) => T): Promise<T[]> {
  const queue = storage.queue(name);
  const results: T[] = [];
  for (;;) {
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
    if (receivedMessageItems.length === 0) return results;
    for (const { messageText, messageId, popReceipt } of receivedMessageItems) {
      results.push(read(readMessage(messageText)));
      await queue.deleteMessage(messageId, popReceipt);
    }
  }
}

/** The value of a queue message that is JSON in Base64. @throws where it is not. */
export function readMessage(messageText: string): unknown {
  return JSON.parse(Buffer.from(messageText, 'base64').toString());
}
