import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';
import type { BlobStore } from '../storage/blob-store.ts';

const time = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))));

const schema = z.looseObject({
  v: z.int().check(z.minimum(1)),
  Connection: z.string(),
  Table: z.string(),
  /** The instance's own clock when the first page of the last finished poll was made, ISO 8601; absent before the first. */
  PolledAt: z.optional(time),
  /** How far a poll got that is not finished. */
  Unfinished: z.optional(
    z.looseObject({
      /** Which changes it is after: those since then; all where absent. */
      Since: z.optional(time),
      /** The instance's own clock when its first page was made: where the cookie moves when it is finished. */
      ServedAt: time,
      /** Everything up to this `sys_id` is done. */
      After: z.string().check(z.regex(/^[0-9A-Za-z_.-]{1,32}$/)),
    }),
  ),
});

/** A poll that is under way: everything up to `after` is done. */
export interface UnfinishedPoll {
  readonly since: Date | undefined;
  readonly servedAt: Date;
  readonly after: string;
}

/** The point up to which a connection's tickets of one table were polled. */
export interface PollCookie {
  /** The instance's own time of the last finished poll; `undefined` before the first. */
  readonly polledAt: Date | undefined;
  /** The poll that somebody began and did not finish. */
  readonly unfinished: UnfinishedPoll | undefined;
  /** Writes down how far a poll got. Where another poller wrote meanwhile, its cookie stays, and nothing is lost by that. */
  pause(poll: UnfinishedPoll): Promise<void>;
  /** Moves the point, never back. Where another poller wrote meanwhile, its cookie stays. */
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
  // A cookie that can't be read means polling from the start: more calls, nothing lost.
  const { PolledAt, Unfinished } = parsed?.ok ? parsed.value : {};
  const polledAt = dateOf(PolledAt);
  let etag = stored?.etag;
  let isOurs = true;
  let isPaused = Unfinished !== undefined;

  async function write(members: Pick<z.infer<typeof schema>, 'PolledAt' | 'Unfinished'>): Promise<void> {
    if (!isOurs) return;
    const cookie = { v: 1, Connection: at.connection, Table: at.table, ...members };
    etag = await blobs.replace(path, `${JSON.stringify(cookie, null, 2)}\n`, etag);
    isOurs = etag !== undefined;
  }

  return {
    polledAt,
    unfinished: Unfinished && {
      since: dateOf(Unfinished.Since),
      servedAt: new Date(Unfinished.ServedAt),
      after: Unfinished.After,
    },
    pause: ({ since, servedAt, after }) => {
      isPaused = true;
      return write({
        ...(PolledAt !== undefined && { PolledAt }),
        Unfinished: {
          ...(since && { Since: since.toISOString() }),
          ServedAt: servedAt.toISOString(),
          After: after,
        },
      });
    },
    async move(to) {
      if (polledAt && to <= polledAt && !isPaused) return;
      await write({ PolledAt: (polledAt && to <= polledAt ? polledAt : to).toISOString() });
    },
  };
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
