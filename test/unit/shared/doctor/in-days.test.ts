import { expect, it } from 'vitest';
import { inDays } from '../../../../shared/doctor/in-days.ts';

it.each([
  [0, 'in less than a day'],
  [1, 'in 1 day'],
  [2, 'in 2 days'],
  [30, 'in 30 days'],
])('says how far off a day is that comes after %i full days', (days, says) => {
  expect(inDays(days)).toBe(says);
});
