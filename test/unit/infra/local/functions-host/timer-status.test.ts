import { expect, test } from 'vitest';
import { parseSchedule } from '../../../../../infra/local/functions-host/schedule.ts';
import { firstStatus, statusAfter, timerInput } from '../../../../../infra/local/functions-host/timer-status.ts';

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
