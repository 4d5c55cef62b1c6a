import { expect, it } from 'vitest';
import { decideRun } from '../../../../shared/exports/decide-run.ts';
import { beginRun, type ExportState } from '../../../../shared/exports/export-state.ts';

const HOUR_IN_MS = 3_600_000;
const NOW = new Date('2026-11-27T12:00:00.000Z');
const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR_IN_MS);
const settings = {
  ...{ completeEveryInMs: 24 * HOUR_IN_MS, window: undefined, keptCompletes: 3, keptIncrementalsInMs: HOUR_IN_MS },
  command: { column: 'Command', merge: 'merge', delete: 'delete' },
};
const known = (hours: number): Partial<ExportState> => ({
  CompletedAt: ago(hours).toISOString(),
  Cookie: ago(1).toISOString(),
  Shape: 's',
});
const running = (mode: 'complete' | 'incremental', hours: number, shape = 's') => ({
  Unfinished: beginRun('r', { shape, since: mode === 'incremental' ? ago(hours) : undefined, now: ago(hours) }),
});
const NIGHT = { from: 22 * 60, to: 5 * 60 };
const NOON = { from: 11 * 60, to: 13 * 60 };

it.each([
  ['nothing is known', {}, undefined, 'complete'],
  ['nothing is known, and it is not the time', {}, NIGHT, 'wait'],
  ['a complete export was lately', known(3), undefined, 'incremental'],
  ['a complete export was a day ago', known(24), undefined, 'complete'],
  ['a complete export was a day less a tick ago', known(23.9), undefined, 'complete'],
  ['a complete export is due, and it is not the time', known(30), NIGHT, 'incremental'],
  ['a complete export is due, and it is the time', known(30), NOON, 'complete'],
  ['the columns are others', { ...known(3), Shape: 'other' }, undefined, 'complete'],
  ['the columns are others, and it is not the time', { ...known(3), Shape: 'other' }, NIGHT, 'wait'],
  ['a complete run is under way', { ...known(30), ...running('complete', 2) }, undefined, 'resume'],
  [
    'a complete run is under way, and it is not the time',
    { ...known(30), ...running('complete', 2) },
    NIGHT,
    'incremental',
  ],
  ['an incremental run is under way', { ...known(3), ...running('incremental', 2) }, NIGHT, 'resume'],
  [
    'a run for other columns is under way',
    { ...known(3), ...running('complete', 2, 'other') },
    undefined,
    'incremental',
  ],
  ['a run is so old that its parts are gone', running('complete', 150), undefined, 'complete'],
] as const)('%s', (_what, state, window, expected) => {
  const of = { v: 1, Connection: 'C', Table: 't', Incrementals: [], Classes: [], ...state };
  expect(decideRun(of, { settings: { ...settings, window }, shape: 's', now: NOW })).toBe(expected);
});
