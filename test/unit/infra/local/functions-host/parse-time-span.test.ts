import { expect, test } from 'vitest';
import { parseTimeSpan } from '../../../../../infra/local/functions-host/parse-time-span.ts';

test.each([
  ['00:00:00', 0],
  ['00:00:00.1', 100],
  ['00:00:02', 2000],
  ['00:01', 60_000],
  ['23:59:59.9999999', 86_400_000],
  ['1.02:03:04', 93_784_000],
])('%s is %i ms', (text, span) => {
  expect(parseTimeSpan(text)).toBe(span);
});

test.each(['', '60', '24:00:00', '00:60:00', '00:00:60', '-00:00:01', '00:00:01x', 'PT1M'])('%j is no time', (text) => {
  expect(parseTimeSpan(text)).toBeUndefined();
});
