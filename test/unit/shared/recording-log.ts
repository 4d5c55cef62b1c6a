import type { EventFields, EventName, Log } from '../../../shared/log.ts';

/** A log that keeps what is logged. */
export interface RecordingLog extends Log {
  readonly events: { readonly level: string; readonly event: EventName; readonly fields: EventFields }[];
}

/** Builds an empty one. */
export function recordingLog(): RecordingLog {
  const events: RecordingLog['events'] = [];
  const at =
    (level: string) =>
    (event: EventName, fields: EventFields = {}) =>
      void events.push({ level, event, fields });
  return { events, info: at('info'), warn: at('warn'), error: at('error') };
}
