import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import type { Leave } from '../../../../shared/limits/brake.ts';
import { memoryTable } from './memory-table.ts';
import { startLimits, TIMES } from './start-limits.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T22:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const HOURS_IN_MS = 3_600_000;
const scope = { connection: 'Help' };
const type = { connection: 'Help', resourceType: 'SAP_User' };
const pass = (durationInMs: number) => vi.advanceTimersByTimeAsync(durationInMs);

function pair() {
  const table = memoryTable();
  return { table, one: startLimits(table), other: startLimits(table) };
}

/** Asks for leave again and again, by turns, and gives what was given. */
async function takeAll(instances: readonly ReturnType<typeof startLimits>[], limit: number, most: number) {
  const leaves: Leave[] = [];
  for (let asked = 0; asked < most; asked += 1) {
    try {
      const instance = instances[asked % instances.length];
      if (instance) leaves.push(await instance.brake.take([{ scope, limit }]));
    } catch (error) {
      if (!(error instanceof HoldError)) throw error;
    }
  }
  return leaves;
}

describe('the brake', () => {
  it.each([1, 3, 20, 21, 100, 777])(
    'gives leave for exactly %i new tickets, to two instances together',
    async (limit) => {
      const { one, other } = pair();
      expect(await takeAll([one, other], limit, 3 * limit + 50)).toHaveLength(limit);
      expect([...one.told('hold.placed'), ...other.told('hold.placed')]).toMatchObject([
        { scope: 'connection Help', kind: 'brake', reason: expect.stringContaining(`(${limit},`) },
      ]);
    },
  );

  it('gives exactly that when all ask at once, too', async () => {
    const { one, other } = pair();
    const asked = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => (index % 2 ? one : other).brake.take([{ scope, limit: 30 }])),
    );
    const given = asked.filter(({ status }) => status === 'fulfilled').length;
    // Who came off too badly in the crowd asks again.
    expect(given + (await takeAll([one, other], 30, 60)).length).toBe(30);
  });

  it('is drawn in blocks: no call for each ticket', async () => {
    const { table, one } = pair();
    await takeAll([one], 2_000, 500);
    expect(table.writes()).toBeLessThanOrEqual(35);
    expect(table.reads()).toBeLessThanOrEqual(70);
  });

  it('costs no write and hardly a read once the limit is reached', async () => {
    const { table, one } = pair();
    await takeAll([one], 3, 5);
    const before = [table.reads(), table.writes()];
    expect(await takeAll([one], 3, 100)).toEqual([]);
    expect([table.reads() - (before[0] ?? 0), table.writes() - (before[1] ?? 0)]).toEqual([0, 0]);
  });

  it('ends at midnight UTC, is told, and counts anew', async () => {
    const { one, other } = pair();
    await takeAll([one, other], 3, 6);
    await pass(2 * HOURS_IN_MS - 1_000);
    expect(await takeAll([one, other], 3, 6)).toEqual([]);
    await pass(1_000);
    expect(await takeAll([one, other], 3, 6)).toHaveLength(3);
    expect([...one.told('hold.ended'), ...other.told('hold.ended')]).toMatchObject([{ kind: 'brake' }]);
  });

  it('allows the limit’s worth once more when an operator releases it, and is told again after that', async () => {
    const { one, other } = pair();
    expect(await one.brake.release(scope)).toBeUndefined();
    await takeAll([one], 3, 5);
    expect(await one.brake.today()).toMatchObject([{ scope, drawn: 3, extra: 0, brakedSince: expect.any(String) }]);
    expect(await other.brake.release(scope)).toMatch(/^2026-11-23T22:/);
    expect(await other.brake.release(scope)).toBeUndefined();
    await pass(TIMES.maxAgeInMs);
    expect(await takeAll([one, other], 3, 10)).toHaveLength(3);
    expect([...one.told('hold.placed'), ...other.told('hold.placed')]).toHaveLength(2);
    expect([...one.told('hold.ended'), ...other.told('hold.ended')]).toMatchObject([{ kind: 'brake' }]);
    expect(await one.brake.today()).toMatchObject([{ drawn: 6, extra: 1 }]);
  });

  it('gives back what nobody asks for', async () => {
    const { one, other } = pair();
    await takeAll([one], 1_000, 1);
    expect(await other.brake.today()).toMatchObject([{ drawn: 10 }]);
    await pass(10_001);
    expect(await other.brake.today()).toMatchObject([{ drawn: 1 }]);
    expect(await takeAll([other], 1_000, 1_200)).toHaveLength(999);
  });

  it('never gives back twice what it gave back with the answer lost', async () => {
    const { table, one, other } = pair();
    await takeAll([one], 1_000, 1);
    table.loseNextAnswer('repeated');
    await pass(10_001);
    await pass(60_000);
    expect((await takeAll([one, other], 1_000, 1_300)).length).toBeLessThanOrEqual(999);
  });

  it('loses no more than its block with a process that is killed, and never gives more', async () => {
    const { table, other } = pair();
    const killed = startLimits(table);
    await takeAll([killed], 1_000, 1);
    // Its timers end with it.
    vi.clearAllTimers();
    const given = (await takeAll([other], 1_000, 1_200)).length;
    expect(given).toBe(990);
  });

  it('takes back leave that led to no ticket, once', async () => {
    const { one } = pair();
    const [leave] = await takeAll([one], 1, 1);
    expect(await takeAll([one], 1, 3)).toEqual([]);
    leave?.giveBack();
    leave?.giveBack();
    expect(await takeAll([one], 1, 3)).toHaveLength(1);
  });

  it('counts a ticket in both limits, or in none', async () => {
    const { one } = pair();
    const both = () =>
      one.brake.take([
        { scope, limit: 10 },
        { scope: type, limit: 2 },
      ]);
    await both();
    await both();
    for (let order = 0; order < 20; order += 1) await expect(both()).rejects.toThrow(/resource type SAP_User/);
    expect(await takeAll([one], 10, 20)).toHaveLength(8);
  });

  it('makes no new ticket where nobody can count', async () => {
    const { table, one } = pair();
    table.isAway = true;
    await expect(one.brake.take([{ scope, limit: 10 }])).rejects.toThrow(UnavailableError);
  });

  it('keeps to what it had drawn where nobody can count', async () => {
    const { table, one } = pair();
    await takeAll([one], 500, 1);
    table.isAway = true;
    for (let order = 0; order < 4; order += 1) await one.brake.take([{ scope, limit: 500 }]);
    await expect(one.brake.take([{ scope, limit: 500 }])).rejects.toThrow(UnavailableError);
  });
});
