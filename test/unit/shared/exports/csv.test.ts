import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate, makeCsv } from '../../../../shared/exports/csv.ts';

const column = (name: string, dateFormat?: string) => ({ name, dateFormat, isDisplayed: false });

describe('a file', () => {
  it('is read back by another parser as it was, whatever the values are', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ';', ' ', "'", '=', '\ufeff', '\0'), maxLength: 6 }),
    );
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1 }));
    fc.assert(
      fc.property(table, (rows) => {
        const names = (rows[0] ?? []).map((_, index) => `c${index}`);
        const csv = makeCsv(
          names.map((name) => column(name)),
          'Command',
        );
        const records = rows.map((row) => Object.fromEntries(row.map((cell, index) => [`c${index}`, cell])));
        const text = Buffer.concat([csv.header(), csv.rows(records, 'merge')]).toString('utf8');
        const read: string[][] = parse(text, { record_delimiter: '\r\n' });
        expect(read).toEqual([['Command', ...names], ...rows.map((row) => ['merge', ...row])]);
      }),
      { seed: 20_261_127 },
    );
  });

  it('has an empty value for a field that did not come, and no lone surrogate', () => {
    const csv = makeCsv([column('a'), column('b')]);
    expect(csv.rows([{ a: 'x\ud800' }]).toString('utf8')).toBe('x\ufffd,\r\n');
    expect(csv.rows([]).byteLength).toBe(0);
  });
});

describe('a date', () => {
  it.each([
    ['2026-11-27 05:06:07', 'yyyy-MM-dd', '2026-11-27'],
    ['2026-11-27 15:06:07', "dd/MM/yyyy 'at' HH:mm:ss", '27/11/2026 at 15:06:07'],
    ['2026-11-27 00:06:07', 'yyyy-MM-ddTHH:mm:ss.fffK', '2026-11-27T00:06:07.000Z'],
    ['2026-11-27 00:06:07', 'hh:mm tt', '12:06 AM'],
    ['2026-11-27', 'yyyyMMdd HHmm', '20261127 0000'],
    ['', 'yyyy', ''],
    ['soon', 'yyyy', 'soon'],
  ])('%s by %s is %s', (value, format, expected) => {
    expect(formatDate(value, format)).toBe(expected);
  });
});
