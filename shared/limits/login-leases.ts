import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { LOGIN_PARTITION, type LoginRows, loginRowKeys } from './login-rows.ts';

/** A permit that nobody has; `etag` is its row's, where there is one. */
export interface FreeSlot {
  readonly index: number;
  readonly etag: string | undefined;
}

/** One instance's leases of permits, and its place in line, in table `limits`. Every method throws UnavailableError. */
export interface LoginLeases {
  /** Leases a permit or renews that; gives the new ETag, or none where another instance was quicker. */
  take(login: string, slot: FreeSlot): Promise<string | undefined>;
  /** Lets others have it. */
  giveUp(login: string, slot: FreeSlot): Promise<void>;
  /** The permits up to `limit` that can be taken. */
  free(login: string, rows: LoginRows, limit: number): readonly FreeSlot[];
  /** Who else stands in line. */
  others(login: string, rows: LoginRows): LoginRows['waiting'];
  /** Stands in line since then, by storage's clock; has to be said again and again. */
  stand(login: string, since: Date): Promise<void>;
  /** How many of these others have stood in line for longer. */
  ahead(login: string, others: LoginRows['waiting'], since: Date): number;
  /** Leaves the line. */
  leave(login: string): Promise<void>;
  /** Removes the row of an instance that went while it stood in line. */
  tidy(rows: LoginRows): Promise<void>;
}

/** Who stands in line says so again this often, and is forgotten when it has not for twice as long. */
export const ANNOUNCE_EVERY_IN_MS = 2_000;
/** The row of who has been forgotten for so long is nobody's any more. */
const FORGOTTEN_FOR_IN_MS = 60_000;

/** Builds the leases of `owner`, which is told from all other instances. */
export function makeLoginLeases(table: EntityTable, owner: string, leaseInMs: number): LoginLeases {
  async function write(login: string, { index, etag }: FreeSlot, holder: string): Promise<string | undefined> {
    const rowKey = loginRowKeys(login).slot(index);
    const columns = { v: 1, Owner: holder, LeaseInMs: leaseInMs };
    try {
      const change =
        etag === undefined
          ? ({ kind: 'insert', rowKey, columns } as const)
          : ({ kind: 'replace', rowKey, etag, columns } as const);
      return (await table.commit(LOGIN_PARTITION, [change])).get(rowKey);
    } catch (error) {
      if (error instanceof ConflictError) return undefined;
      throw error;
    }
  }

  async function remove(rowKey: string): Promise<void> {
    try {
      await table.commit(LOGIN_PARTITION, [{ kind: 'delete', rowKey }]);
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  return {
    take: (login, slot) => write(login, slot, owner),
    giveUp: async (login, slot) => void (await write(login, slot, '')),
    free(login, rows, limit) {
      const keys = loginRowKeys(login);
      return Array.from({ length: limit }, (_, index) => index).flatMap((index) => {
        const row = rows.slots.find(({ rowKey }) => rowKey === keys.slot(index));
        // What is its own already counts as free: the answer to the lease, or to its end, was lost.
        const isTaken = row?.isLive && row.columns.Owner !== '' && row.columns.Owner !== owner;
        return isTaken ? [] : [{ index, etag: row?.etag }];
      });
    },
    others(login, { waiting }) {
      const own = loginRowKeys(login).waiting(owner);
      return waiting.filter(({ rowKey, isLive }) => isLive && rowKey !== own);
    },
    async stand(login, since) {
      const columns = { v: 1, Since: since.toISOString(), LiveInMs: 2 * ANNOUNCE_EVERY_IN_MS };
      await table.commit(LOGIN_PARTITION, [{ kind: 'put', rowKey: loginRowKeys(login).waiting(owner), columns }]);
    },
    ahead(login, others, since) {
      const own = placeOf(since.toISOString(), loginRowKeys(login).waiting(owner));
      return others.filter(({ columns, rowKey }) => placeOf(columns.Since, rowKey) < own).length;
    },
    leave: (login) => remove(loginRowKeys(login).waiting(owner)),
    async tidy({ waiting }) {
      const left = waiting.find(({ columns, ageInMs }) => ageInMs > columns.LiveInMs + FORGOTTEN_FOR_IN_MS);
      if (left) await remove(left.rowKey);
    },
  };
}

/** Where an instance stands in line; who came in the same second is told apart by name. */
function placeOf(since: string, rowKey: string): string {
  return `${since} ${rowKey}`;
}
