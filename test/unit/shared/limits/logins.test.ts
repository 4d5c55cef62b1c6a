import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logins, Turn } from '../../../../shared/limits/logins.ts';
import { startInstance, TIMES } from './instances.ts';
import { type MemoryTable, memoryTable } from './memory-table.ts';
import { runTimers } from './run-timers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const LOGIN = 'https://x.service-now.com api.user';
const SETTLED_IN_MS = 20_000;
/** Storage's clock shows whole seconds: what ends by it ends up to three seconds late. */
const CLOCK_MARGIN_IN_MS = 3_000;

function pair(): { table: MemoryTable; one: Logins; other: Logins } {
  const table = memoryTable();
  return { table, one: startInstance(table), other: startInstance(table) };
}

/** The turn that must have been given. */
async function turnOf(asked: Promise<Turn>): Promise<Extract<Turn, { kind: 'turn' }>> {
  const turn = await runTimers(asked);
  if (turn.kind !== 'turn') throw new Error(`Expected a turn, got ${turn.kind}`);
  return turn;
}

describe('a refusal', () => {
  it('stops the login here at once, while it is still being written', async () => {
    const { table, one } = pair();
    await one.judge(LOGIN, 'v1');
    table.latencyInMs = 1_000;
    const writing = one.refused(LOGIN, 'v1');
    expect(one.judgeNow(LOGIN, 'v1').kind).toBe('refused');
    expect(one.judgeNow(LOGIN, 'v2').kind).toBe('untried');
    await runTimers(writing);
    expect(one.judgeNow(LOGIN, 'v1').kind).toBe('refused');
  });

  it('is not forgotten for a look at the table that began before it was written', async () => {
    const { table, one } = pair();
    const answer = table.holdNextRead();
    const looking = one.judge(LOGIN, 'v1');
    await vi.advanceTimersByTimeAsync(100);
    await runTimers(one.refused(LOGIN, 'v1'));
    answer();
    expect((await runTimers(looking)).kind).toBe('refused');
    expect(one.judgeNow(LOGIN, 'v1').kind).toBe('refused');
  });

  it('that can not be written is kept, and written when somebody is there again, whether anybody asks or not', async () => {
    const { table, one, other } = pair();
    await one.judge(LOGIN, 'v1');
    table.isAway = true;
    const stops = await runTimers(Promise.all(['v1', 'v1', 'v2'].map((version) => one.refused(LOGIN, version))));
    expect(stops.map(({ failures }) => failures)).toEqual([1, 2, 3]);
    expect(await one.stopped(LOGIN)).toMatchObject({ failures: 3, versions: ['v1', 'v2'] });
    await vi.advanceTimersByTimeAsync(60_000);
    table.isAway = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await runTimers(other.stopped(LOGIN))).toMatchObject({ failures: 3, versions: ['v1', 'v2'] });
    expect(await runTimers(one.stopped(LOGIN))).toMatchObject({ failures: 3 });
    expect(table.writes()).toBe(1);
  });

  it('is counted once each, however many come while others are being written', async () => {
    const { table, one, other } = pair();
    table.latencyInMs = 50;
    const refusals = Array.from({ length: 3 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 20));
      await Promise.all([one.refused(LOGIN, 'v1'), other.refused(LOGIN, 'v2')]);
    });
    await runTimers(Promise.all(refusals));
    await vi.advanceTimersByTimeAsync(TIMES.maxAgeInMs);
    for (const logins of [one, other]) expect((await runTimers(logins.stopped(LOGIN)))?.failures).toBe(6);
  });

  it('after a success is the first again, with a time of its own', async () => {
    const { one } = pair();
    await runTimers(one.refused(LOGIN, 'v1'));
    await runTimers((await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS))).accepted());
    await vi.advanceTimersByTimeAsync(60_000);
    const stoppedAt = new Date();
    expect(await runTimers(one.refused(LOGIN, 'v2'))).toMatchObject({ failures: 1, stoppedAt });
  });
});

describe('settings that were refused', () => {
  const recovered = async () => {
    const instances = pair();
    await runTimers(instances.one.refused(LOGIN, 'old'));
    await runTimers((await turnOf(instances.one.takeTurn(LOGIN, 'new', SETTLED_IN_MS))).accepted());
    return instances;
  };

  it('are not used by any instance when others were accepted, those are', async () => {
    const { one, other } = await recovered();
    for (const logins of [one, other]) {
      expect((await runTimers(logins.judge(LOGIN, 'old'))).kind).toBe('outdated');
      expect((await runTimers(logins.judge(LOGIN, 'new'))).kind).toBe('free');
      expect(await runTimers(logins.stopped(LOGIN))).toBeUndefined();
      expect(await runTimers(logins.all())).toEqual([]);
    }
    expect(await runTimers(other.takeTurn(LOGIN, 'old', 0))).toEqual({ kind: 'outdated' });
    expect(await runTimers(one.release(LOGIN))).toBe(false);
  });

  it('may be used again when no instance can have others any more', async () => {
    const { other } = await recovered();
    await vi.advanceTimersByTimeAsync(TIMES.rememberForInMs - 1_000);
    expect((await runTimers(other.judge(LOGIN, 'old'))).kind).toBe('outdated');
    await vi.advanceTimersByTimeAsync(TIMES.maxAgeInMs + CLOCK_MARGIN_IN_MS);
    expect((await runTimers(other.judge(LOGIN, 'old'))).kind).toBe('free');
  });

  it('are as good as any others when it is they that were accepted in the end', async () => {
    const { one, other } = pair();
    await runTimers(one.refused(LOGIN, 'v1'));
    await runTimers(one.release(LOGIN));
    await vi.advanceTimersByTimeAsync(SETTLED_IN_MS + CLOCK_MARGIN_IN_MS);
    await runTimers((await turnOf(one.takeTurn(LOGIN, 'v1', SETTLED_IN_MS))).accepted());
    for (const logins of [one, other]) expect((await runTimers(logins.judge(LOGIN, 'v1'))).kind).toBe('free');
    expect(await runTimers(other.all())).toEqual([]);
  });
});

