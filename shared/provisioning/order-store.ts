import { sha256Hex } from '../canonical-json.ts';
import { PermanentError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { LARGEST_MESSAGE_IN_BYTES } from '../storage/message-queue.ts';
import { type Envelope, ordersIn } from './envelope.ts';
import { boundNesting } from './nesting.ts';

/** What an envelope carries: its orders, or a list so long that they are drawn one by one, anew at every call. */
export type Content =
  | { readonly kind: 'orders'; readonly list: boolean; readonly orders: readonly unknown[] }
  | { readonly kind: 'longList'; readonly length: number; readonly orders: () => AsyncIterable<unknown> };

/** Where a content is: in the envelope, or where that points. */
type Carrier = Pick<Envelope, 'Order' | 'OrdersBlob'>;

/** Keeps what is too large for a message in container `provisioning-orders`. */
export interface OrderStore {
  /**
   * The content an envelope carries or points at, as a whole.
   *
   * @throws PermanentError where the blob is missing or is not JSON.
   */
  contentOf(envelope: Carrier): Promise<unknown>;
  /** The orders in it, in a memory that does not grow with them. @throws PermanentError as `contentOf` does. */
  ordersOf(envelope: Carrier): Promise<Content>;
  /** The envelope as it fits into a message: an order that is too large goes by blob, always under the same name. */
  fit(envelope: Envelope): Promise<Envelope>;
  /** The paths of all that is kept. */
  list(): AsyncIterable<string>;
  /**
   * Replaces a content by what `change` makes of it; nothing is written where somebody else replaced it meanwhile, and says so.
   *
   * @throws PermanentError as `contentOf` does.
   */
  rewrite(path: string, change: (content: unknown) => unknown): Promise<boolean>;
}

/** From here on a blob is not read as a whole if it holds a list. */
const LARGE_IN_BYTES = 1024 * 1024;

/** The order store on a container. */
export function makeOrderStore(blobs: BlobStore): OrderStore {
  async function contentOf({ Order, OrdersBlob }: Carrier): Promise<unknown> {
    return OrdersBlob === undefined ? Order : (await readContent(OrdersBlob)).content;
  }

  async function readContent(path: string): Promise<{ readonly content: unknown; readonly etag: string }> {
    const blob = await blobs.read(pathOf(path));
    if (!blob) throw missing(path);
    try {
      return { content: JSON.parse(blob.text.replace(/^\uFEFF/, '')), etag: blob.etag };
    } catch {
      throw notJson(path);
    }
  }

  async function* ordersInBlob(path: string): AsyncGenerator<unknown> {
    const { JSONParser } = await import('@streamparser/json');
    const parser = new JSONParser({ paths: ['$.ProvisioningOrdersList.*'], keepStack: false });
    const orders: unknown[] = [];
    parser.onValue = ({ value }) => void orders.push(boundNesting(value));
    let isFirst = true;
    for await (const chunk of blobs.chunks(path)) {
      const hasMark = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
      isFirst = false;
      try {
        parser.write(hasMark ? chunk.subarray(3) : chunk);
      } catch {
        throw notJson(path);
      }
      yield* orders.splice(0);
    }
    if (!parser.isEnded) throw notJson(path);
  }

  return {
    contentOf,

    async ordersOf(envelope) {
      const { OrdersBlob } = envelope;
      if (OrdersBlob !== undefined) {
        const size = await blobs.sizeOf(pathOf(OrdersBlob));
        if (size !== undefined && size > LARGE_IN_BYTES) {
          // All of it is looked through first: nothing of a list is sent on that turns out to be broken.
          let length = 0;
          for await (const _ of ordersInBlob(OrdersBlob)) length += 1;
          if (length > 1) return { kind: 'longList', length, orders: () => ordersInBlob(OrdersBlob) };
        }
      }
      return { kind: 'orders', ...ordersIn(await contentOf(envelope)) };
    },

    async fit(envelope) {
      if (Buffer.byteLength(JSON.stringify(envelope)) <= LARGEST_MESSAGE_IN_BYTES || envelope.OrdersBlob !== undefined)
        return envelope;
      const { Order, ...rest } = envelope;
      const path = `${sha256Hex(envelope.DeliveryId, 40)}.json`;
      await blobs.write(path, JSON.stringify(Order));
      return { ...rest, OrdersBlob: path };
    },

    list: () => blobs.list(),

    async rewrite(path, change) {
      const { content, etag } = await readContent(path);
      return (await blobs.replace(path, JSON.stringify(change(content)), etag)) !== undefined;
    },
  };
}

function pathOf(path: string): string {
  if (path.length <= 1_024 && !path.split(/[\\/]/).some((segment) => segment === '.' || segment === '..')) return path;
  throw new PermanentError(
    'Expected in OrdersBlob a path inside container provisioning-orders, of at most 1,024 characters and without . and .. in it',
  );
}

function missing(path: string): PermanentError {
  return new PermanentError(
    `Expected the orders in blob "${path}" of container provisioning-orders, found no such blob: write it before the message is sent`,
  );
}

function notJson(path: string): PermanentError {
  return new PermanentError(
    `Expected JSON in blob "${path}" of container provisioning-orders, got something that is not: write it anew and replay the order`,
  );
}
