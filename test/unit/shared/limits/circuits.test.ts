import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../shared/clock.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { makePermits, type Permits } from '../../../../shared/limits/permits.ts';
import { recordingLog } from '../recording-log.ts';
import { type MemoryTable, memoryTable } from './memory-table.ts';
import { runTimers } from './run-timers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const HOST = 'x.service-now.com';
const WINDOW_IN_MS = 15_000;
const LONGEST_CALL_IN_MS = 135_000;

const startInstance = (table: MemoryTable, log = recordingLog()): Permits =>
  makePermits({
    table,
    clock: systemClock,
    random: () => 0,
    log,
    maxAgeInMs: WINDOW_IN_MS,
    longestCallInMs: LONGEST_CALL_IN_MS,
  });

/** What comes of a piece of work: the seconds it is put back for, or that it may call. */
async function enter(permits: Permits, host = HOST): Promise<'may call' | number> {
  try {
    const permit = await runTimers(permits.acquire(host, 4, 1_000, 'order'));
    permit?.release();
    return permit ? 'may call' : Number.NaN;
  } catch (error) {
    if (!(error instanceof HoldError) || error.failure.class !== 'hold') throw error;
    return error.failure.retryAfterInSeconds ?? Number.NaN;
  }
}

async function fail(permits: Permits, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await permits.report(HOST, { kind: 'failed' });
}

/** Lets an instance find the host unwell, and then again each time that it looks. */
async function failAgain(permits: Permits, times: number): Promise<void> {
  await fail(permits, 5);
  for (let time = 0; time < times; time += 1) {
    await vi.advanceTimersByTimeAsync(62_000);
    const permit = await runTimers(permits.acquire(HOST, 4, 1_000, 'order'));
    await permits.report(HOST, { kind: 'failed' });
    permit?.release();
  }
}

describe('a host that asks for a pause', () => {
  it('is called by no instance until that is over, and by all of them afterwards', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    await one.report(HOST, { kind: 'askedToWait', forInMs: 40_000 });
    expect(await enter(one)).toBeCloseTo(40, 0);
    expect(await enter(other)).toBeCloseTo(41, 0);
    expect(await enter(other, 'another host')).toBe('may call');
    await vi.advanceTimersByTimeAsync(34_000);
    expect(await enter(one)).toBeCloseTo(7, 0);
    await vi.advanceTimersByTimeAsync(8_000);
    expect([await enter(one), await enter(other)]).toEqual(['may call', 'may call']);
  });

  it('is left alone by an instance that has permits at hand, when its window is over at the latest', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    const until = performance.now() + WINDOW_IN_MS + 1_000;
    await one.report(HOST, { kind: 'askedToWait', forInMs: 3_600_000 });
    const seen = new Set<unknown>();
    while (performance.now() < until) {
      seen.add(typeof (await enter(other)));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(await enter(other)).toBeGreaterThan(3_000);
    expect(seen).toContain('number');
  });

  it('is waited for by work that meets the end of a pause', async () => {
    const permits = startInstance(memoryTable());
    await permits.report(HOST, { kind: 'askedToWait', forInMs: 3_000 });
    const since = performance.now();
    expect(await enter(permits)).toBe('may call');
    expect(performance.now() - since).toBeGreaterThanOrEqual(3_000);
  });

  it('is asked again after an hour, whatever it asked for', async () => {
    const permits = startInstance(memoryTable());
    await permits.report(HOST, { kind: 'askedToWait', forInMs: 90_000_000 });
    expect(await enter(permits)).toBe(3_600);
  });

  it('says so to several calls, and that is told and written once', async () => {
    const table = memoryTable();
    const log = recordingLog();
    const permits = startInstance(table, log);
    for (const forInMs of [40_000, 40_000, 39_000]) await permits.report(HOST, { kind: 'askedToWait', forInMs });
    expect(table.writes()).toBe(1);
    expect(log.events.filter(({ event }) => event === 'host.paused')).toHaveLength(1);
  });

  it('is left alone by the instance that could not write it down', async () => {
    const table = memoryTable();
    const permits = startInstance(table);
    table.isAway = true;
    await permits.report(HOST, { kind: 'askedToWait', forInMs: 40_000 });
    table.isAway = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(await enter(permits)).toBeGreaterThan(30);
  });
});

describe('a host that fails', () => {
  it.each([
    ['four times running', ['failed', 'failed', 'failed', 'failed']],
    ['now and then', ['failed', 'failed', 'failed', 'failed', 'answered', 'failed', 'failed', 'failed', 'failed']],
  ] as const)('%s is called on', async (_, outcomes) => {
    const table = memoryTable();
    const permits = startInstance(table);
    for (const kind of outcomes) await permits.report(HOST, { kind });
    expect(table.rowKeys).toEqual([]);
    expect(await enter(permits)).toBe('may call');
  });

  it('five times running is left alone by all instances, longer each time that one finds it unwell still', async () => {
    const table = memoryTable();
    const log = recordingLog();
    const [one, other] = [startInstance(table, log), startInstance(table)];
    await failAgain(one, 8);
    const pauses = log.events.filter(({ event }) => event === 'host.paused').map(({ fields }) => fields?.seconds);
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(await enter(other)).toBeGreaterThan(50);
  });

  it('is looked at by one piece of work of all instances; when it answers, all may call', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    await failAgain(one, 4);
    await enter(other);
    await vi.advanceTimersByTimeAsync(20_000);
    const all = [one, one, other, other].map((permits) => ({
      permits,
      entering: permits.acquire(HOST, 4, 1_000, 'order'),
    }));
    const states = all.map(() => 'waiting');
    for (const [at, { entering }] of all.entries())
      void entering.then(
        () => states.splice(at, 1, 'may call'),
        () => states.splice(at, 1, 'put back'),
      );
    await vi.advanceTimersByTimeAsync(1_500);
    expect(states.filter((state) => state === 'may call')).toHaveLength(1);
    const first = all[states.indexOf('may call')];
    await first?.permits.report(HOST, { kind: 'answered' });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(states).toEqual(all.map(() => 'may call'));
  });

  it('is not looked at by others while one looks: they are put back for a moment', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    await failAgain(one, 2);
    await vi.advanceTimersByTimeAsync(20_000);
    const looking = await runTimers(one.acquire(HOST, 4, 1_000, 'order'));
    expect([await enter(one), await enter(other)]).toEqual([1, 1]);
    looking?.release();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await enter(other)).toBe('may call');
  });

  it('counts calls that were on their way when the pause began once', async () => {
    const table = memoryTable();
    const log = recordingLog();
    await fail(startInstance(table, log), 12);
    expect(log.events.map(({ event, fields }) => [event, fields?.seconds])).toEqual([['host.paused', 1]]);
  });
});

describe('what a host costs that is well', () => {
  it('is nothing but the permits', async () => {
    const table = memoryTable();
    const permits = startInstance(table);
    await enter(permits);
    const calls = table.reads() + table.writes();
    for (let call = 0; call < 100; call += 1) {
      (await permits.acquire(HOST, 4, 1_000, 'order'))?.release();
      await permits.report(HOST, { kind: 'answered' });
    }
    expect(table.reads() + table.writes()).toBe(calls);
  });
});
