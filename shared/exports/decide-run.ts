import type { ExportSettings } from './export-settings.ts';
import type { ExportState } from './export-state.ts';

/**
 * What a table is due for.
 *
 * - `resume`: the run that is under way goes on.
 * - `complete`, `incremental`: a new run.
 * - `wait`: there was no complete export yet, and it is not its time of the day.
 */
export type RunDecision = 'resume' | 'complete' | 'incremental' | 'wait';

/** A complete export is due a little before its time, so that it does not slip by a tick every day. */
const EARLY_IN_MS = 7.5 * 60_000;
/** What was put aside is gone after a week. */
const OLDEST_UNFINISHED_IN_MS = 6 * 86_400_000;

/** Decides what a table is due for. Pure. */
export function decideRun(
  { Unfinished: unfinished, CompletedAt, Cookie, Shape }: ExportState,
  { settings, shape, now }: { readonly settings: ExportSettings; readonly shape: string; readonly now: Date },
): RunDecision {
  const ageInMs = (at: string) => now.getTime() - Date.parse(at);
  const mayComplete = isWithin(settings.window, now);
  const goesOn =
    unfinished !== undefined &&
    unfinished.Shape === shape &&
    ageInMs(unfinished.StartedAt) < OLDEST_UNFINISHED_IN_MS &&
    (unfinished.Mode === 'incremental' || mayComplete);
  if (goesOn) return 'resume';
  const isKnown = CompletedAt !== undefined && Cookie !== undefined && Shape === shape;
  const isDue = !isKnown || ageInMs(CompletedAt) >= settings.completeEveryInMs - EARLY_IN_MS;
  if (isDue && mayComplete) return 'complete';
  return isKnown ? 'incremental' : 'wait';
}

function isWithin(window: ExportSettings['window'], now: Date): boolean {
  if (!window) return true;
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  return window.from <= window.to
    ? window.from <= minute && minute < window.to
    : window.from <= minute || minute < window.to;
}
