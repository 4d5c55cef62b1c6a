import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { type LeaseRows, leaseRowKeys } from './lease-rows.ts';

/** A permit that nobody has; `etag` is its row's, where there is one. */
export interface FreeSlot {
  readonly index: number;
  readonly etag: string | undefined;
}

/** One instance's leases of permits, and its place in line, in table `limits`. Every method throws UnavailableError. */
export interface Leases {
  /** Leases these permits or renews them, all or none; gives their new ETags, or none where another instance was quicker. */
  take(pool: string, slots: readonly FreeSlot[]): Promise<readonly string[] | undefined>;
  /** Lets others have it. */
  giveUp(pool: string, slot: FreeSlot): Promise<void>;
  /** The permits up to `limit` that can be taken. */
  free(pool: string, rows: LeaseRows, limit: number): readonly FreeSlot[];
  /** How many permits others have, whatever their limit was. */
  taken(rows: LeaseRows): number;
  /** Who else stands in line. */
  others(pool: string, rows: LeaseRows): LeaseRows['waiting'];
  /** Stands in line there; has to be said again and again. */
  stand(pool: string, place: Place): Promise<void>;
  /** How many of these others come first: by rank, then by how long they have stood in line. */
  ahead(pool: string, others: LeaseRows['waiting'], place: Place): number;
  /** Leaves the line. */
  leave(pool: string): Promise<void>;
  /** Removes the row of an instance that went while it stood in line. */
  tidy(rows: LeaseRows): Promise<void>;
  /** Tells of a limit that counts here, unless that was done lately; says whether nobody knew. */
  tell(pool: string, rows: LeaseRows, limit: number): Promise<boolean>;
}

/** A place in line: the smallest rank, from 0 on, comes first, and then who came first, by storage's clock. */
export interface Place {
  readonly since: Date;
  readonly rank: number;
}

/** Who stands in line says so again this often, and is forgotten when it has not for twice as long. */
export const ANNOUNCE_EVERY_IN_MS = 2_000;
/** The row of who has been forgotten for so long is nobody's any more. */
const FORGOTTEN_FOR_IN_MS = 60_000;
/** A limit counts for so long after it was told, and is told again at half of it. */
const LIMIT_COUNTS_FOR_IN_MS = 240_000;

/** Builds the leases of `owner`, which is told from all other instances, in one partition of the table. */
export function makeLeases(table: EntityTable, partition: string, owner: string, leaseInMs: number): Leases {
  async function write(
    pool: string,
    slots: readonly FreeSlot[],
    holder: string,
  ): Promise<readonly string[] | undefined> {
    const columns = { v: 1, Owner: holder, LeaseInMs: leaseInMs };
    const changes = slots.map(({ index, etag }) => {
      const rowKey = leaseRowKeys(pool).slot(index);
      return etag === undefined
        ? ({ kind: 'insert', rowKey, columns } as const)
        : ({ kind: 'replace', rowKey, etag, columns } as const);
    });
    try {
      const etags = await table.commit(partition, changes);
      return changes.map(({ rowKey }) => etags.get(rowKey) ?? '');
    } catch (error) {
      if (error instanceof ConflictError) return undefined;
      throw error;
    }
  }

  async function remove(rowKey: string): Promise<void> {
    try {
      await table.commit(partition, [{ kind: 'delete', rowKey }]);
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  // What is its own already counts as free: the answer to the lease, or to its end, was lost.
  const isElsewhere = ({ isLive, columns }: LeaseRows['slots'][number]) =>
    isLive && columns.Owner !== '' && columns.Owner !== owner;

  return {
    take: (pool, slots) => write(pool, slots, owner),
    giveUp: async (pool, slot) => void (await write(pool, [slot], '')),
    free(pool, rows, limit) {
      const keys = leaseRowKeys(pool);
      return Array.from({ length: limit }, (_, index) => index).flatMap((index) => {
        const row = rows.slots.find(({ rowKey }) => rowKey === keys.slot(index));
        return row && isElsewhere(row) ? [] : [{ index, etag: row?.etag }];
      });
    },
    taken: ({ slots }) => slots.filter(isElsewhere).length,
    others(pool, { waiting }) {
      const own = leaseRowKeys(pool).waiting(owner);
      return waiting.filter(({ rowKey, isLive }) => isLive && rowKey !== own);
    },
    async stand(pool, { since, rank }) {
      const columns = { v: 1, Since: since.toISOString(), Rank: rank, LiveInMs: 2 * ANNOUNCE_EVERY_IN_MS };
      await table.commit(partition, [{ kind: 'put', rowKey: leaseRowKeys(pool).waiting(owner), columns }]);
    },
    ahead(pool, others, { since, rank }) {
      const own = placeOf(rank, since.toISOString(), leaseRowKeys(pool).waiting(owner));
      return others.filter(({ columns, rowKey }) => placeOf(rankIn(columns), columns.Since, rowKey) < own).length;
    },
    leave: (pool) => remove(leaseRowKeys(pool).waiting(owner)),
    async tidy({ waiting }) {
      const left = waiting.find(({ columns, ageInMs }) => ageInMs > columns.LiveInMs + FORGOTTEN_FOR_IN_MS);
      if (left) await remove(left.rowKey);
    },
    async tell(pool, rows, limit) {
      const rowKey = leaseRowKeys(pool).limit(limit);
      const told = rows.limits.find((row) => row.rowKey === rowKey && row.isLive);
      if (told && told.ageInMs < LIMIT_COUNTS_FOR_IN_MS / 2) return false;
      const columns = { v: 1, Limit: limit, LiveInMs: LIMIT_COUNTS_FOR_IN_MS };
      await table.commit(partition, [{ kind: 'put', rowKey, columns }]);
      return !told;
    },
  };
}

/** Where an instance stands in line; who came in the same second is told apart by name. */
function placeOf(rank: number, since: string, rowKey: string): string {
  return `${rank} ${since} ${rowKey}`;
}

/** The rank of who stands in line; work that names none is as urgent as the first. */
export function rankIn({ Rank }: LeaseRows['waiting'][number]['columns']): number {
  return Rank ?? 1;
}
