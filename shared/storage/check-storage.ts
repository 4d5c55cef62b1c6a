import { codeOf } from '../errors.ts';
import type { LoadCredential } from './credential.ts';
import { retryOptions } from './retry-options.ts';
import { statusOf } from './storage-failure.ts';

/** One queue, table or container; `url` is its service's address, a container's own. */
export interface StorageItem {
  readonly kind: 'queue' | 'table' | 'container';
  readonly name: string;
  readonly url: string;
}

/** What a look at it showed. `answer` is the service's or the connection's own word, never a body. */
export type StorageState =
  | { readonly kind: 'there' }
  /** The account answers, and has no such thing. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden'; readonly answer: string }
  | { readonly kind: 'noAnswer'; readonly error: unknown }
  | { readonly kind: 'other'; readonly answer: string };

/** Longer than all tries of a client that is refused at once. */
const LONGEST_IN_MS = 20_000;

/**
 * Looks at one queue, table or container and changes nothing; never throws. Permission needed, each on the item:
 * Storage Queue Data Reader, Storage Table Data Reader, Storage Blob Data Reader.
 */
export async function lookAtStorage(item: StorageItem, loadCredential: LoadCredential): Promise<StorageState> {
  try {
    await look(item, loadCredential);
    return { kind: 'there' };
  } catch (error) {
    const status = statusOf(error);
    const answer = [status, codeOf(error)].filter((part) => part !== undefined).join(' ');
    if (status === undefined) return { kind: 'noAnswer', error };
    if (status === 404) return { kind: 'missing' };
    return status === 403 ? { kind: 'forbidden', answer } : { kind: 'other', answer };
  }
}

async function look({ kind, name, url }: StorageItem, loadCredential: LoadCredential): Promise<void> {
  const credential = await loadCredential();
  const base = url.replace(/\/$/, '');
  const abortSignal = AbortSignal.timeout(LONGEST_IN_MS);
  if (kind === 'queue') {
    const { QueueClient } = await import('@azure/storage-queue');
    await new QueueClient(`${base}/${name}`, credential, { retryOptions }).getProperties({ abortSignal });
  } else if (kind === 'container') {
    const { ContainerClient } = await import('@azure/storage-blob');
    await new ContainerClient(base, credential, { retryOptions }).getProperties({ abortSignal });
  } else {
    const { TableClient, odata } = await import('@azure/data-tables');
    // No row has such a key: what is asked for is only whether the table answers.
    const filter = odata`PartitionKey eq ${'~'} and RowKey eq ${'~'}`;
    const rows = new TableClient(base, name, credential, { retryOptions }).listEntities({
      queryOptions: { filter },
      abortSignal,
    });
    await rows.next();
  }
}
