import type { QueueClient } from '@azure/storage-queue';
import { once } from '../once.ts';
import type { LoadCredential } from './credential.ts';
import { retryOptions } from './retry-options.ts';

/** The SDK's client of one queue, loaded and built at its first use. */
export function queueClient(
  serviceUrl: string,
  name: string,
  loadCredential: LoadCredential,
): () => Promise<QueueClient> {
  return once(async () => {
    const [{ QueueClient }, credential] = await Promise.all([import('@azure/storage-queue'), loadCredential()]);
    return new QueueClient(`${serviceUrl.replace(/\/$/, '')}/${name}`, credential, { retryOptions });
  });
}
