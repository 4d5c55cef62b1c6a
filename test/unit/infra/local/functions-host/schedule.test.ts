import { expect, test } from 'vitest';
import { parseSchedule } from '../../../../../infra/local/functions-host/schedule.ts';

const monday = new Date('2026-11-23T09:00:00Z');

test.each([
  ['*/5 * * * * *', '2026-11-23T09:00:05Z'],
  ['0 */5 * * * *', '2026-11-23T09:05:00Z'],
  ['*/5 * * * *', '2026-11-23T09:05:00Z'],
  ['0 0 9 * * *', '2026-11-24T09:00:00Z'],
  ['0 5/15 * * * *', '2026-11-23T09:05:00Z'],
  ['0 0 0 * * SAT,SUN', '2026-11-28T00:00:00Z'],
  ['0 0 0 1 jan *', '2027-01-01T00:00:00Z'],
  ['0 0 0 29 2 *', '2028-02-29T00:00:00Z'],
])('%s fires next at %s', (expression, next) => {
  expect(parseSchedule(expression).next(monday)).toEqual(new Date(next));
});

test('day of month and day of week must both match', () => {
  expect(parseSchedule('0 0 0 13 * 5').next(monday)).toEqual(new Date('2027-08-13T00:00:00Z'));
});

test.each([
  ['* * * * * *', true],
  ['0,30 * * * * *', true],
  ['0 * * * * *', false],
  ['0 0 0 1 1 *', false],
])('%s fires more than once a minute: %s', (expression, isMore) => {
  expect(parseSchedule(expression).isMoreThanOncePerMinute).toBe(isMore);
});

test.each([
  '00:05:00',
  '1.00:00:00',
  '',
  '* * * *',
  '0 0 0 * * * 2027',
  '@daily',
  '0 0 0 L * *',
  '0 0 0 15W * *',
  '0 0 0 ? * 1',
  '0 0 0 * * 5#2',
  '0 0 0 * * 7',
  '60 * * * * *',
  '0 0 0 * ABC *',
])('%j is refused with the form that is expected', (expression) => {
  expect(() => parseSchedule(expression)).toThrow(
    `Expected a schedule as a six- or five-field NCRONTAB expression such as "0 */5 * * * *", got "${expression}".`,
  );
});

test('a schedule that never fires is refused', () => {
  expect(() => parseSchedule('0 0 0 31 2 *')).toThrow('fires at some time');
});
