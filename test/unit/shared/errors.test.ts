import { describe, expect, it } from 'vitest';
import { failureOf, HoldError, messageOf, PermanentError, UnavailableError } from '../../../shared/errors.ts';

describe('failureOf', () => {
  it.each([
    [new UnavailableError('x'), { class: 'transient' }],
    [new UnavailableError('x', { retryAfterInSeconds: 7 }), { class: 'transient', retryAfterInSeconds: 7 }],
    [new HoldError('connection Help', 'x'), { class: 'hold', scope: 'connection Help' }],
    [new PermanentError('x'), { class: 'permanent' }],
  ])('knows the class of a %s', (error, failure) => {
    expect(failureOf(error)).toEqual(failure);
  });

  it.each([new TypeError('x'), 'x', undefined, null, { failure: { class: 'permanent' } }])(
    'takes %s for a bug',
    (thrown) => {
      expect(failureOf(thrown)).toBeUndefined();
    },
  );
});

describe('messageOf', () => {
  it('gives a message of anything that can be thrown', () => {
    expect(messageOf(new Error('gone'))).toBe('gone');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf('gone')).toBe('gone');
  });
});
