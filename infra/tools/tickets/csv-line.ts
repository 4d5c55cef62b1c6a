import { stringify } from 'csv-stringify/sync';

/** A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula is led by an apostrophe. */
export function csvLine(cells: readonly (string | number | boolean | undefined)[]): string {
  return stringify([cells.map((cell) => cell ?? '')], {
    escape_formulas: true,
    eof: false,
    cast: { boolean: String },
  });
}
