import { describe, expect, it } from 'vitest';
import { checkQueryTimes, describeQueryTime } from '../../../../../shared/doctor/servicenow/check-query-times.ts';
import { timeHttp } from '../../../../../shared/doctor/servicenow/time-http.ts';
import { manualClock } from '../../manual-clock.ts';
import { json } from './answers.ts';
import { contextOf } from './context-of.ts';
import { fakeTables } from './fake-tables.ts';

describe('describeQueryTime', () => {
  it.each([
    { took: 0, status: 'ok', says: 'The poll takes 0 ms.' },
    { took: 12.4, status: 'ok', says: 'The poll takes 12 ms.' },
    { took: 999.4, status: 'ok', says: 'The poll takes 999 ms.' },
    { took: 1_000, status: 'ok', says: 'The poll takes 1.0 s.' },
    { took: 1_000.1, status: 'warning', says: 'The poll takes 1.0 s.' },
    { took: 12_340, status: 'warning', says: 'The poll takes 12.3 s.' },
  ])('says $status of $took ms', ({ took, status, says }) => {
    const found = describeQueryTime('poll', took, 'a, b');
    expect(found).toMatchObject({ status, message: says });
    expect(found.remedy?.includes('index on (a, b) of table task') ?? false).toBe(status === 'warning');
  });
});

describe('checkQueryTimes', () => {
  const timesOf = async (tookInMs: readonly number[]) => {
    const left = [...tookInMs];
    let last = 0;
    const tables = fakeTables({
      incident: () => {
        last = left.shift() ?? 0;
        return [];
      },
    });
    const findings = await checkQueryTimes(contextOf({ tables, lastCallTookInMs: () => last }));
    return { said: findings.map(({ status, message }) => `${status}: ${message}`), queries: tables.queries, left };
  };

  it('times the look-up and the poll as the connector asks them', async () => {
    const { said, queries } = await timesOf([40, 50]);
    expect(said).toEqual(['ok: The look-up of a ticket takes 40 ms.', 'ok: The poll for changed tickets takes 50 ms.']);
    const fieldsOf = (index: number) => queries[index]?.query.where.map(([first]) => first);
    expect(fieldsOf(0)).toEqual(['correlation_id', 'correlation_display', 'sys_created_on']);
    expect(fieldsOf(1)).toEqual(['correlation_display', 'sys_updated_on']);
    expect(queries[1]?.query.limit).toBe(1_000);
  });

  it('gives a slow query a second chance, and takes the better time', async () => {
    const { said, left } = await timesOf([4_000, 1_001, 1_001, 3_000]);
    expect(said).toEqual([
      'warning: The look-up of a ticket takes 1.0 s.',
      'warning: The poll for changed tickets takes 1.0 s.',
    ]);
    expect(left).toEqual([]);
    expect((await timesOf([4_000, 30, 1_000])).said).toEqual([
      'ok: The look-up of a ticket takes 30 ms.',
      'ok: The poll for changed tickets takes 1.0 s.',
    ]);
  });
});

describe('timeHttp', () => {
  it('knows how long the last exchange took, and nothing of what was waited for before it', async () => {
    const clock = manualClock();
    const timed = timeHttp(async ({ url }) => {
      clock.advance(70);
      if (url.includes('nowhere')) throw new Error('no answer');
      return json(200, {});
    }, clock);
    expect(timed.lastTookInMs()).toBe(0);
    clock.advance(60_000);
    await timed.http({ method: 'GET', url: 'https://contoso.service-now.com' });
    clock.advance(60_000);
    expect(timed.lastTookInMs()).toBe(70);
    await expect(timed.http({ method: 'GET', url: 'https://nowhere' })).rejects.toThrow('no answer');
    expect(timed.lastTookInMs()).toBe(70);
  });
});
