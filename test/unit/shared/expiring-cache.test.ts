import { describe, expect, it } from 'vitest';
import { makeExpiringCache } from '../../../shared/expiring-cache.ts';
import { manualClock } from './manual-clock.ts';

function counting(options: { maxAgeInMs?: number | ((value: string) => number); capacity?: number } = {}) {
  const clock = manualClock();
  const loads: string[] = [];
  const cache = makeExpiringCache(
    async (key) => {
      loads.push(key);
      return `${key}${loads.length}`;
    },
    { clock, maxAgeInMs: 1_000, ...options },
  );
  return { cache, clock, loads };
}

describe('makeExpiringCache', () => {
  it('loads a key once, however many ask at the same time', async () => {
    const { cache, loads } = counting();
    expect(await Promise.all(Array.from({ length: 50 }, () => cache.get('a')))).toEqual(
      Array.from({ length: 50 }, () => 'a1'),
    );
    expect(loads).toEqual(['a']);
  });

  it('loads different keys apart', async () => {
    const { cache } = counting();
    expect(await Promise.all([cache.get('a'), cache.get('b')])).toEqual(['a1', 'b2']);
  });

  it('keeps a value for as long as it may, and not a moment longer', async () => {
    const { cache, clock } = counting();
    expect(await cache.get('a')).toBe('a1');
    clock.advance(999);
    expect(await cache.get('a')).toBe('a1');
    clock.advance(1);
    expect(await cache.get('a')).toBe('a2');
  });

  it('loads again for whoever asks for a younger value, and then everybody has it', async () => {
    const { cache, clock } = counting();
    await cache.get('a');
    clock.advance(100);
    expect(await cache.get('a', 50)).toBe('a2');
    expect(await cache.get('a')).toBe('a2');
  });

  it('counts the age from before the load, for the value may be that old', async () => {
    const clock = manualClock();
    let loads = 0;
    const cache = makeExpiringCache(
      async () => {
        clock.advance(600);
        return ++loads;
      },
      { clock, maxAgeInMs: 1_000 },
    );
    await cache.get('a');
    clock.advance(500);
    expect(await cache.get('a')).toBe(2);
  });

  it('can keep values for different times', async () => {
    const { cache, clock } = counting({ maxAgeInMs: (value) => (value.startsWith('a') ? 10 : 1_000) });
    await Promise.all([cache.get('a'), cache.get('b')]);
    clock.advance(20);
    expect(await Promise.all([cache.get('a'), cache.get('b')])).toEqual(['a3', 'b2']);
  });

  it('gives a failed load to all who waited, and does not keep it', async () => {
    let loads = 0;
    const cache = makeExpiringCache(
      async () => {
        loads += 1;
        if (loads === 1) throw new Error('away');
        return loads;
      },
      { clock: manualClock(), maxAgeInMs: 1_000 },
    );
    const both = await Promise.allSettled([cache.get('a'), cache.get('a')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(loads).toBe(1);
    expect(await cache.get('a')).toBe(2);
  });

  it('drops the oldest beyond its capacity', async () => {
    const { cache, loads } = counting({ capacity: 2 });
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await cache.get(key);
    expect(loads).toEqual(['a', 'b', 'c', 'a']);
  });
});
