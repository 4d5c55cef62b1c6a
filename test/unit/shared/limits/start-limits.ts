import type { Clock } from '../../../../shared/clock.ts';
import { makeBrake } from '../../../../shared/limits/brake.ts';
import { makeHolds } from '../../../../shared/limits/holds.ts';
import { makeKnownLimits } from '../../../../shared/limits/known-limits.ts';
import { makeTrackRecord } from '../../../../shared/limits/track-record.ts';
import type { EntityTable } from '../../../../shared/storage/entity-table.ts';
import { recordingLog } from '../recording-log.ts';

/** What instances are started with here, as long as they are by default. */
export const TIMES = { maxAgeInMs: 15_000, holdInMs: 900_000, firstQuietInMs: 30_000, turnInMs: 660_000 } as const;

/** One instance of the app, as far as holds and limits go, by fake timers. */
export function startLimits(table: EntityTable) {
  const clock: Clock = {
    now: () => new Date(),
    monotonicInMs: () => performance.now(),
    sleep: (durationInMs) => new Promise((resolve) => setTimeout(resolve, durationInMs)),
  };
  const log = recordingLog();
  const known = makeKnownLimits(table, clock, TIMES.maxAgeInMs);
  return {
    log,
    holds: makeHolds({ table, known, clock, log, ...TIMES }),
    brake: makeBrake({ table, known, clock, random: () => 0, log }),
    track: makeTrackRecord({ table, known, clock, log }),
    told: (event: string) => log.events.filter((one) => one.event === event).map(({ fields }) => fields),
  };
}
