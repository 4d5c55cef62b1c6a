import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../shared/clock.ts';
import { makePermits, type Permits, type Work } from '../../../../shared/limits/permits.ts';
import type { Log } from '../../../../shared/log.ts';
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
const sleep = (durationInMs: number) => new Promise((resolve) => setTimeout(resolve, durationInMs));

/** One instance of the app, as far as permits go. */
const startInstance = (table: MemoryTable, log: Log = recordingLog()): Permits =>
  makePermits({
    table,
    clock: systemClock,
    random: () => 0.5,
    log,
    maxAgeInMs: WINDOW_IN_MS,
    longestCallInMs: LONGEST_CALL_IN_MS,
  });

/** Many calls by all these instances at once; counts how many were in flight at most, and how many were made. */
function makeCalls(
  instances: readonly Permits[],
  { limit, calls, callInMs }: { limit: number; calls: number; callInMs: (index: number) => number },
) {
  const seen = { inFlight: 0, most: 0, made: 0 };
  const work = instances.flatMap((permits) =>
    Array.from({ length: calls }, async (_, index) => {
      const permit = await permits.acquire(HOST, limit, 3_600_000, 'order');
      seen.inFlight += 1;
      seen.most = Math.max(seen.most, seen.inFlight);
      await sleep(callInMs(index));
      seen.inFlight -= 1;
      seen.made += 1;
      permit?.release();
    }),
  );
  return { seen, done: Promise.all(work) };
}

