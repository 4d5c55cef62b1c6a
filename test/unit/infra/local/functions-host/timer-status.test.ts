import { expect, test } from 'vitest';
import { parseSchedule } from '../../../../../infra/local/functions-host/schedule.ts';
import {
  firstStatus,
  readStatus,
  resumedStatus,
  statusAfter,
  statusText,
  timerInput,
} from '../../../../../infra/local/functions-host/timer-status.ts';

const schedule = parseSchedule('0 * * * * *');
const at = (time: string) => new Date(`2026-11-23T${time}Z`);

test('a timer without a past waits for its next time', () => {
  expect(firstStatus(schedule, at('10:00:30'))).toEqual({ next: at('10:01:00'), lastUpdated: at('10:00:30') });
});

test.each([
  ['on time', '10:01:00.004', '10:01:00.004', '10:02:00'],
  ['a little early', '10:00:59.998', '10:01:00', '10:02:00'],
  ['late', '10:03:20', '10:03:20', '10:04:00'],
])('a run that began %s leads to the time after it', (_, startedAt, last, next) => {
  const status = statusAfter(schedule, firstStatus(schedule, at('10:00:30')), at(startedAt));
  expect(status).toEqual({ last: at(last), next: at(next), lastUpdated: at(last) });
});

test('the input is written as .NET writes it', () => {
  const status = { next: at('10:01:00'), lastUpdated: at('10:00:30.120') };
  expect(timerInput(status)).toEqual({
    json: JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: '0001-01-01T00:00:00',
        Next: '2026-11-23T10:01:00+00:00',
        LastUpdated: '2026-11-23T10:00:30.12+00:00',
      },
      IsPastDue: false,
    }),
  });
});

test('what was never written down begins anew', () => {
  expect(resumedStatus(schedule, undefined, at('10:00:30'))).toEqual({
    status: firstStatus(schedule, at('10:00:30')),
    isPastDue: false,
    isNew: true,
  });
});

test.each([
  ['waits for its next time', '10:01:30', false],
  ['has missed one time', '10:02:01', true],
  ['has missed very many', '23:59:59', true],
])('a timer that %s when a host takes it up', (_, now, isPastDue) => {
  const status = { last: at('10:01:00'), next: at('10:02:00'), lastUpdated: at('10:01:00') };
  expect(resumedStatus(schedule, status, at(now))).toEqual({ status, isPastDue, isNew: false });
});

test.each([
  ['is still to come', '10:01:30', '11:00:00', '10:01:00'],
  ['is past already', '11:30:00', '12:00:00', '11:30:00'],
])('a schedule that was changed runs nothing at once, where its next time %s', (_, now, next, lastUpdated) => {
  const hourly = parseSchedule('0 0 * * * *');
  const status = { last: at('10:01:00'), next: at('10:02:00'), lastUpdated: at('10:01:00') };
  expect(resumedStatus(hourly, status, at(now))).toEqual({
    status: { next: at(next), lastUpdated: at(lastUpdated) },
    isPastDue: false,
    isNew: true,
  });
});

test('what is written down is read again, and what is not of that kind counts for nothing', () => {
  const status = { last: at('10:01:00.005'), next: at('10:02:00'), lastUpdated: at('10:01:00.005') };
  expect(readStatus(statusText(status))).toEqual(status);
  const first = firstStatus(schedule, at('10:00:30'));
  expect(readStatus(statusText(first))).toEqual(first);
  expect(statusText(first)).toContain('"Last":"0001-01-01T00:00:00"');
  for (const text of ['', '{}', '{"Next":"soon","Last":"","LastUpdated":""}']) expect(readStatus(text)).toBeUndefined();
});
