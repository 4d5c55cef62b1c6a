import * as z from 'zod/mini';
import type { EntityTable, StoredEntity } from '../storage/entity-table.ts';
import { type LeaseRows, type LimitRow, leaseRowKeys, readColumns, readLimitRows } from './lease-rows.ts';

/** The partition of table `limits` that logins are in. */
export const LOGIN_PARTITION = 'login';

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

/** The columns of a login that was refused: stopped while it has failures, afterwards a memory of what was refused. */
export type StopColumns = z.infer<typeof stopSchema>;

/** Everything that all instances share about one login. */
export interface LoginRows extends LeaseRows {
  readonly stop: LimitRow<StopColumns> | undefined;
}

/** The names of a login's rows: they sort together. */
export function loginRowKeys(login: string) {
  const keys = leaseRowKeys(login);
  return { ...keys, stop: `${keys.from}stop` };
}

/** Reads all rows of a login in one call. A row that can't be read is as good as none. */
export async function readLoginRows(table: EntityTable, login: string): Promise<LoginRows> {
  const { leases, beginningWith } = await readLimitRows(table, LOGIN_PARTITION, login);
  const [stop] = beginningWith(loginRowKeys(login).stop, stopSchema, ({ LiveInMs }) => LiveInMs);
  return { ...leases, stop };
}

/** The stop in a row of the partition, if it is one. */
export function readStop(entity: StoredEntity): StopColumns | undefined {
  return entity.rowKey.endsWith('.stop') ? readColumns(stopSchema, entity) : undefined;
}
