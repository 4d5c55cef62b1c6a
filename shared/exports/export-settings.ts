import * as z from 'zod/mini';
import { readAppSection } from '../settings/app-section.ts';
import type { ReadSettings } from '../settings/settings-document.ts';

/** How exports are made: section `Exports` of the settings file. */
export interface ExportSettings {
  /** How long after a complete export the next one is due. */
  readonly completeEveryInMs: number;
  /** Minutes of the day, UTC, between which complete exports run; `undefined` for any. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
  /** How many files of complete exports are kept for each table. */
  readonly keptCompletes: number;
  readonly keptIncrementalsInMs: number;
  /** The column of incremental files that says what became of a row, and its words. */
  readonly command: { readonly column: string; readonly merge: string; readonly delete: string };
}

const NAMES = [
  'CompleteEveryHours',
  'ExportWindow',
  'KeptCompletes',
  'KeptIncrementalDays',
  'CommandColumn',
  'CommandMerge',
  'CommandDelete',
];
const WINDOW = 'expected hours of the day in UTC, such as 22:00-05:00';
const wholeNumber = (standard: number, most: number) => {
  const expected = `expected a whole number, 1 to ${most}`;
  return z._default(
    z.coerce.number(expected).check(z.int(expected), z.minimum(1, expected), z.maximum(most, expected)),
    standard,
  );
};
const word = (standard: string) =>
  z._default(z.string().check(z.regex(/^[A-Za-z_]{1,40}$/, 'expected a word')), standard);

const schema = z.looseObject({
  CompleteEveryHours: wholeNumber(24, 24 * 31),
  ExportWindow: z.optional(
    z.string(WINDOW).check(z.regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, WINDOW)),
  ),
  KeptCompletes: wholeNumber(3, 100),
  KeptIncrementalDays: wholeNumber(30, 365),
  CommandColumn: word('Command'),
  CommandMerge: word('merge'),
  CommandDelete: word('delete'),
});

/**
 * Reads them; what is not set has the vendor's advice: a complete export once a day.
 *
 * @throws HoldError that lists every fault; UnavailableError.
 */
export async function readExportSettings(readSettings: ReadSettings): Promise<ExportSettings> {
  const s = (await readAppSection(readSettings, 'Exports', schema, NAMES)) ?? schema.parse({});
  const [from = 0, to = 0] = (s.ExportWindow ?? '').split('-').map(minutesOf);
  return {
    completeEveryInMs: s.CompleteEveryHours * 3_600_000,
    window: s.ExportWindow === undefined ? undefined : { from, to },
    keptCompletes: s.KeptCompletes,
    keptIncrementalsInMs: s.KeptIncrementalDays * 86_400_000,
    command: { column: s.CommandColumn, merge: s.CommandMerge, delete: s.CommandDelete },
  };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
