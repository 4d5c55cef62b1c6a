import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';
import type { BlobStore } from '../storage/blob-store.ts';

const time = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))));

/** What is remembered for finding out what was deleted. */
const deletionState = {
  /** Since when deletions are looked for: behind the cookie for as long as they are not believed. */
  DeletedSince: z.optional(time),
  /** How many rows the instance ought to have, and as of when by its own clock. */
  Expected: z.optional(z.number()),
  ExpectedAt: z.optional(time),
  /** When a look at every row found that none was deleted, though the count was another. */
  SweptInVainAt: z.optional(time),
  /** Up to where a look at every row got that had no more time. */
  SweptTo: z.optional(z.string()),
};

const schema = z.looseObject({
  v: z.int().check(z.minimum(1)),
  Connection: z.string(),
  Table: z.string(),
  /** Columns and filter of the last complete export; with others there has to be a new one. */
  Shape: z.optional(z.string()),
  /** The instance's own clock when the first page of the last finished run was made, ISO 8601. */
  Cookie: z.optional(time),
  /** When the last complete export was begun and its file. */
  CompletedAt: z.optional(time),
  CompleteFile: z.optional(z.string()),
  /** Rows that a reader has by now, and the files that changed them since the complete export. */
  Rows: z.optional(z.number()),
  Incrementals: z._default(z.array(z.string()), []),
  ...deletionState,
  /** The classes of the rows: deletions are filed under these. */
  Classes: z._default(z.array(z.string()), []),
  /** A run that is under way, or was when its process ended. */
  Unfinished: z.optional(
    z.looseObject({
      Run: z.string(),
      Mode: z.enum(['complete', 'incremental']),
      Shape: z.string(),
      StartedAt: time,
      /** The instance's own clock when its first page was made: the cookie to be. */
      ServedAt: z.optional(time),
      /** Of an incremental one: the changes since then. */
      Since: z.optional(time),
      /** Parts of the file that were put aside, by whom, and the rows and bytes in them. */
      Parts: z.array(z.object({ By: z.string(), Count: z.int() })),
      Rows: z.int(),
      Bytes: z.int(),
      /** Everything before this is in them. */
      From: z.optional(z.object({ operator: z.enum(['>', '>=']), value: z.string() })),
      /** Rows that the account may not read, and whether some page came without a count. */
      Hidden: z.int(),
      Uncounted: z.boolean(),
      /** Of a complete one: how many rows the instance counted, and when. */
      Expected: z.optional(z.number()),
      ExpectedAt: z.optional(time),
      /** Rows that were made after the second of `ExpectedAt`, and in it: those may have been counted or not. */
      Inserted: z.int(),
      InsertedThen: z.int(),
      InactiveSeen: z.boolean(),
      Classes: z.array(z.string()),
      /** Columns that no row had. */
      Missing: z.array(z.string()),
      /** Of an incremental one whose deletions are in the file: how many, and what is to be known of them. */
      Deletions: z.optional(z.object({ Rows: z.int(), Reasons: z.array(z.string()), State: z.object(deletionState) })),
    }),
  ),
});

/** What the exports of one table remember. */
export type ExportState = z.infer<typeof schema>;

/** What is remembered for finding out what was deleted. */
export type DeletionState = Pick<ExportState, keyof typeof deletionState>;

/** That part of it, with every member. */
export function deletionStateOf(state: DeletionState): DeletionState {
  const { DeletedSince, Expected, ExpectedAt, SweptInVainAt, SweptTo } = state;
  return { DeletedSince, Expected, ExpectedAt, SweptInVainAt, SweptTo };
}

/** A run that is under way. */
export type UnfinishedRun = NonNullable<ExportState['Unfinished']>;

/** A run that has read nothing yet: incremental with `since`, complete without. Pure. */
export function beginRun(
  name: string,
  { shape, since, now }: { readonly shape: string; readonly since: Date | undefined; readonly now: Date },
): UnfinishedRun {
  return {
    ...{ Run: name, Mode: since ? 'incremental' : 'complete', Shape: shape, StartedAt: now.toISOString() },
    ...(since && { Since: since.toISOString() }),
    ...{ Parts: [], Rows: 0, Bytes: 0, Hidden: 0, Uncounted: false, Inserted: 0, InsertedThen: 0 },
    ...{ InactiveSeen: false, Classes: [], Missing: [] },
  };
}

/** The state as it was read, and how it is written down; a process that lost its turn to another one writes no more. */
export interface StoredExportState {
  readonly state: ExportState;
  /** Says whether it did: where another process wrote meanwhile, that one goes on. */
  save(state: ExportState): Promise<boolean>;
}

/** Reads it from `connector-state`; one that can't be read means a complete export. */
export async function readExportState(
  blobs: Pick<BlobStore, 'read' | 'replace'>,
  connection: string,
  table: string,
): Promise<StoredExportState> {
  const path = `exports/${connection}_${table}.json`;
  const stored = await blobs.read(path);
  const parsed = stored && parseJson(schema, stored.text);
  let etag = stored?.etag;
  let isOurs = true;
  return {
    state: parsed?.ok ? parsed.value : { v: 1, Connection: connection, Table: table, Incrementals: [], Classes: [] },
    async save(state) {
      if (!isOurs) return false;
      etag = await blobs.replace(path, `${JSON.stringify(state, null, 2)}\n`, etag);
      isOurs = etag !== undefined;
      return isOurs;
    },
  };
}
