import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';
import type { BlobStore } from '../storage/blob-store.ts';

const schema = z.looseObject({
  v: z.int().check(z.minimum(1)),
  /** Tickets of other installations, by table, as the last run counted them. */
  Foreign: z._default(z.record(z.string(), z.number()), {}),
  /** When each ticket that nobody has finished making was looked for last, by ticket key, ISO 8601. */
  Unfinished: z._default(z.record(z.string(), z.string()), {}),
  /** Since when every open ticket has to have been seen before those that are gone are counted, ISO 8601; kept until then. */
  CountingSince: z.optional(z.string()),
  /** What an operator decided about tickets that are gone; the next run carries it out. */
  Decision: z.optional(z.enum(['accept-loss', 'keep'])),
});

/** What a reconciliation of one connection remembers for the next one. */
export type ReconcileState = z.infer<typeof schema>;

const pathOf = (connection: string) => `reconcile/${connection}.json`;

/** Reads it from `connector-state`; what can't be read is as good as none. */
export async function readReconcileState(blobs: Pick<BlobStore, 'read'>, connection: string) {
  const stored = await blobs.read(pathOf(connection));
  const parsed = stored && parseJson(schema, stored.text);
  const state: ReconcileState = parsed?.ok ? parsed.value : { v: 1, Foreign: {}, Unfinished: {} };
  return { state, etag: stored?.etag };
}

/** Writes it over the version that was read; says whether it did: where somebody else wrote meanwhile, that counts. */
export async function writeReconcileState(
  blobs: Pick<BlobStore, 'replace'>,
  connection: string,
  state: ReconcileState,
  etag: string | undefined,
): Promise<boolean> {
  return (await blobs.replace(pathOf(connection), `${JSON.stringify(state, null, 2)}\n`, etag)) !== undefined;
}
