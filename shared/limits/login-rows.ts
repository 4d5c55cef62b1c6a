import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import { parse } from '../parse.ts';
import type { EntityTable, StoredEntity } from '../storage/entity-table.ts';

/** The partition of table `limits` that logins are in. */
export const LOGIN_PARTITION = 'login';

/** Storage's clock shows whole seconds; an end counts only when it is past for certain. */
const CLOCK_MARGIN_IN_MS = 2_000;

const stopSchema = z.object({
  v: z.number(),
  Login: z.string(),
  Versions: z.string(),
  Failures: z.number(),
  StoppedAt: z.string(),
  Released: z.boolean(),
  /** The turn of who looks whether the login may be tried again; empty for nobody. */
  Holder: z.string(),
  /** How long the turn lasts; without failures, how long the refused versions are remembered. */
  LiveInMs: z.number(),
});
const slotSchema = z.object({ v: z.number(), Owner: z.string(), LeaseInMs: z.number() });
const waitSchema = z.object({ v: z.number(), Since: z.string(), LiveInMs: z.number() });

/** The columns of a login that was refused: stopped while it has failures, afterwards a memory of what was refused. */
export type StopColumns = z.infer<typeof stopSchema>;

/** A row and what is in it; `isLive` says whether the time it gives itself is not over yet, all by storage's clock. */
export interface LimitRow<T> {
  readonly columns: T;
  readonly rowKey: string;
  readonly etag: string;
  readonly isLive: boolean;
  /** How long ago it was written, less up to a second. */
  readonly ageInMs: number;
}

/** Everything that all instances share about one login. */
export interface LoginRows {
  readonly stop: LimitRow<StopColumns> | undefined;
  readonly slots: readonly LimitRow<z.infer<typeof slotSchema>>[];
  /** Instances that wait for a permit. */
  readonly waiting: readonly LimitRow<z.infer<typeof waitSchema>>[];
  /** When they were read, by storage's clock. */
  readonly readAt: Date;
}

/** The names of a login's rows: they sort together. */
export function loginRowKeys(login: string) {
  const key = sha256Hex(login, 32);
  return {
    stop: `${key}.stop`,
    slot: (index: number) => `${key}.slot.${index}`,
    waiting: (owner: string) => `${key}.wait.${owner}`,
    from: `${key}.`,
    to: `${key}.~`,
  };
}

/** Reads all rows of a login in one call. A row that can't be read is as good as none. */
export async function readLoginRows(table: EntityTable, login: string): Promise<LoginRows> {
  const keys = loginRowKeys(login);
  const { entities, readAt } = await table.list(LOGIN_PARTITION, keys.from, keys.to);
  const rows = <T>(prefix: string, schema: z.ZodMiniType<T>, lastsInMs: (columns: T) => number): LimitRow<T>[] =>
    entities.flatMap((entity) => {
      const columns = entity.rowKey.startsWith(prefix) ? read(schema, entity) : undefined;
      if (columns === undefined) return [];
      const ageInMs = readAt.getTime() - entity.writtenAt.getTime();
      const isLive = ageInMs < lastsInMs(columns) + CLOCK_MARGIN_IN_MS;
      return [{ columns, rowKey: entity.rowKey, etag: entity.etag, isLive, ageInMs }];
    });
  return {
    readAt,
    stop: rows(keys.stop, stopSchema, ({ LiveInMs }) => LiveInMs)[0],
    slots: rows(`${keys.from}slot.`, slotSchema, ({ LeaseInMs }) => LeaseInMs),
    waiting: rows(`${keys.from}wait.`, waitSchema, ({ LiveInMs }) => LiveInMs),
  };
}

/** The stop in a row of the partition, if it is one. */
export function readStop(entity: StoredEntity): StopColumns | undefined {
  return entity.rowKey.endsWith('.stop') ? read(stopSchema, entity) : undefined;
}

function read<T>(schema: z.ZodMiniType<T>, { columns }: StoredEntity): T | undefined {
  const parsed = parse(schema, columns);
  return parsed.ok ? parsed.value : undefined;
}
