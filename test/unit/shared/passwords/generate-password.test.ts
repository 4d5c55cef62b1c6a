import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRandom } from '../../../../infra/local/servicenow/random.ts';
import { type Draw, generatePassword, type PasswordForm } from '../../../../shared/passwords/generate-password.ts';

const KINDS = [
  ['lowerCase', /[a-z]/g],
  ['upperCase', /[A-Z]/g],
  ['digits', /[0-9]/g],
  ['symbols', /[^a-zA-Z0-9]/g],
] as const;

/** The vendor's defaults. */
const STANDARD: PasswordForm = { length: 12, lowerCase: 6, upperCase: 2, digits: 2, symbols: 2, strength: [] };

const counts = (password: string) => KINDS.map(([, kind]) => (password.match(kind) ?? []).length);
const drawOf = (seed: number): Draw => {
  const { next } = makeRandom(seed);
  return (below) => Math.floor(next() * below);
};

describe('generatePassword', () => {
  const forms = fc.record({
    length: fc.integer({ min: 0, max: 40 }),
    lowerCase: fc.integer({ min: 0, max: 10 }),
    upperCase: fc.integer({ min: 0, max: 10 }),
    digits: fc.integer({ min: 0, max: 10 }),
    symbols: fc.integer({ min: 0, max: 10 }),
  });

  it('has at least the counts that are asked for, their sum or the length, and no kind that is not asked for', () => {
    fc.assert(
      fc.property(forms, fc.integer(), (form, seed) => {
        const password = generatePassword({ ...form, strength: [] }, drawOf(seed)) ?? '';
        const asked = KINDS.map(([kind]) => form[kind]);
        const sum = asked.reduce((total, count) => total + count, 0);
        expect(password).toHaveLength(Math.max(form.length, sum));
        expect(password).toMatch(/^[\x21-\x7e]*$/);
        const got = counts(password);
        for (const [index, count] of got.entries()) expect(count).toBeGreaterThanOrEqual(asked[index] ?? 0);
        // With all counts at 0 it is lower case only, as with the vendor's tool.
        const kinds = sum > 0 ? asked.map((count) => count > 0) : [true, false, false, false];
        for (const [index, count] of got.entries()) expect(count > 0 && !kinds[index]).toBe(false);
        if (sum >= form.length) expect(got).toEqual(asked);
      }),
    );
  });

  it("follows the vendor's examples: 6, 2, 2 and 2 of 12; 8, 4, 2 and 2 are 16", () => {
    expect(counts(generatePassword(STANDARD, drawOf(1)) ?? '')).toEqual([6, 2, 2, 2]);
    const more = { ...STANDARD, lowerCase: 8, upperCase: 4 };
    expect(counts(generatePassword(more, drawOf(1)) ?? '')).toEqual([8, 4, 2, 2]);
  });

  it('matches every strength expression, or says that it can not', () => {
    const strength = [/^[a-z]/u, /[!#$]/u, /\d$/u];
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const password = generatePassword({ ...STANDARD, strength }, drawOf(seed)) ?? '';
        for (const expression of strength) expect(password).toMatch(expression);
        expect(counts(password)).toEqual([6, 2, 2, 2]);
      }),
    );
    expect(generatePassword({ ...STANDARD, strength: [/^.{13}$/u] }, drawOf(1))).toBeUndefined();
  });
});

describe('100,000 passwords', () => {
  const MANY = 100_000;

  /** What a chi-square of so many degrees of freedom exceeds once in a million times (Wilson and Hilferty). */
  function bound(degrees: number): number {
    const part = 2 / (9 * degrees);
    return degrees * (1 - part + 4.753 * Math.sqrt(part)) ** 3;
  }

  function chiSquare(seen: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): number {
    return [...expected].reduce((sum, [key, often]) => sum + ((seen.get(key) ?? 0) - often) ** 2 / often, 0);
  }

  const kinds = new Map(
    Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).map((character) => [
      character,
      KINDS.findIndex(([, kind]) => character.search(kind) === 0),
    ]),
  );
  const PARTS = [6, 2, 2, 2];
  const PLACES = Array.from({ length: 12 }, (_, place) => place);

  function tally(keys: Iterable<string>): Map<string, number> {
    const seen = new Map<string, number>();
    for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen;
  }

  /** How far they are from what chance alone makes, as a part of what is still believable; by what was looked at. */
  function biasOf(draw: Draw): Record<string, number> {
    const passwords = Array.from({ length: MANY }, () => generatePassword(STANDARD, draw) ?? '');
    const forms = passwords.map((password) => Array.from(password, (character) => kinds.get(character) ?? -1).join(''));
    const bias: Record<string, number> = {};
    // Every character of a kind as often as every other one, and so the first two of a password together.
    for (const [kind, part] of PARTS.entries()) {
      const chosen = passwords.map((password) => [...password].filter((character) => kinds.get(character) === kind));
      const alphabet = [...new Set(chosen.flat())];
      const single = new Map(alphabet.map((character) => [character, (MANY * part) / alphabet.length]));
      bias[`characters ${kind}`] = chiSquare(tally(chosen.flat()), single) / bound(alphabet.length - 1);
      const pairs = alphabet.flatMap((first) => alphabet.map((second) => `${first}${second}`));
      const pair = new Map(pairs.map((key) => [key, MANY / pairs.length]));
      const first = tally(chosen.map((characters) => characters.slice(0, 2).join('')));
      bias[`pairs ${kind}`] = chiSquare(first, pair) / bound(pairs.length - 1);
    }
    // Every kind in every place, and in every two places.
    for (const place of PLACES) {
      const expected = new Map(PARTS.map((count, kind) => [`${kind}`, (MANY * count) / 12]));
      bias[`place ${place}`] = chiSquare(tally(forms.map((form) => form.charAt(place))), expected) / bound(3);
      for (const other of PLACES.slice(place + 1)) {
        const joint = PARTS.flatMap((a, first) =>
          PARTS.map((b, second) => {
            const often = (MANY * a * (first === second ? b - 1 : b)) / (12 * 11);
            return [`${first}${second}`, often] as const;
          }),
        );
        const seen = tally(forms.map((form) => form.charAt(place) + form.charAt(other)));
        bias[`places ${place} and ${other}`] = chiSquare(seen, new Map(joint)) / bound(15);
      }
    }
    return bias;
  }

  const biased = (draw: Draw) => Object.entries(biasOf(draw)).filter(([, part]) => part > 1);

  it('show no bias of characters or places', { timeout: 120_000 }, () => {
    expect(biased(drawOf(20_261_127))).toEqual([]);
  });

  it('would show it: dice that are off by one in a hundred are seen', { timeout: 120_000 }, () => {
    const fair = drawOf(20_261_127);
    const off: Draw = (below) => (fair(100) === 0 ? 0 : fair(below));
    const found = biased(off).map(([what]) => what);
    expect(found).toContain('characters 0');
    expect(found.some((what) => what.startsWith('place'))).toBe(true);
  });
});
