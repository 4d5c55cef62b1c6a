import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';
import type { BlobStore } from '../storage/blob-store.ts';

const schema = z.looseObject({
  v: z.int().check(z.minimum(1)),
  Connection: z.string(),
  Table: z.string(),
  /** The instance's own clock when the first page of the last finished poll was made, ISO 8601. */
  PolledAt: z.string(),
});

/** The point up to which a connection's tickets of one table were polled. */
export interface PollCookie {
  /** The instance's own time of the last finished poll; `undefined` before the first. */
  readonly polledAt: Date | undefined;
  /** Moves the point; another poller that moved it meanwhile wins, and nothing is lost by that. */
  move(polledAt: Date): Promise<void>;
}

/** Reads the cookie of one connection and table, a readable JSON blob under `TicketCookieDirectoryPath`. */
export async function readPollCookie(
  blobs: BlobStore,
  at: { readonly directory: string; readonly connection: string; readonly table: string },
): Promise<PollCookie> {
  const directory = at.directory.replaceAll('\\', '/').replace(/^(?:[A-Za-z]:)?[./]+|\/+$/g, '');
  const path = `${directory === '' ? '' : `${directory}/`}${at.connection}_${at.table}.json`;
  const stored = await blobs.read(path);
  const parsed = stored && parseJson(schema, stored.text);
  const polledAt = parsed?.ok ? new Date(parsed.value.PolledAt) : undefined;
  return {
    // A cookie that can't be read means polling from the start: more calls, nothing lost.
    polledAt: polledAt && !Number.isNaN(polledAt.getTime()) ? polledAt : undefined,
    async move(to) {
      if (polledAt && to <= polledAt) return;
      const cookie = { v: 1, Connection: at.connection, Table: at.table, PolledAt: to.toISOString() };
      await blobs.replace(path, `${JSON.stringify(cookie, null, 2)}\n`, stored?.etag);
    },
  };
}
