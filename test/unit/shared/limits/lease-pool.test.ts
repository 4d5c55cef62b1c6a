import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loginRowKeys } from '../../../../shared/limits/login-rows.ts';
import type { Logins } from '../../../../shared/limits/logins.ts';
import { startInstance, TIMES } from './instances.ts';
import { memoryTable } from './memory-table.ts';
import { runTimers } from './run-timers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const LOGIN = 'https://x.service-now.com api.user';
const HOUR_IN_MS = 3_600_000;
const sleep = (durationInMs: number) => new Promise((resolve) => setTimeout(resolve, durationInMs));

/** Makes calls one after the other until `untilInMs`, and counts them. */
async function makeCalls(
  logins: Logins,
  {
    limit = 3,
    callInMs,
    restInMs = 0,
    forInMs,
  }: { limit?: number; callInMs: number; restInMs?: number; forInMs: number },
): Promise<number> {
  const until = performance.now() + forInMs;
  let calls = 0;
  while (performance.now() < until) {
    const permit = await logins.acquire(LOGIN, limit, HOUR_IN_MS);
    await sleep(callInMs);
    permit?.release();
    calls += 1;
    if (restInMs > 0) await sleep(restInMs);
  }
  return calls;
}

describe('who waits for a permit', () => {
  it.each([
    [HOUR_IN_MS, 0],
    [0, -HOUR_IN_MS],
  ])('comes in turn, whatever the clocks say (%i and %i ms ahead)', async (firstSkew, secondSkew) => {
    const table = memoryTable();
    const busy = startInstance(table);
    const [first, second] = [startInstance(table, firstSkew), startInstance(table, secondSkew)];
    const kept = await runTimers(busy.acquire(LOGIN, 1, HOUR_IN_MS));
    const order: string[] = [];
    const waiting = [];
    for (const [name, logins] of Object.entries({ first, second })) {
      waiting.push(
        logins.acquire(LOGIN, 1, HOUR_IN_MS).then(async (permit) => {
          order.push(name);
          await sleep(3_000);
          permit?.release();
        }),
      );
      await vi.advanceTimersByTimeAsync(2_000);
    }
    kept?.release();
    await runTimers(Promise.all(waiting));
    expect(order).toEqual(['first', 'second']);
  });

  it('gets one within a window, although another instance is busy all the time', async () => {
    const table = memoryTable();
    const [busy, other] = [startInstance(table), startInstance(table)];
    const working = Array.from({ length: 4 }, () => makeCalls(busy, { limit: 1, callInMs: 200, forInMs: 60_000 }));
    await vi.advanceTimersByTimeAsync(5_000);
    const askedAt = performance.now();
    (await runTimers(other.acquire(LOGIN, 1, HOUR_IN_MS)))?.release();
    expect(performance.now() - askedAt).toBeLessThan(TIMES.maxAgeInMs + 1_000);
    await runTimers(Promise.all(working));
  });

  it('is served as much as others, whoever came first', async () => {
    const table = memoryTable();
    const forInMs = 10 * 60_000;
    const working = Array.from({ length: 5 }, async (_, index) => {
      await sleep(index * 2_000);
      const logins = startInstance(table);
      const load = { callInMs: 250, forInMs: forInMs - index * 2_000 };
      const workers = Array.from({ length: 3 }, () => makeCalls(logins, load));
      return (await Promise.all(workers)).reduce((sum, count) => sum + count);
    });
    const calls = await runTimers(Promise.all(working));
    expect(Math.min(...calls)).toBeGreaterThan(0.4 * Math.max(...calls));
  });

  it('has waited long enough when its time is over, though the table does not answer', async () => {
    const table = memoryTable();
    const logins = startInstance(table);
    const answer = table.holdNextRead();
    const askedAt = performance.now();
    expect(await runTimers(logins.acquire(LOGIN, 3, 1_000))).toBeUndefined();
    expect(performance.now() - askedAt).toBeLessThan(1_100);
    answer();
  });

  it('is forgotten when it has gone, and its row goes with it', async () => {
    const table = memoryTable();
    const logins = startInstance(table);
    const gone = loginRowKeys(LOGIN).waiting('gone');
    table.put(gone, { v: 1, Since: '2026-11-23T10:00:00.000Z', LiveInMs: 4_000 });
    const permit = await runTimers(logins.acquire(LOGIN, 1, 20_000));
    expect(permit).toBeDefined();
    permit?.release();
    await vi.advanceTimersByTimeAsync(HOUR_IN_MS);
    (await runTimers(logins.acquire(LOGIN, 1, 20_000)))?.release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(table.rowKeys).not.toContain(gone);
  });

  it('for a token has it as soon as another instance has its own', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    const first = await runTimers(one.acquire(LOGIN, 1, 20_000));
    const next = other.acquire(LOGIN, 1, 20_000);
    await vi.advanceTimersByTimeAsync(3_000);
    first?.release();
    const releasedAt = performance.now();
    await runTimers(next);
    expect(performance.now() - releasedAt).toBeLessThan(500);
  });

  it('gets what an instance kept for longer than its window, as soon as the call under it is over', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    const [long, short] = [
      await runTimers(one.acquire(LOGIN, 2, 20_000)),
      await runTimers(one.acquire(LOGIN, 2, 20_000)),
    ];
    const next = other.acquire(LOGIN, 2, HOUR_IN_MS);
    await vi.advanceTimersByTimeAsync(TIMES.maxAgeInMs + 5_000);
    short?.release();
    const releasedAt = performance.now();
    await runTimers(next);
    expect(performance.now() - releasedAt).toBeLessThan(500);
    long?.release();
  });
});

