import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import type { Holds } from '../../../../shared/limits/holds.ts';
import { memoryTable } from './memory-table.ts';
import { startLimits, TIMES } from './start-limits.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const ORDER = { connection: 'Help', resourceType: 'SAP_User' };
const OTHER = { connection: 'Help', resourceType: 'AD_User' };
const pass = (durationInMs: number) => vi.advanceTimersByTimeAsync(durationInMs);
/** Everything an instance knew before is as old as it may get. */
const settle = () => pass(TIMES.maxAgeInMs + 1);

function pair() {
  const table = memoryTable();
  return { table, one: startLimits(table), other: startLimits(table) };
}

/** How an order fares: it passes, probes or is held with this reason. */
async function fares(holds: Holds, order = ORDER): Promise<string> {
  try {
    return (await holds.enter(order)) ? 'probes' : 'passes';
  } catch (error) {
    if (error instanceof HoldError) return error.message;
    throw error;
  }
}

describe('a hold', () => {
  it('holds its connection in all instances, and says why; nothing else', async () => {
    const { one, other } = pair();
    expect(await fares(other.holds)).toBe('passes');
    await one.holds.place({ connection: 'Help' }, 'refused', 'the account may not write');
    expect(await fares(one.holds)).toContain('the account may not write');
    await settle();
    expect(await fares(other.holds)).toContain('the account may not write');
    expect(await fares(other.holds, { connection: 'Other', resourceType: 'SAP_User' })).toBe('passes');
  });

  it('on a resource type holds no other one', async () => {
    const { one } = pair();
    await one.holds.place(ORDER, 'reference', 'no such group');
    expect(await fares(one.holds)).toContain('no such group');
    expect(await fares(one.holds, OTHER)).toBe('passes');
  });

  it('is told once, whoever places it again; the first reason stays', async () => {
    const { one, other } = pair();
    await Promise.all([
      one.holds.place({ connection: 'Help' }, 'refused', 'first'),
      other.holds.place({ connection: 'Help' }, 'refused', 'second'),
      one.holds.place({ connection: 'Help' }, 'refused', 'third'),
    ]);
    const told = [...one.told('hold.placed'), ...other.told('hold.placed')];
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ scope: 'connection Help', kind: 'refused', todo: expect.any(String) });
    expect(await one.holds.all()).toMatchObject([{ kind: 'refused', reason: told[0]?.reason, isProbed: true }]);
  });

  it.each([undefined, 'repeated'] as const)('is told where the answer to its writing was lost (%s)', async (how) => {
    const { table, one } = pair();
    table.loseNextAnswer(how);
    await one.holds.place({ connection: 'Help' }, 'refused', 'no');
    await fares(one.holds);
    expect(await one.holds.all()).toHaveLength(1);
    expect(one.told('hold.placed')).toHaveLength(1);
  });

  it('costs one look at the table in all that time, however many orders meet it', async () => {
    const { table, one } = pair();
    await one.holds.place({ connection: 'Help' }, 'pause', 'maintenance');
    const before = table.reads() + table.writes();
    await Promise.all(Array.from({ length: 50 }, () => fares(one.holds)));
    await pass(TIMES.maxAgeInMs - 1);
    await fares(one.holds);
    expect(table.reads() + table.writes() - before).toBe(1);
  });

  it('is kept to where it can not be written, and written when that is possible', async () => {
    const { table, one, other } = pair();
    await fares(one.holds);
    table.isAway = true;
    await one.holds.place(ORDER, 'changed', 'a rule changes correlation_id');
    expect(await fares(one.holds)).toContain('a rule changes correlation_id');
    expect(await fares(one.holds, OTHER)).toBe('passes');
    table.isAway = false;
    expect(await fares(one.holds)).toContain('a rule changes correlation_id');
    await settle();
    expect(await fares(other.holds)).toContain('a rule changes correlation_id');
    expect(one.told('hold.placed')).toHaveLength(1);
  });

  it('that an operator ends is told once by those that run, and by the command not at all', async () => {
    const { table, one, other } = pair();
    const command = startLimits(table);
    await one.holds.place(ORDER, 'changed', 'a rule changes correlation_id');
    await settle();
    await command.holds.end(ORDER, 'others');
    await settle();
    expect(await Promise.all([one, one, other].map(({ holds }) => fares(holds)))).toEqual(Array(3).fill('passes'));
    await settle();
    await Promise.all([fares(one.holds), fares(other.holds)]);
    expect([...one.told('hold.ended'), ...other.told('hold.ended')]).toMatchObject([{ kind: 'changed' }]);
    expect(command.told('hold.ended')).toEqual([]);
  });

  it('that one order places again and again, while others pass, is that order’s own', async () => {
    const { one, other } = pair();
    const scope = { connection: 'Help' };
    for (const cause of ['first', 'second']) {
      await one.holds.place(scope, 'refused', 'no', cause);
      expect(await one.holds.isAlone(scope, 'refused', cause)).toBe(false);
      await pass(TIMES.firstQuietInMs + 3_000);
      await (await other.holds.enter(ORDER))?.end('created');
      await settle();
    }
    expect(await one.holds.isAlone(scope, 'refused', 'first')).toBe(true);
    expect(await other.holds.isAlone(scope, 'refused', 'second')).toBe(true);
    expect(await other.holds.isAlone(scope, 'refused', 'third')).toBe(false);
    // What an operator ended says nothing of others.
    await one.holds.place(scope, 'refused', 'no', 'first');
    await one.holds.end(scope, 'others');
    expect(await one.holds.isAlone(scope, 'refused', 'first')).toBe(false);
  });

  it('written late is told once, and tried once at a time, however many orders meet it', async () => {
    const { table, one } = pair();
    await fares(one.holds);
    table.isAway = true;
    await one.holds.place(ORDER, 'changed', 'a rule changes correlation_id');
    table.isAway = false;
    table.latencyInMs = 100;
    const before = table.writes();
    const orders = Promise.all(Array.from({ length: 16 }, () => fares(one.holds)));
    await pass(5_000);
    expect(new Set(await orders)).toEqual(new Set([expect.stringContaining('a rule changes correlation_id')]));
    expect(one.told('hold.placed')).toHaveLength(1);
    expect(table.writes() - before).toBe(1);
  });

  it('that only an operator ends replaces one that is probed, never the other way round', async () => {
    const { one } = pair();
    await one.holds.place(ORDER, 'refusals', 'first');
    await one.holds.place(ORDER, 'changed', 'second');
    await one.holds.place(ORDER, 'refusals', 'third');
    expect(await one.holds.all()).toMatchObject([{ kind: 'changed', reason: 'second', isProbed: false }]);
  });
});

