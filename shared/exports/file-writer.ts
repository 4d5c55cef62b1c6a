import { createHash, type Hash } from 'node:crypto';
import { UnavailableError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';

/** A file that is written in parts, none of which anybody sees before all are there. */
export interface FileWriter {
  /** Takes a whole number of rows. */
  write(rows: Buffer): Promise<void>;
  /** Puts aside what `write` took. */
  flush(): Promise<void>;
  /** What is put aside; what `write` took since is not. */
  progress(): { readonly parts: readonly PartsBy[]; readonly bytes: number };
  /** Makes the file, and where that is wanted those of its other names, at once each. */
  finish(also: { readonly aliases: boolean }): Promise<{ readonly bytes: number; readonly sha256: string }>;
}

/** So many parts, one after another, that one process put aside. Two that take turns never overwrite each other's. */
export interface PartsBy {
  /** Eight characters that no other process has. */
  readonly By: string;
  readonly Count: number;
}

/** A blob holds 50,000 parts, of up to 4,000 MiB. Source: scale targets of Blob Storage. */
const PART_IN_BYTES = 1024 * 1024;
const CSV = 'text/csv; charset=utf-8';

/**
 * Builds the writer of a run's file. `aliases` are other names of the same content. A run that goes on makes what is there a file
 * first, for nothing tells which hash it has but its own bytes; a file of a run has no manifest yet, and nobody reads it. Nothing where
 * that is not there any more.
 *
 * @throws UnavailableError.
 */
export async function openFile(
  blobs: Pick<BlobStore, 'stage' | 'commit' | 'chunks'>,
  path: string,
  options: {
    readonly run: string;
    readonly by: string;
    readonly aliases: readonly string[];
    readonly parts: readonly PartsBy[];
    readonly bytes: number;
  },
): Promise<FileWriter | undefined> {
  const { run, by, aliases } = options;
  const hash = createHash('sha256');
  let own = 0;
  let { bytes } = options;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** One part at a time is under way, while the next one fills. */
  let staging = Promise.resolve();
  const parts = () => (own === 0 ? options.parts : [...options.parts, { By: by, Count: own }]);
  const idOf = (of: string, part: number) => `${run}-${of}-${String(part).padStart(6, '0')}`;
  const ids = () => parts().flatMap(({ By, Count }) => Array.from({ length: Count }, (_, part) => idOf(By, part)));
  if (options.parts.length > 0) {
    if (!(await blobs.commit(path, ids(), { contentType: CSV }))) return undefined;
    if ((await hashFile(hash, blobs, path)) !== bytes) return undefined;
  }

  /** Where somebody else wrote there meanwhile, what was put aside is gone. */
  async function copy(alias: string, options: Parameters<BlobStore['commit']>[2]): Promise<void> {
    const copied: string[] = [];
    for await (const chunk of blobs.chunks(path)) {
      const id = idOf(by, own + copied.length);
      await blobs.stage(alias, id, chunk);
      copied.push(id);
    }
    await blobs.commit(alias, copied, options);
  }

  function take(): Buffer {
    const part = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    return part;
  }

  async function stage(part: Buffer): Promise<void> {
    await Promise.all([path, ...aliases].map((name) => blobs.stage(name, idOf(by, own), part)));
    hash.update(part);
    own += 1;
    bytes += part.byteLength;
  }

  async function flush(): Promise<void> {
    await staging;
    if (waitingBytes > 0) await stage(take());
  }

  return {
    async write(rows) {
      waiting.push(rows);
      waitingBytes += rows.byteLength;
      if (waitingBytes < PART_IN_BYTES) return;
      await staging;
      staging = stage(take());
      // Whoever writes or flushes next is told.
      staging.catch(() => {});
    },
    flush,
    progress: () => ({ parts: parts(), bytes }),
    async finish(also) {
      await flush();
      const sha256 = hash.digest('hex');
      const options = { contentType: CSV, metadata: { run, sha256 } };
      if (!(await blobs.commit(path, ids(), options)))
        throw new UnavailableError(`Parts of ${path} are not there any more; the export begins anew`);
      for (const alias of also.aliases ? aliases : [])
        if (!(await blobs.commit(alias, ids(), options))) await copy(alias, options);
      return { bytes, sha256 };
    },
  };
}

async function hashFile(hash: Hash, blobs: Pick<BlobStore, 'chunks'>, path: string): Promise<number> {
  let read = 0;
  for await (const chunk of blobs.chunks(path)) {
    hash.update(chunk);
    read += chunk.byteLength;
  }
  return read;
}
