import { sha256Hex } from '../canonical-json.ts';
import { PermanentError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { LARGEST_MESSAGE_IN_BYTES } from '../storage/message-queue.ts';
import type { Envelope } from './envelope.ts';

/** Keeps what is too large for a message in container `provisioning-orders`. */
export interface OrderStore {
  /**
   * The content an envelope carries or points at.
   *
   * @throws PermanentError where the blob is missing or is not JSON.
   */
  contentOf(envelope: Envelope): Promise<unknown>;
  /** The envelope as it fits into a message: an order that is too large goes by blob, always under the same name. */
  fit(envelope: Envelope): Promise<Envelope>;
}

/** The order store on a container. */
export function makeOrderStore(blobs: BlobStore): OrderStore {
  return {
    async contentOf({ Order, OrdersBlob }) {
      if (OrdersBlob === undefined) return Order;
      if (OrdersBlob.length > 1_024 || OrdersBlob.split(/[\\/]/).some((segment) => segment === '.' || segment === '..'))
        throw new PermanentError(
          'Expected in OrdersBlob a path inside container provisioning-orders, of at most 1,024 characters and without . and .. in it',
        );
      const blob = await blobs.read(OrdersBlob);
      if (!blob)
        throw new PermanentError(
          `Expected the orders in blob "${OrdersBlob}" of container provisioning-orders, found no such blob: write it before the message is sent`,
        );
      try {
        return JSON.parse(blob.text.replace(/^\uFEFF/, ''));
      } catch {
        throw new PermanentError(
          `Expected JSON in blob "${OrdersBlob}" of container provisioning-orders, got ${blob.text.length} characters that are not`,
        );
      }
    },

    async fit(envelope) {
      if (Buffer.byteLength(JSON.stringify(envelope)) <= LARGEST_MESSAGE_IN_BYTES || envelope.OrdersBlob !== undefined)
        return envelope;
      const { Order, ...rest } = envelope;
      const path = `${sha256Hex(envelope.DeliveryId, 40)}.json`;
      await blobs.write(path, JSON.stringify(Order));
      return { ...rest, OrdersBlob: path };
    },
  };
}