describe('what permits cost', () => {
  const MINUTE_IN_MS = 60_000;

  it('alone: as many as there are permits per window, however many calls are made', async () => {
    const table = memoryTable();
    const logins = startInstance(table);
    const workers = Array.from({ length: 3 }, () =>
      makeCalls(logins, { callInMs: 20, restInMs: 5, forInMs: MINUTE_IN_MS }),
    );
    const calls = (await runTimers(Promise.all(workers))).reduce((sum, count) => sum + count);
    expect(calls).toBeGreaterThan(5_000);
    const windows = MINUTE_IN_MS / TIMES.maxAgeInMs;
    expect(table.reads()).toBeLessThanOrEqual(3 * (windows + 1));
    expect(table.writes()).toBeLessThanOrEqual(3 * (windows + 1));
  });

  it.each([
    { instances: 3, callInMs: 5 },
    { instances: 3, callInMs: 50 },
    { instances: 3, callInMs: 1_000 },
    { instances: 5, callInMs: 5 },
  ])('$instances instances with nine workers each and calls of $callInMs ms: so much a second', async (load) => {
    const table = memoryTable();
    table.latencyInMs = 2;
    const instances = Array.from({ length: load.instances }, () => startInstance(table));
    const workers = instances.flatMap((logins) =>
      Array.from({ length: 9 }, () => makeCalls(logins, { callInMs: load.callInMs, forInMs: MINUTE_IN_MS })),
    );
    const calls = (await runTimers(Promise.all(workers))).reduce((sum, count) => sum + count);
    // Three at a time, with little between one and the next.
    expect(calls).toBeGreaterThan((0.9 * 3 * MINUTE_IN_MS) / (load.callInMs + 1));
    expect(table.reads()).toBeLessThan((load.instances * 6 * MINUTE_IN_MS) / 1_000);
    expect(table.writes()).toBeLessThan((load.instances * 2 * MINUTE_IN_MS) / 1_000);
  });

  it('where one instance waits now and then: as much, and no more for shorter calls', async () => {
    const table = memoryTable();
    table.latencyInMs = 2;
    const instances = Array.from({ length: 3 }, () => startInstance(table));
    const workers = instances.flatMap((logins) =>
      Array.from({ length: 2 }, () => makeCalls(logins, { callInMs: 5, restInMs: 4, forInMs: MINUTE_IN_MS })),
    );
    await runTimers(Promise.all(workers));
    expect(table.reads() + table.writes()).toBeLessThan((3 * 12 * MINUTE_IN_MS) / 1_000);
  });
});

describe('a permit', () => {
  it.each([0, 300, 900])(
    'of an instance that is gone is given to another when its last call must be over, and not before (%i ms)',
    async (offset) => {
      vi.setSystemTime(new Date(Date.parse('2026-11-23T10:00:00Z') + offset));
      const table = memoryTable();
      const [gone, other] = [startInstance(table), startInstance(table)];
      await runTimers(gone.acquire(LOGIN, 1, 20_000));
      const takenAt = performance.now();
      expect(await runTimers(other.acquire(LOGIN, 1, HOUR_IN_MS))).toBeDefined();
      const leaseInMs = TIMES.maxAgeInMs + TIMES.longestCallInMs;
      expect(performance.now() - takenAt).toBeGreaterThanOrEqual(leaseInMs);
      expect(performance.now() - takenAt).toBeLessThan(leaseInMs + 4_000);
    },
  );

  it('is the instance’s own still when the answer to its lease was lost', async () => {
    const table = memoryTable();
    const logins = startInstance(table);
    table.loseNextAnswer();
    await expect(runTimers(logins.acquire(LOGIN, 1, 20_000))).rejects.toThrow('The answer was lost');
    const askedAt = performance.now();
    expect(await runTimers(logins.acquire(LOGIN, 1, 20_000))).toBeDefined();
    expect(performance.now() - askedAt).toBeLessThan(1_000);
  });

  it('is kept for the next call for two seconds after the last one, and then given back', async () => {
    const table = memoryTable();
    const one = startInstance(table);
    await runTimers(makeCalls(one, { callInMs: 100, restInMs: 1_000, forInMs: 9_000 }));
    expect(table.writes()).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(table.writes()).toBe(2);
  });
});
