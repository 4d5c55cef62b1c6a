import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { IDLE_IN_MS, makeLeasePool } from './lease-pool.ts';
import { readLimitRows } from './lease-rows.ts';
import type { Permit } from './permit.ts';

/** Bounds the calls in flight per ServiceNow host, over all instances of the app. */
export interface Permits {
  /**
   * A permit for `host`, of which at most `limit` are out at a time; waits in line for at most `waitInMs`.
   * Where connections name the same host with other limits, the smallest counts. `undefined` when none came free in time.
   *
   * @throws UnavailableError when table `limits` can't be reached.
   */
  acquire(host: string, limit: number, waitInMs: number): Promise<Permit | undefined>;
}

const PARTITION = 'host';
/** The limit of a connection that has not called for so long no longer counts for the others of its host. */
const LIMIT_COUNTS_FOR_IN_MS = 300_000;

/**
 * Builds the permits, leased from table `limits`. Permission needed: Storage Table Data Contributor on that table.
 */
export function makePermits(deps: {
  readonly table: EntityTable;
  readonly clock: Clock;
  readonly random: () => number;
  /** For how long a lease is used before others who wait have their turn. */
  readonly maxAgeInMs: number;
  /** The longest that a call and what the server does after it may take. */
  readonly longestCallInMs: number;
}): Permits {
  const { table } = deps;
  const pool = makeLeasePool({
    ...deps,
    owner: randomUUID(),
    partition: PARTITION,
    windowInMs: deps.maxAgeInMs,
    idleInMs: () => IDLE_IN_MS,
    isForManyCalls: true,
    readRows: async (host) => (await readLimitRows(table, PARTITION, host)).leases,
  });
  /** By host, when a limit was last asked for. */
  const asked = new Map<string, Map<number, number>>();

  function smallest(host: string, limit: number): number {
    const limits = asked.get(host) ?? new Map<number, number>();
    asked.set(host, limits.set(limit, deps.clock.monotonicInMs()));
    const living = [...limits].filter(([, at]) => deps.clock.monotonicInMs() - at < LIMIT_COUNTS_FOR_IN_MS);
    return Math.min(...living.map(([one]) => one));
  }

  return {
    acquire: (host, limit, waitInMs) => pool.acquire(host, smallest(host, limit), waitInMs),
  };
}
