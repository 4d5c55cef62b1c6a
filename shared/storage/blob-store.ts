import { Readable } from 'node:stream';
import type { BlobClient } from '@azure/storage-blob';
import { codeOf } from '../errors.ts';
import { once } from '../once.ts';
import type { LoadCredential } from './credential.ts';
import { retryOptions } from './retry-options.ts';
import { reaching, statusOf } from './storage-failure.ts';

/** The text of a blob and the version it had. */
export interface StoredText {
  readonly text: string;
  readonly etag: string;
}

/** Blobs of one container. */
export interface BlobStore {
  /** The blob's bytes, or `undefined` where there is none. Permission needed: Storage Blob Data Reader. */
  download(path: string): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | undefined>;
  /** The blob's bytes as they come; none where there is no blob. Permission needed: Storage Blob Data Reader. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** The blob's size, or `undefined` where there is none. Permission needed: Storage Blob Data Reader. */
  sizeOf(path: string): Promise<number | undefined>;
  /** The blob's text, or `undefined` where there is none. Permission needed: Storage Blob Data Reader. */
  read(path: string): Promise<StoredText | undefined>;
  /** The paths of all blobs that begin so, as storage orders them. Permission needed: Storage Blob Data Reader. */
  list(beginning?: string): AsyncIterable<string>;
  /** Removes a blob; one that is gone already is as good. Permission needed: Storage Blob Data Contributor. */
  remove(path: string): Promise<void>;
  /** Puts a part of a blob aside that nobody sees before it is committed, and that is gone after a week otherwise. Ids of one blob are equally long. */
  stage(path: string, id: string, part: Uint8Array): Promise<void>;
  /**
   * Makes a blob of parts that were put aside, or are in it already, in place of what was there: at once, or not at all. Says whether it
   * did: not where one of them is not there any more.
   */
  commit(
    path: string,
    ids: readonly string[],
    options: { readonly contentType: string; readonly metadata?: Readonly<Record<string, string>> },
  ): Promise<boolean>;
  /** Writes unconditionally. Permission needed: Storage Blob Data Contributor. */
  write(path: string, text: string): Promise<void>;
  /** Writes only over the version given (`undefined`: only where no blob is) and gives the new version; `undefined` where it did not. */
  replace(path: string, text: string, etag: string | undefined): Promise<string | undefined>;
}

/** A container reached with the app's identity; the client is built at the first call. */
export function blobStore(containerUrl: string, loadCredential: LoadCredential): BlobStore {
  const container = once(async () => {
    const [{ ContainerClient }, credential] = await Promise.all([import('@azure/storage-blob'), loadCredential()]);
    return new ContainerClient(containerUrl, credential, { retryOptions });
  });

  async function upload(path: string, text: string, conditions: { ifMatch?: string; ifNoneMatch?: string }) {
    const body = Buffer.from(text, 'utf8');
    const answer = await (await container()).getBlockBlobClient(path).upload(body, body.byteLength, {
      conditions,
      blobHTTPHeaders: { blobContentType: 'application/json; charset=utf-8' },
    });
    return answer.etag;
  }

  /** What a call gives, or `undefined` where there is no such blob. */
  const ifThere = <T>(path: string, call: (blob: BlobClient) => Promise<T>): Promise<T | undefined> =>
    reaching(`read blob ${path}`, async () => {
      try {
        return await call((await container()).getBlobClient(path));
      } catch (error) {
        if (statusOf(error) === 404 && codeOf(error) !== 'ContainerNotFound') return undefined;
        throw error;
      }
    });

  const download: BlobStore['download'] = (path) =>
    ifThere(path, async (blob) => {
      const answer = await blob.download();
      const chunks: Buffer[] = [];
      for await (const chunk of answer.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      return { bytes: Buffer.concat(chunks), etag: answer.etag ?? '' };
    });

  return {
    download,
    async *chunks(path) {
      const answer = await ifThere(path, (blob) => blob.download());
      const chunks = (answer?.readableStreamBody ?? Readable.from([]))[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await reaching(`read blob ${path}`, () => chunks.next());
          if (next.done) return;
          yield Buffer.from(next.value);
        }
      } finally {
        await chunks.return?.();
      }
    },
    async *list(beginning) {
      const what = 'list blobs';
      const pages = await reaching(what, async () =>
        (await container()).listBlobsFlat(beginning === undefined ? {} : { prefix: beginning }).byPage(),
      );
      for (;;) {
        const page = await reaching(what, () => pages.next());
        if (page.done) return;
        for (const { name } of page.value.segment.blobItems) yield name;
      }
    },
    remove: (path) =>
      reaching(
        `remove blob ${path}`,
        async () => void (await (await container()).getBlobClient(path).deleteIfExists()),
      ),
    stage: (path, id, part) =>
      reaching(`write blob ${path}`, async () => {
        const blob = (await container()).getBlockBlobClient(path);
        await blob.stageBlock(Buffer.from(id).toString('base64'), part, part.byteLength);
      }),
    commit: (path, ids, { contentType, metadata = {} }) =>
      reaching(`write blob ${path}`, async () => {
        const blob = (await container()).getBlockBlobClient(path);
        try {
          await blob.commitBlockList(
            ids.map((id) => Buffer.from(id).toString('base64')),
            { blobHTTPHeaders: { blobContentType: contentType }, metadata: { ...metadata } },
          );
          return true;
        } catch (error) {
          if (codeOf(error) === 'InvalidBlockList') return false;
          throw error;
        }
      }),
    sizeOf: (path) => ifThere(path, async (blob) => (await blob.getProperties()).contentLength),
    async read(path) {
      const blob = await download(path);
      return blob && { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(blob.bytes), etag: blob.etag };
    },
    write: (path, text) => reaching(`write blob ${path}`, async () => void (await upload(path, text, {}))),
    replace: (path, text, etag) =>
      reaching(`write blob ${path}`, async () => {
        try {
          return await upload(path, text, etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag });
        } catch (error) {
          const status = statusOf(error);
          if (status === 409 || status === 412) return undefined;
          throw error;
        }
      }),
  };
}
