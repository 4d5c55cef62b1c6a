import type { Clock } from '../../../../shared/clock.ts';
import { type Logins, makeLogins } from '../../../../shared/limits/logins.ts';
import type { EntityTable } from '../../../../shared/storage/entity-table.ts';

/** What instances are started with here, as long as they are by default. */
export const TIMES = {
  maxAgeInMs: 15_000,
  longestCallInMs: 135_000,
  turnInMs: 330_000,
  rememberForInMs: 315_000,
} as const;

/** One instance of the app, as far as logins go; `skewInMs` is how far its clock is ahead of all others. */
export function startInstance(table: EntityTable, skewInMs = 0): Logins {
  const clock: Clock = {
    now: () => new Date(Date.now() + skewInMs),
    monotonicInMs: () => performance.now(),
    sleep: (durationInMs) => new Promise((resolve) => setTimeout(resolve, durationInMs)),
  };
  return makeLogins({ table, clock, random: () => 0.5, ...TIMES });
}