describe('the turn', () => {
  const stopped = async () => {
    const instances = pair();
    await runTimers(instances.one.refused(LOGIN, 'v1'));
    return instances;
  };

  it('comes back by itself when whoever has it is gone, and not before', async () => {
    const { one, other } = await stopped();
    await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    await vi.advanceTimersByTimeAsync(TIMES.turnInMs);
    expect(await runTimers(other.takeTurn(LOGIN, 'v2', SETTLED_IN_MS))).toEqual({ kind: 'busy' });
    await vi.advanceTimersByTimeAsync(CLOCK_MARGIN_IN_MS);
    await turnOf(other.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
  });

  it('stays with whoever has it when an operator releases the login, and ends with the release in force', async () => {
    const { one, other } = await stopped();
    const turn = await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    expect(await runTimers(other.release(LOGIN))).toBe(true);
    expect(await runTimers(other.takeTurn(LOGIN, 'v3', SETTLED_IN_MS))).toEqual({ kind: 'busy' });
    await runTimers(turn.end());
    expect((await turnOf(other.takeTurn(LOGIN, 'v3', SETTLED_IN_MS))).stop.isReleased).toBe(true);
  });

  it('of another instance is not ended by one that has run out', async () => {
    const { one, other } = await stopped();
    const first = await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    await vi.advanceTimersByTimeAsync(TIMES.turnInMs + CLOCK_MARGIN_IN_MS);
    await turnOf(other.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    await runTimers(first.end());
    expect(await runTimers(first.accepted())).toBe(false);
    expect(await runTimers(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS))).toEqual({ kind: 'busy' });
  });

  it('is one’s own although the answer to it was lost', async () => {
    const { table, one, other } = await stopped();
    table.loseNextAnswer('repeated');
    const turn = await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    expect(await runTimers(other.takeTurn(LOGIN, 'v2', SETTLED_IN_MS))).toEqual({ kind: 'busy' });
    expect(await runTimers(turn.accepted())).toBe(true);
  });

  it('does not end a stop that somebody else’s refusal has renewed', async () => {
    const { one, other } = await stopped();
    const turn = await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    await runTimers(other.refused(LOGIN, 'v1'));
    expect(await runTimers(turn.accepted())).toBe(false);
    expect(await runTimers(one.stopped(LOGIN))).toMatchObject({ failures: 2 });
    const next = await turnOf(one.takeTurn(LOGIN, 'v2', SETTLED_IN_MS));
    expect(await runTimers(next.accepted())).toBe(true);
    expect(await runTimers(one.stopped(LOGIN))).toBeUndefined();
  });

  it('after a release is given for refused settings only when they must have been read since, for others at once', async () => {
    const { one, other } = await stopped();
    await runTimers(one.release(LOGIN));
    await vi.advanceTimersByTimeAsync(SETTLED_IN_MS - 1_000);
    expect(await runTimers(other.takeTurn(LOGIN, 'v1', SETTLED_IN_MS))).toEqual({ kind: 'busy' });
    await runTimers((await turnOf(other.takeTurn(LOGIN, 'v2', SETTLED_IN_MS))).end());
    await vi.advanceTimersByTimeAsync(SETTLED_IN_MS + CLOCK_MARGIN_IN_MS);
    await turnOf(other.takeTurn(LOGIN, 'v1', SETTLED_IN_MS));
  });

  it('is not asked for, and nothing is read or written, while it is known that there is nothing to try', async () => {
    const { table, one, other } = await stopped();
    await runTimers(other.judge(LOGIN, 'v1'));
    const [reads, writes] = [table.reads(), table.writes()];
    for (let order = 0; order < 1_000; order += 1) {
      for (const logins of [one, other]) expect((await logins.judge(LOGIN, 'v1')).kind).toBe('refused');
    }
    expect([table.reads(), table.writes()]).toEqual([reads, writes]);
    await vi.advanceTimersByTimeAsync(TIMES.maxAgeInMs);
    await runTimers(Promise.all(Array.from({ length: 50 }, () => other.judge(LOGIN, 'v1'))));
    expect([table.reads(), table.writes()]).toEqual([reads + 1, writes]);
  });
});

describe('with a permit in hand', () => {
  it('a refusal elsewhere is known within the window, whatever has been asked for meanwhile', async () => {
    const { one, other } = pair();
    (await runTimers(one.acquire(LOGIN, 3, 5_000)))?.release();
    await runTimers(other.refused(LOGIN, 'v1'));
    const until = performance.now() + TIMES.maxAgeInMs;
    while (performance.now() < until) {
      (await runTimers(one.acquire(LOGIN, 3, 5_000)))?.release();
      await vi.advanceTimersByTimeAsync(500);
    }
    const permit = await runTimers(one.acquire(LOGIN, 3, 5_000));
    expect(permit).toBeDefined();
    expect(one.judgeNow(LOGIN, 'v1').kind).toBe('refused');
  });
});