describe('makePermits', () => {
  it.each([
    [1, 1, 60],
    [1, 3, 60],
    [3, 2, 40],
    [8, 4, 20],
  ])(
    'never has more out than the limit and leaves nobody out, with %i instances and %i permits',
    async (count, limit, calls) => {
      const table = memoryTable();
      table.latencyInMs = 10;
      const instances = Array.from({ length: count }, () => startInstance(table));
      const { seen, done } = makeCalls(instances, {
        limit,
        calls,
        callInMs: (index) => 300 + ((index * 7) % 11) * 100,
      });
      await runTimers(done);
      expect(seen).toEqual({ inFlight: 0, most: limit, made: count * calls });
    },
  );

  it('hands permits on to the next caller without asking the table again', async () => {
    const table = memoryTable();
    const permits = startInstance(table);
    const { seen, done } = makeCalls([permits], { limit: 2, calls: 2, callInMs: () => 10 });
    await runTimers(done);
    const requests = table.reads() + table.writes();
    for (let call = 0; call < 100; call += 1) (await permits.acquire(HOST, 2, 10, 'order'))?.release();
    expect(table.reads() + table.writes()).toBe(requests);
    expect(seen.made).toBe(2);
  });

  it('counts hosts apart', async () => {
    const permits = startInstance(memoryTable());
    expect(await runTimers(permits.acquire(HOST, 1, 10, 'order'))).toBeDefined();
    expect(await runTimers(permits.acquire('other', 1, 10, 'order'))).toBeDefined();
  });

  it('gives up after the wait, and then takes no permit from those who still wait', async () => {
    const permits = startInstance(memoryTable());
    const held = await runTimers(permits.acquire(HOST, 1, 10, 'order'));
    const impatient = permits.acquire(HOST, 1, 10, 'order');
    const patient = permits.acquire(HOST, 1, 10_000, 'order');
    expect(await runTimers(impatient)).toBeUndefined();
    held?.release();
    expect(await runTimers(patient)).toBeDefined();
  });

  it('keeps a permit taken for a while after a call without an answer, for every instance', async () => {
    const table = memoryTable();
    const [first, second] = [startInstance(table), startInstance(table)];
    const held = await runTimers(first.acquire(HOST, 1, 10, 'order'));
    held?.release(60_000);
    const since = performance.now();
    await runTimers(second.acquire(HOST, 1, 300_000, 'order'));
    expect(performance.now() - since).toBeGreaterThanOrEqual(60_000);
  });

  it('counts a permit that is given back twice once', async () => {
    const permits = startInstance(memoryTable());
    const held = await runTimers(permits.acquire(HOST, 1, 10, 'order'));
    held?.release();
    held?.release();
    expect(await permits.acquire(HOST, 1, 10, 'order')).toBeDefined();
    expect(await runTimers(permits.acquire(HOST, 1, 10, 'order'))).toBeUndefined();
  });

  it('takes over from an instance that is gone, and not before its last call can have ended', async () => {
    const table = memoryTable();
    // Whoever is killed gives nothing back; a timer of this process would.
    const gone = startInstance(table);
    await runTimers(gone.acquire(HOST, 1, 10, 'order'));
    vi.clearAllTimers();
    const since = performance.now();
    await runTimers(startInstance(table).acquire(HOST, 1, 3_600_000, 'order'));
    expect(performance.now() - since).toBeGreaterThanOrEqual(LONGEST_CALL_IN_MS);
    expect(performance.now() - since).toBeLessThan(LONGEST_CALL_IN_MS + WINDOW_IN_MS + 5_000);
  });

  it('keeps a permit for as long as one use of it lasts, however long', async () => {
    const table = memoryTable();
    const [first, second] = [startInstance(table), startInstance(table)];
    const held = await runTimers(first.acquire(HOST, 1, 10, 'order'));
    const next = second.acquire(HOST, 1, 3_600_000, 'order');
    let came = false;
    void next.then(() => {
      came = true;
    });
    await vi.advanceTimersByTimeAsync(10 * LONGEST_CALL_IN_MS);
    expect(came).toBe(false);
    held?.release();
    expect(await runTimers(next)).toBeDefined();
  });

  it('counts the smallest limit that any instance names, from its first call on', async () => {
    const table = memoryTable();
    table.latencyInMs = 10;
    const [large, small] = [startInstance(table), startInstance(table)];
    const seen = { inFlight: 0, most: 0, mostBeside: 0, isSmallAtWork: false };
    const until = performance.now() + 120_000;
    async function work(permits: Permits, limit: number): Promise<void> {
      while (performance.now() < until) {
        const permit = await permits.acquire(HOST, limit, 3_600_000, 'order');
        seen.inFlight += 1;
        seen.isSmallAtWork ||= limit === 2;
        seen.most = Math.max(seen.most, seen.inFlight);
        if (seen.isSmallAtWork) seen.mostBeside = Math.max(seen.mostBeside, seen.inFlight);
        await sleep(700);
        seen.inFlight -= 1;
        permit?.release();
      }
    }
    const working = Array.from({ length: 6 }, () => work(large, 5));
    await vi.advanceTimersByTimeAsync(20_000);
    await runTimers(Promise.all([...working, work(small, 2), work(small, 2)]));
    expect(seen).toMatchObject({ most: 5, mostBeside: 2 });
  });

  it.each([
    { own: 2, others: 3, keptByOthers: 3 },
    { own: 5, others: 0, keptByOthers: 0 },
    { own: 0, others: 5, keptByOthers: 2 },
  ])(
    'lets nobody call under a smaller limit before enough of those in flight are over ($own, $others)',
    async (held) => {
      const table = memoryTable();
      const [one, other] = [startInstance(table), startInstance(table)];
      const acquire = (permits: Permits, count: number) =>
        runTimers(Promise.all(Array.from({ length: count }, () => permits.acquire(HOST, 5, 1_000, 'order'))));
      const own = await acquire(one, held.own);
      const others = await acquire(other, held.others);
      // The last ones are kept.
      for (const permit of [...own.slice(0, 2), ...others.slice(0, -held.keptByOthers || undefined)]) permit?.release();
      if (held.own === 0) await vi.advanceTimersByTimeAsync(3_000);
      expect(await runTimers(one.acquire(HOST, 2, 5_000, 'order'))).toBeUndefined();
      const last = [...own.slice(2), ...others.slice(-2)];
      last.at(0)?.release();
      last.at(1)?.release();
      expect(await runTimers(one.acquire(HOST, 2, 5_000, 'order'))).toBeDefined();
    },
  );

  it('tells others of a smaller limit although it has a permit at hand', async () => {
    const table = memoryTable();
    const [one, other] = [startInstance(table), startInstance(table)];
    (await runTimers(one.acquire(HOST, 2, 1_000, 'order')))?.release();
    expect(await runTimers(one.acquire(HOST, 1, 1_000, 'order'))).toBeDefined();
    expect(await runTimers(other.acquire(HOST, 2, 1_000, 'order'))).toBeUndefined();
  });

  it('forgets the smallest limit of another instance a few minutes after that has called last', async () => {
    const table = memoryTable();
    const [large, small] = [startInstance(table), startInstance(table)];
    const callsOf = async () => {
      const permits = [1, 2].map(() => large.acquire(HOST, 2, 1_000, 'order'));
      const got = (await runTimers(Promise.all(permits))).filter((permit) => permit !== undefined);
      for (const permit of got) permit.release();
      return got.length;
    };
    for (const restInMs of [200_000, 100_000, 80_000]) {
      (await runTimers(small.acquire(HOST, 1, 1_000, 'order')))?.release();
      await vi.advanceTimersByTimeAsync(restInMs);
      expect(await callsOf()).toBe(1);
      await vi.advanceTimersByTimeAsync(3_000);
    }
    await vi.advanceTimersByTimeAsync(100_000);
    expect(await callsOf()).toBe(2);
  });

  it('counts the smallest limit where two connections name one host, until the one has not called for long', async () => {
    const permits = startInstance(memoryTable());
    const first = await runTimers(permits.acquire(HOST, 1, 1_000, 'order'));
    expect(await runTimers(permits.acquire(HOST, 4, 10, 'order'))).toBeUndefined();
    first?.release();
    await vi.advanceTimersByTimeAsync(300_000);
    const all = Array.from({ length: 4 }, () => permits.acquire(HOST, 4, 1_000, 'order'));
    expect((await runTimers(Promise.all(all))).every((permit) => permit !== undefined)).toBe(true);
  });

  it('fails where the table is away, and works again when it is back', async () => {
    const table = memoryTable();
    const permits = startInstance(table);
    table.isAway = true;
    await expect(runTimers(permits.acquire(HOST, 1, 1_000, 'order'))).rejects.toMatchObject({
      failure: { class: 'transient' },
    });
    table.isAway = false;
    expect(await runTimers(permits.acquire(HOST, 1, 1_000, 'order'))).toBeDefined();
  });
});

