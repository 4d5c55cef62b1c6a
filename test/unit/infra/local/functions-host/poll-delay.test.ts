import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pollDelay } from '../../../../../infra/local/functions-host/poll-delay.ts';

test('the first pause is the shortest, then the step doubles up to the longest pause', () => {
  expect([1, 2, 3, 4, 5, 6].map((n) => pollDelay(n, 100, 900, 0.5))).toEqual([100, 200, 300, 500, 900, 900]);
});

test('the step is spread by a fifth each way', () => {
  expect(pollDelay(4, 100, 60_000, 0)).toBeCloseTo(420);
  expect(pollDelay(4, 100, 60_000, 1)).toBeCloseTo(580);
});

test('no pause is shorter than the shortest or longer than the longest, however long a queue stays empty', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, random) => {
      const delay = pollDelay(n, 100, 60_000, random);
      return delay >= 100 && delay <= 60_000;
    }),
  );
});
