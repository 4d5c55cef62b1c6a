import type { BlobStore } from '../../../shared/storage/blob-store.ts';

/** A blob container in memory, with ETags that change at every write. */
export interface MemoryBlobs extends BlobStore {
  readonly blobs: Map<string, { text: string; etag: string }>;
}

/** An odd number, so that chunks end within characters. */
const CHUNK_IN_BYTES = 4_099;

/** Builds a container with these blobs. */
export function memoryBlobs(initial: Readonly<Record<string, string>> = {}): MemoryBlobs {
  let version = 0;
  const versioned = (text: string) => ({ text, etag: `"${++version}"` });
  const blobs = new Map(Object.entries(initial).map(([path, text]) => [path, versioned(text)]));
  const parts = new Map<string, string>();
  return {
    blobs,
    download: async (path) => {
      const blob = blobs.get(path);
      return blob && { bytes: Buffer.from(blob.text, 'utf8'), etag: blob.etag };
    },
    async *chunks(path) {
      const bytes = Buffer.from(blobs.get(path)?.text ?? '', 'utf8');
      for (let at = 0; at < bytes.length; at += CHUNK_IN_BYTES) yield bytes.subarray(at, at + CHUNK_IN_BYTES);
    },
    sizeOf: async (path) => {
      const blob = blobs.get(path);
      return blob && Buffer.byteLength(blob.text);
    },
    read: async (path) => blobs.get(path),
    async *list(beginning = '') {
      for (const path of [...blobs.keys()].sort()) if (path.startsWith(beginning)) yield path;
    },
    remove: async (path) => void blobs.delete(path),
    stage: async (path, id, part) => void parts.set(`${path} ${id}`, Buffer.from(part).toString('utf8')),
    commit: async (path, ids) => {
      if (ids.some((id) => !parts.has(`${path} ${id}`))) return false;
      blobs.set(path, versioned(ids.map((id) => parts.get(`${path} ${id}`)).join('')));
      return true;
    },
    write: async (path, text) => void blobs.set(path, versioned(text)),
    replace: async (path, text, etag) => {
      if (blobs.get(path)?.etag !== etag) return undefined;
      const written = versioned(text);
      blobs.set(path, written);
      return written.etag;
    },
  };
}