describe('table limits away', () => {
  it('what is known holds for a while, and then nobody passes', async () => {
    const { table, one } = pair();
    await one.holds.place(ORDER, 'pause', 'maintenance');
    expect(await fares(one.holds)).toContain('maintenance');
    table.isAway = true;
    await pass(4 * TIMES.maxAgeInMs - 1_000);
    expect(await fares(one.holds)).toContain('maintenance');
    expect(await fares(one.holds, OTHER)).toBe('passes');
    await pass(5_000);
    for (const order of [ORDER, OTHER]) await expect(one.holds.enter(order)).rejects.toThrow(UnavailableError);
  });

  it('nobody passes whose instance has never seen it', async () => {
    const { table, one } = pair();
    table.isAway = true;
    await expect(one.holds.enter(ORDER)).rejects.toThrow(UnavailableError);
  });
});

describe('a probe', () => {
  /** Both instances know of a hold whose first probe is due. */
  async function due() {
    const both = pair();
    await both.one.holds.place({ connection: 'Help' }, 'refused', 'the account may not write');
    await pass(TIMES.firstQuietInMs);
    return both;
  }

  it('is made after a while, by one order of all', async () => {
    const { one, other } = await due();
    const all = await Promise.all(
      [one, one, other, other].map(({ holds }) =>
        holds.enter(ORDER).then(
          (turn) => turn !== undefined,
          () => false,
        ),
      ),
    );
    expect(all.filter(Boolean)).toHaveLength(1);
    await settle();
    for (const { holds } of [one, other]) expect(await fares(holds)).toContain('the account may not write');
  });

  it('that succeeds ends the hold everywhere, and is told once', async () => {
    const { one, other } = await due();
    const turn = await one.holds.enter(ORDER);
    expect(await turn?.end('created')).toBeUndefined();
    expect(await fares(one.holds)).toBe('passes');
    await settle();
    expect(await fares(other.holds)).toBe('passes');
    expect(one.told('hold.ended')).toMatchObject([{ scope: 'connection Help', kind: 'refused' }]);
    expect(other.told('hold.ended')).toEqual([]);
    await one.holds.place({ connection: 'Help' }, 'refused', 'again');
    expect(one.told('hold.placed')).toHaveLength(2);
  });

  it('that fails is followed by another one, after longer and longer times', async () => {
    const { one, other } = await due();
    for (const quietInMs of [60_000, 120_000, 240_000, 480_000, 900_000, 900_000]) {
      const turn = await one.holds.enter(ORDER);
      expect(await turn?.end('accountRefused')).toBe(quietInMs / 1000 + 2);
      await pass(quietInMs - 2_000);
      expect(await fares(other.holds)).toContain('the account may not write');
      await pass(2_000);
    }
    expect(one.told('hold.placed')).toHaveLength(1);
    expect(await one.holds.all()).toHaveLength(1);
  });

  it('that turns out not to be one leaves the turn to the next order, at once', async () => {
    const { one } = await due();
    const turn = await one.holds.enter(ORDER);
    await turn?.end('notAsked');
    expect(await fares(one.holds)).toBe('probes');
  });

  it('whose process is killed leaves the turn when it must be over, and not before', async () => {
    const { one, other } = await due();
    expect(await fares(one.holds)).toBe('probes');
    await pass(TIMES.turnInMs - 2_000);
    expect(await fares(other.holds)).toContain('the account may not write');
    await pass(TIMES.maxAgeInMs);
    expect(await fares(other.holds)).toBe('probes');
  });

  it('takes the turns of the connection and of the resource type, or none', async () => {
    const { one } = await due();
    await one.holds.place(ORDER, 'reference', 'no such group');
    expect(await fares(one.holds)).toContain('no such group');
    expect(await fares(one.holds, OTHER)).toBe('probes');
    await pass(TIMES.turnInMs);
    const turn = await one.holds.enter(ORDER);
    await turn?.end('created');
    expect(await one.holds.all()).toEqual([]);
  });

  it('is left to orders that were begun, while requests can not be completed', async () => {
    const { one, other } = pair();
    await one.holds.place(ORDER, 'refusals', 'mandatory');
    await one.holds.place(ORDER, 'unfinished', 'REQ0010001 can not be marked');
    await pass(TIMES.firstQuietInMs);
    const [begun, fresh] = [async () => true, async () => false];
    for (const { holds } of [one, other])
      await expect(holds.enter(ORDER, fresh)).rejects.toThrow('REQ0010001 can not be marked');
    expect(await fares(one.holds, OTHER)).toBe('passes');
    const turn = await other.holds.enter(ORDER, begun);
    await turn?.end('created');
    expect(await one.holds.all()).toEqual([]);
  });

  it('is left to any order where none that was begun is left', async () => {
    const { one } = pair();
    await one.holds.place(ORDER, 'unfinished', 'REQ0010001 can not be marked');
    await pass(TIMES.firstQuietInMs + TIMES.holdInMs + TIMES.turnInMs - 2_000);
    expect(await fares(one.holds)).toContain('REQ0010001 can not be marked');
    await pass(TIMES.maxAgeInMs);
    expect(await fares(one.holds)).toBe('probes');
  });

  it('never ends what an operator or another order has written meanwhile', async () => {
    const { one, other } = await due();
    const turn = await one.holds.enter(ORDER);
    await other.holds.place({ connection: 'Help' }, 'changed', 'a rule changes correlation_id');
    await turn?.end('created');
    expect(await one.holds.all()).toMatchObject([{ kind: 'changed' }]);
    expect(one.told('hold.ended')).toEqual([]);
  });
});

describe('an operator', () => {
  it('pauses and resumes; what is paused is never probed', async () => {
    const { one, other } = pair();
    await one.holds.place({ connection: 'Help' }, 'pause', 'maintenance');
    await pass(10 * TIMES.holdInMs);
    expect(await fares(other.holds)).toMatch(/^Paused by an operator since .* maintenance; /);
    expect(await one.holds.end({ connection: 'Help' }, 'others')).toBeUndefined();
    expect(await one.holds.end({ connection: 'Help' }, 'pause')).toMatchObject({
      kind: 'pause',
      reason: 'maintenance',
    });
    expect(await one.holds.end({ connection: 'Help' }, 'pause')).toBeUndefined();
    await settle();
    expect(await fares(other.holds)).toBe('passes');
  });

  it('releases a hold, and the pause beside it stays', async () => {
    const { one } = pair();
    await one.holds.place(ORDER, 'changed', 'a rule changes correlation_id');
    await one.holds.place(ORDER, 'pause', 'maintenance');
    expect(await one.holds.end(ORDER, 'others')).toMatchObject({ kind: 'changed' });
    expect(await one.holds.all()).toMatchObject([{ kind: 'pause' }]);
  });
});
