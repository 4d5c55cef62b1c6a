import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { makeExpiringCache } from '../expiring-cache.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { type LimitRows, readLimitRows } from './hold-rows.ts';

/** What this process knows of holds and limits, and how long ago it read it. */
export interface LimitsView {
  readonly rows: LimitRows;
  readonly readAgoInMs: number;
}

/** Reads holds and limits of all instances: one call per process and time, however many orders ask. */
export interface KnownLimits {
  /**
   * The rows, at most as old as allowed; while the table can't be reached, a little older ones.
   *
   * @throws UnavailableError where nothing is known that is young enough: then nobody may conclude that nothing is held.
   */
  view(): Promise<LimitsView>;
  /** The next view is read anew: this process changed something. */
  forget(): void;
}

/** How much older than usual the rows may be while the table can't be reached. */
const STALE_FACTOR = 4;

/** Builds it over table `limits`. */
export function makeKnownLimits(table: EntityTable, clock: Clock, maxAgeInMs: number): KnownLimits {
  let version = 0;
  const cache = makeExpiringCache(
    async () => {
      const readAtInMs = clock.monotonicInMs();
      return { rows: await readLimitRows(table), readAtInMs };
    },
    {
      clock,
      maxAgeInMs,
      capacity: 1,
      stale: {
        maxAgeInMs: STALE_FACTOR * maxAgeInMs,
        retryEveryInMs: maxAgeInMs / STALE_FACTOR,
        helpOver: (error) => error instanceof UnavailableError,
      },
    },
  );
  return {
    async view() {
      const { rows, readAtInMs } = await cache.get(String(version));
      return { rows, readAgoInMs: clock.monotonicInMs() - readAtInMs };
    },
    forget() {
      // Under another name: a reading that is on its way may have missed the change.
      version += 1;
    },
  };
}
