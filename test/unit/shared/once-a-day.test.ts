import { expect, test } from 'vitest';
import { makeOnceADay } from '../../../shared/once-a-day.ts';

test('each matter is told of once in 24 hours', () => {
  let nowInMs = 0;
  const isDue = makeOnceADay({ monotonicInMs: () => nowInMs });
  expect([isDue('a'), isDue('a'), isDue('b')]).toEqual([true, false, true]);
  nowInMs = 86_399_999;
  expect(isDue('a')).toBe(false);
  nowInMs = 86_400_000;
  expect([isDue('a'), isDue('a')]).toEqual([true, false]);
});

test('what is remembered has a bound', () => {
  const isDue = makeOnceADay({ monotonicInMs: () => 0 });
  for (let key = 0; key <= 10_000; key += 1) expect(isDue(String(key))).toBe(true);
  expect(isDue('10000')).toBe(false);
  expect(isDue('0')).toBe(true);
});
