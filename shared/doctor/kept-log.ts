import type { EventFields, EventName, Log } from '../log.ts';

/** One event as it was logged. */
interface KeptEvent {
  readonly event: EventName;
  readonly fields: EventFields;
}

/** A log that nobody reads but the report of a check. */
export interface KeptLog extends Log {
  readonly events: readonly KeptEvent[];
}

/** Builds an empty one. */
export function keptLog(): KeptLog {
  const events: KeptEvent[] = [];
  const keep = (event: EventName, fields: EventFields = {}) => void events.push({ event, fields });
  return { events, info: keep, warn: keep, error: keep };
}
