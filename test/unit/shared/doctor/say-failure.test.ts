import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sayFailure } from '../../../../shared/doctor/say-failure.ts';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';

describe('sayFailure', () => {
  it.each([
    { error: new HoldError('settings', 'Expected a URL, got none'), says: 'Expected a URL, got none' },
    { error: new UnavailableError('Storage is away; it is tried again'), says: 'Storage is away' },
    { error: new UnavailableError('; it is tried again; or not'), says: '; it is tried again; or not' },
    { error: new TypeError('canary'), says: 'unexpected TypeError' },
    { error: 'canary', says: 'unexpected failure' },
    { error: null, says: 'unexpected failure' },
  ])('says "$says"', ({ error, says }) => {
    expect(sayFailure(error)).toBe(says);
  });

  it('repeats no text of what nobody foresaw', () => {
    const texts = fc.string().map((text) => `${text}canary-4711-parrot`);
    fc.assert(
      fc.property(
        fc.oneof(
          texts,
          texts.map((text) => new Error(text)),
          fc.object(),
        ),
        (thrown) => {
          expect(sayFailure(thrown)).toMatch(/^unexpected (Error|failure)$/);
        },
      ),
    );
  });
});
