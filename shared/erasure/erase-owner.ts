import type { Mappings } from '../provisioning/mappings.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { QueueReader } from '../storage/queue-reader.ts';
import type { Ledger } from '../tickets/ledger.ts';
import { eraseInBlobs } from './erase-in-blobs.ts';
import { eraseInLedger } from './erase-in-ledger.ts';
import { eraseInPoison } from './erase-in-poison.ts';

/** Whose data is to be blanked, and where. */
export interface AskedErasure {
  /** `Owner.Id` of the person's orders. */
  readonly ownerId: string;
  /** The partitions of the ledger to go through. */
  readonly partitions: readonly string[];
  /** Only tell what would be done. */
  readonly dryRun: boolean;
}

/** One thing that told of the person; `left` says why it still does, and what to do. */
export interface Erased {
  readonly kind: 'ticket' | 'order' | 'poison' | 'blob' | 'queue';
  /** The ticket's key, the order's or message's DeliveryId, the blob's path, the queue's name. */
  readonly name: string;
  readonly left?: string;
}

/** What erasing needs. */
export interface EraseDeps {
  readonly installationId: string;
  readonly ledger: Pick<
    Ledger,
    'listOwned' | 'eraseOwner' | 'listWaiting' | 'readWaiting' | 'readTicket' | 'readAssignment'
  >;
  readonly mappings: Mappings;
  readonly store: OrderStore;
  readonly poison: QueueReader;
  readonly toPoison: MessageQueue;
  readonly waiting: Pick<QueueReader, 'peek'>;
}

/**
 * Blanks a person's data wherever it is kept after the work is done: ledger, story, poison and order blobs. Keys, states and numbers
 * stay. What is still being worked on is left and named, for it could not be finished without; run again when that is over. May be
 * run as often as one likes. Permissions needed: Storage Table Data Contributor on table `tickets`, Storage Queue Data Contributor on
 * both queues of orders, Storage Blob Data Contributor on container `provisioning-orders`.
 *
 * @throws UnavailableError where storage can't be reached; HoldError where a row can't be read.
 */
export async function* eraseOwner(asked: AskedErasure, deps: EraseDeps): AsyncGenerator<Erased> {
  yield* eraseInPoison(asked, deps);
  const isWaiting = (await deps.waiting.peek()).length > 0;
  if (isWaiting)
    yield {
      kind: 'queue',
      name: 'provisioning-orders',
      left: 'orders are on their way, and may bring what blobs hold, so these were not looked at: run it again once they are worked on',
    };
  else yield* eraseInBlobs(asked, deps);
  for (const partition of asked.partitions) yield* eraseInLedger(partition, asked, deps);
}