describe('who is next', () => {
  /** The order in which those who came one after the other are served; all in one instance or each in its own. */
  async function served(isShared: boolean, busyForInMs: number, works: readonly Work[]): Promise<Work[]> {
    const table = memoryTable();
    const one = startInstance(table);
    const busy = await runTimers(one.acquire(HOST, 1, 1_000, 'order'));
    const order: Work[] = [];
    const waiting = [];
    for (const work of works) {
      const permits = isShared ? one : startInstance(table);
      waiting.push(
        permits.acquire(HOST, 1, 3_600_000, work).then(async (permit) => {
          order.push(work);
          await sleep(100);
          permit?.release();
        }),
      );
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await vi.advanceTimersByTimeAsync(busyForInMs);
    busy?.release();
    await runTimers(Promise.all(waiting));
    return order;
  }

  it.each([true, false])('goes by how urgent the work is (within one instance: %s)', async (isShared) => {
    const works: Work[] = ['command', 'export', 'reconcile', 'poll', 'order'];
    expect(await served(isShared, 5_000, works)).toEqual(works.toReversed());
  });

  it.each([true, false])('goes by who came first where it is as urgent (within one instance: %s)', async (isShared) => {
    const works: Work[] = ['order', 'password', 'order', 'password'];
    expect(await served(isShared, 5_000, works)).toEqual(works);
  });

  it.each([true, false])('is who has waited for two minutes (within one instance: %s)', async (isShared) => {
    expect(await served(isShared, 118_500, ['command', 'order'])).toEqual(['command', 'order']);
  });

  it('takes a permit that another instance keeps for less urgent work, as soon as a call under it is over', async () => {
    const table = memoryTable();
    table.latencyInMs = 4;
    const [exporting, creating] = [startInstance(table), startInstance(table)];
    const until = performance.now() + 60_000;
    const pages = Array.from({ length: 4 }, async () => {
      while (performance.now() < until) {
        const permit = await exporting.acquire(HOST, 2, 3_600_000, 'export');
        await sleep(500);
        permit?.release();
      }
    });
    await vi.advanceTimersByTimeAsync(1_000);
    const since = performance.now();
    const permit = await runTimers(creating.acquire(HOST, 2, 60_000, 'order'));
    expect(permit).toBeDefined();
    expect(performance.now() - since).toBeLessThan(2_000);
    permit?.release();
    await runTimers(Promise.all(pages));
  });
});
