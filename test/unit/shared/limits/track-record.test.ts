import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { memoryTable } from './memory-table.ts';
import { startLimits } from './start-limits.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-23T10:00:00.250Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const ORDER = { connection: 'Help', resourceType: 'SAP_User' };
const HALF_AN_HOUR_IN_MS = 1_800_000;
const pass = (durationInMs: number) => vi.advanceTimersByTimeAsync(durationInMs);

function pair() {
  const table = memoryTable();
  return { table, one: startLimits(table), other: startLimits(table) };
}

describe('whether others succeed lately', () => {
  it('is known to all instances and after a restart, for as long as asked', async () => {
    const { table, one, other } = pair();
    const lately = ({ track }: typeof one, connection = 'Help') => track.succeedsLately(connection, HALF_AN_HOUR_IN_MS);
    expect(await lately(other)).toBe(false);
    await one.track.succeeded(ORDER);
    await pass(20_000);
    expect(await lately(other)).toBe(true);
    expect(await lately(other, 'Other')).toBe(false);
    expect(await lately(startLimits(table))).toBe(true);
    await pass(HALF_AN_HOUR_IN_MS);
    for (const instance of [one, other, startLimits(table)]) expect(await lately(instance)).toBe(false);
  });

  it('is written once a minute', async () => {
    const { table, one } = pair();
    for (let order = 0; order < 100; order += 1) await one.track.succeeded(ORDER);
    expect(table.writes()).toBe(1);
    await pass(60_000);
    await one.track.succeeded(ORDER);
    expect(table.writes()).toBe(2);
  });

  it('is no where nobody can tell, so that nothing is given up for it; and a success never fails', async () => {
    const { table, one } = pair();
    table.isAway = true;
    expect(await one.track.succeedsLately('Help', HALF_AN_HOUR_IN_MS)).toBe(false);
    await one.track.succeeded(ORDER);
    expect(await one.track.succeedsLately('Help', HALF_AN_HOUR_IN_MS)).toBe(true);
  });
});

describe('the same refusal running', () => {
  it('is counted over all instances', async () => {
    const { one, other } = pair();
    expect(await one.track.refused(ORDER, 'no')).toBe(1);
    expect(await other.track.refused(ORDER, 'no')).toBe(2);
    expect(await one.track.refused({ ...ORDER, resourceType: 'AD_User' }, 'no')).toBe(1);
    expect(await one.track.refused(ORDER, 'no')).toBe(3);
    const five = await Promise.all([one, other, one].map(({ track }) => track.refused(ORDER, 'no')));
    expect(five.sort()).toEqual([4, 5, 6]);
  });

  it('begins anew with another refusal', async () => {
    const { one } = pair();
    await one.track.refused(ORDER, 'no');
    expect(await one.track.refused(ORDER, 'never')).toBe(1);
    expect(await one.track.refused(ORDER, 'no')).toBe(1);
  });

  it('ends with a success, in whatever instance that knows of it', async () => {
    const { one, other } = pair();
    await one.track.refused(ORDER, 'no');
    await pass(20_000);
    await other.track.succeeded(ORDER);
    expect(await one.track.refused(ORDER, 'no')).toBe(1);
    await pass(5_000);
    await one.track.succeeded(ORDER);
    expect(await one.track.refused(ORDER, 'no')).toBe(1);
  });

  it('can not be counted without the table', async () => {
    const { table, one } = pair();
    table.isAway = true;
    await expect(one.track.refused(ORDER, 'no')).rejects.toThrow(UnavailableError);
  });
});
