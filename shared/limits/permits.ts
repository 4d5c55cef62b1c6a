import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { type CallOutcome, makeCircuits } from './circuits.ts';
import { IDLE_IN_MS, makeLeasePool } from './lease-pool.ts';
import { circuitIn, type LeaseRows, readLimitRows } from './lease-rows.ts';
import type { Permit } from './permit.ts';

/** Kinds of work by how urgent they are. */
const RANKS = { order: 1, password: 1, poll: 2, reconcile: 3, export: 4, command: 5 } as const;

/** What waits for a permit: it goes before all that is less urgent, unless that has waited for two minutes. */
export type Work = keyof typeof RANKS;

/** Bounds the calls in flight per ServiceNow host, over all instances of the app, and keeps them from one that wants a pause. */
export interface Permits {
  /**
   * A permit for `host`, of which at most `limit` are out at a time; waits in line for at most `waitInMs`.
   * Where connections name the same host with other limits, the smallest that was named lately counts, whichever instance
   * named it. `undefined` when none came free in time.
   *
   * @throws HoldError where the host asked to be sent nothing for longer than a moment, or is unwell.
   * @throws UnavailableError when table `limits` can't be reached.
   */
  acquire(host: string, limit: number, waitInMs: number, work: Work): Promise<Permit | undefined>;
  /**
   * Says what came of a request to `host`, with a permit or without; all instances know after `maxAgeInMs` at the latest.
   * Never fails.
   */
  report(host: string, outcome: CallOutcome): Promise<void>;
}

const PARTITION = 'host';

/**
 * Builds the permits, leased from table `limits`. Permission needed: Storage Table Data Contributor on that table.
 */
export function makePermits(deps: {
  readonly table: EntityTable;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** For how long a lease is used before others who wait have their turn. */
  readonly maxAgeInMs: number;
  /** The longest that a call and what the server does after it may take. */
  readonly longestCallInMs: number;
}): Permits {
  const { table, clock } = deps;

  async function readRows(host: string): Promise<LeaseRows> {
    const fromInMs = clock.monotonicInMs();
    const rows = await readLimitRows(table, PARTITION, host);
    circuits.note(host, circuitIn(rows, host), fromInMs);
    return rows.leases;
  }

  const circuits = makeCircuits({ ...deps, partition: PARTITION, turnInMs: deps.longestCallInMs, read: readRows });
  const pool = makeLeasePool({
    ...deps,
    owner: randomUUID(),
    partition: PARTITION,
    windowInMs: deps.maxAgeInMs,
    idleInMs: () => IDLE_IN_MS,
    isForHosts: true,
    readRows,
  });
  return {
    report: circuits.report,
    async acquire(host, limit, waitInMs, work) {
      const permit = await pool.acquire(host, limit, waitInMs, RANKS[work]);
      if (!permit) return undefined;
      try {
        // With the permit in hand, what is known of the host is as fresh.
        const leave = await circuits.enter(host);
        return {
          release(afterInMs) {
            leave();
            permit.release(afterInMs);
          },
        };
      } catch (error) {
        permit.release();
        throw error;
      }
    },
  };
}
