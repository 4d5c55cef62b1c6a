import { describe, expect, it } from 'vitest';
import { makePutBackPace } from '../../../../shared/poison/put-back-pace.ts';
import { ConflictError } from '../../../../shared/storage/entity-table.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryBlobs } from '../memory-blobs.ts';

const start = new Date('2026-11-23T10:00:00.000Z');
const stateOf = (nextPutBackAt: unknown) => ({
  'watch-queues.json': JSON.stringify({ v: 1, NextPutBackAt: nextPutBackAt }),
});

describe('makePutBackPace', () => {
  it('gives one minute after the other, over all runs and instances', async () => {
    const state = memoryBlobs();
    const clock = manualClock(start);
    const one = makePutBackPace({ state, clock });
    const other = makePutBackPace({ state, clock });
    expect([await one(), await one(), await other(), await one()]).toEqual([0, 60, 120, 180]);
    clock.advance(100_000);
    expect(await other()).toBe(140);
    clock.advance(3_600_000);
    expect(await one()).toBe(0);
  });

  it('gives no two callers the same minute', async () => {
    const pace = makePutBackPace({ state: memoryBlobs(), clock: manualClock(start) });
    const delays = await Promise.all([pace(), pace(), pace()]);
    expect(delays.toSorted((a = 0, b = 0) => a - b)).toEqual([0, 60, 120]);
  });

  it('gives up for now where others are always faster', async () => {
    const state = { ...memoryBlobs(), replace: async () => undefined };
    await expect(makePutBackPace({ state, clock: manualClock(start) })()).rejects.toThrow(ConflictError);
  });

  it('has no minute left where six days are taken', async () => {
    const pace = (next: string) => makePutBackPace({ state: memoryBlobs(stateOf(next)), clock: manualClock(start) })();
    expect(await pace('2026-11-29T10:00:00.000Z')).toBe(6 * 24 * 3_600);
    expect(await pace('2026-11-29T10:00:00.001Z')).toBeUndefined();
  });

  it.each([
    ['no date', stateOf('soon')],
    ['another type', stateOf(7)],
    ['no JSON', { 'watch-queues.json': '{' }],
  ])('starts anew from a state that is %s', async (_name, blobs) => {
    const pace = makePutBackPace({ state: memoryBlobs(blobs), clock: manualClock(start) });
    expect([await pace(), await pace()]).toEqual([0, 60]);
  });
});
