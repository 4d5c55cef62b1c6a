import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import { parse } from '../parse.ts';
import type { EntityTable, StoredEntity } from '../storage/entity-table.ts';

/** Storage's clock shows whole seconds; an end counts only when it is past for certain. */
const CLOCK_MARGIN_IN_MS = 2_000;

const slotSchema = z.object({ v: z.number(), Owner: z.string(), LeaseInMs: z.number() });
const waitSchema = z.object({ v: z.number(), Since: z.string(), Rank: z.optional(z.number()), LiveInMs: z.number() });
const circuitSchema = z.object({
  v: z.number(),
  /** How often in a row the host was found unwell; 0 where it asked for the pause itself. */
  Trips: z.number(),
  PauseInMs: z.number(),
  /** The turn of who looks whether the host is well again; empty for nobody. */
  Holder: z.string(),
});
const limitSchema = z.object({ v: z.number(), Limit: z.number(), LiveInMs: z.number() });

/** The columns of a host that is not to be called for `PauseInMs` after they were written. */
export type CircuitColumns = z.infer<typeof circuitSchema>;

/** A row and what is in it; `isLive` says whether the time it gives itself is not over yet, all by storage's clock. */
export interface LimitRow<T> {
  readonly columns: T;
  readonly rowKey: string;
  readonly etag: string;
  readonly isLive: boolean;
  /** How long ago it was written, less up to a second. */
  readonly ageInMs: number;
}

/** The permits of one pool, and who waits for one. */
export interface LeaseRows {
  readonly slots: readonly LimitRow<z.infer<typeof slotSchema>>[];
  /** Instances that wait for a permit. */
  readonly waiting: readonly LimitRow<z.infer<typeof waitSchema>>[];
  /** The limits that somebody named lately, where the smallest one counts for all. */
  readonly limits: readonly LimitRow<z.infer<typeof limitSchema>>[];
  /** When they were read, by storage's clock. */
  readonly readAt: Date;
}

/** Some rows of table `limits` that were read in one call. */
export interface LimitRows {
  /** Those whose key begins so; a row that can't be read is as good as none. */
  beginningWith<T>(prefix: string, schema: z.ZodMiniType<T>, lastsInMs: (columns: T) => number): LimitRow<T>[];
  readonly leases: LeaseRows;
}

/** The names of a pool's rows: they sort together. */
export function leaseRowKeys(pool: string) {
  const key = sha256Hex(pool, 32);
  return {
    slot: (index: number) => `${key}.slot.${index}`,
    waiting: (owner: string) => `${key}.wait.${owner}`,
    limit: (limit: number) => `${key}.limit.${limit}`,
    from: `${key}.`,
    to: `${key}.~`,
  };
}

/** The name of the row that says that a host is paused. */
export function circuitRowKey(host: string): string {
  return `${leaseRowKeys(host).from}circuit`;
}

/** The row that says that a host is paused, if there is one; however old it is. */
export function circuitIn(rows: LimitRows, host: string): LimitRow<CircuitColumns> | undefined {
  return rows.beginningWith(circuitRowKey(host), circuitSchema, ({ PauseInMs }) => PauseInMs)[0];
}

/** Reads all rows of a pool in one call. */
export async function readLimitRows(table: EntityTable, partition: string, pool: string): Promise<LimitRows> {
  const { from, to } = leaseRowKeys(pool);
  const { entities, readAt } = await table.list(partition, from, to);
  const beginningWith: LimitRows['beginningWith'] = (prefix, schema, lastsInMs) =>
    entities.flatMap((entity) => {
      const columns = entity.rowKey.startsWith(prefix) ? readColumns(schema, entity) : undefined;
      if (columns === undefined) return [];
      const ageInMs = readAt.getTime() - entity.writtenAt.getTime();
      const isLive = ageInMs < lastsInMs(columns) + CLOCK_MARGIN_IN_MS;
      return [{ columns, rowKey: entity.rowKey, etag: entity.etag, isLive, ageInMs }];
    });
  return {
    beginningWith,
    leases: {
      readAt,
      slots: beginningWith(`${from}slot.`, slotSchema, ({ LeaseInMs }) => LeaseInMs),
      waiting: beginningWith(`${from}wait.`, waitSchema, ({ LiveInMs }) => LiveInMs),
      limits: beginningWith(`${from}limit.`, limitSchema, ({ LiveInMs }) => LiveInMs),
    },
  };
}

/** What is in a row, if it is of that kind. */
export function readColumns<T>(schema: z.ZodMiniType<T>, { columns }: StoredEntity): T | undefined {
  const parsed = parse(schema, columns);
  return parsed.ok ? parsed.value : undefined;
}
