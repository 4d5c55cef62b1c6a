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

describe('an old value that stands in', () => {
  /** A source that may be away, and a cache over it with values of at most 10 s. */
  function unreliable(options: { capacity?: number } = {}) {
    const clock = manualClock();
    const source: { error: Error | undefined; loads: number } = { error: undefined, loads: 0 };
    const served: { key: string; ageInMs: number; error: unknown }[] = [];
    const cache = makeExpiringCache(
      async (key) => {
        source.loads += 1;
        if (source.error) throw source.error;
        return `${key}${source.loads}`;
      },
      {
        clock,
        maxAgeInMs: 1_000,
        ...options,
        stale: {
          maxAgeInMs: 10_000,
          retryEveryInMs: 300,
          helpOver: (error) => error instanceof Error && error.message === 'away',
          onServed: (key, ageInMs, error) => served.push({ key, ageInMs, error }),
        },
      },
    );
    return { cache, clock, source, served };
  }
  const away = new Error('away');

  it('does so where the load fails with what it may help over, and says so once for all who wait', async () => {
    const { cache, clock, source, served } = unreliable();
    await cache.get('a');
    source.error = away;
    clock.advance(1_000);
    expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')])).toEqual(['a1', 'a1', 'a1']);
    expect(source.loads).toBe(2);
    expect(served).toEqual([{ key: 'a', ageInMs: 1_000, error: away }]);
  });

  it('spares the source for a while after a failure, and then asks it again', async () => {
    const { cache, clock, source, served } = unreliable();
    await cache.get('a');
    source.error = away;
    clock.advance(1_000);
    await cache.get('a');
    clock.advance(299);
    expect(await cache.get('a', 0)).toBe('a1');
    expect(source.loads).toBe(2);
    clock.advance(1);
    expect(await cache.get('a')).toBe('a1');
    expect(source.loads).toBe(3);
    expect(served.map(({ ageInMs }) => ageInMs)).toEqual([1_000, 1_300]);
  });

  it('gives way to a new one as soon as the source is back and asked', async () => {
    const { cache, clock, source, served } = unreliable();
    await cache.get('a');
    source.error = away;
    clock.advance(1_000);
    await cache.get('a');
    source.error = undefined;
    clock.advance(300);
    expect(await cache.get('a')).toBe('a3');
    clock.advance(999);
    expect(await cache.get('a')).toBe('a3');
    expect(served).toHaveLength(1);
  });

  it('does so for a bounded time, to the millisecond', async () => {
    const { cache, clock, source } = unreliable();
    await cache.get('a');
    source.error = away;
    clock.advance(10_000);
    expect(await cache.get('a')).toBe('a1');
    clock.advance(1);
    await expect(cache.get('a')).rejects.toBe(away);
    source.error = undefined;
    expect(await cache.get('a')).toBe('a4');
  });

  it('counts the time from when it was loaded, however often it stood in', async () => {
    const { cache, clock, source } = unreliable();
    await cache.get('a');
    source.error = away;
    for (let age = 1_000; age <= 10_000; age += 500) {
      clock.advance(age === 1_000 ? 1_000 : 500);
      expect(await cache.get('a')).toBe('a1');
    }
    clock.advance(500);
    await expect(cache.get('a')).rejects.toBe(away);
  });

  it('does not do so for another failure, and not for a key that was never loaded or was dropped', async () => {
    const { cache, clock, source, served } = unreliable({ capacity: 1 });
    await cache.get('b');
    await cache.get('a');
    const wrong = new Error('wrong');
    source.error = wrong;
    clock.advance(1_000);
    await expect(cache.get('a')).rejects.toBe(wrong);
    source.error = away;
    await expect(cache.get('b')).rejects.toBe(away);
    await expect(cache.get('c')).rejects.toBe(away);
    expect(served).toEqual([]);
    expect(await cache.get('a')).toBe('a2');
  });

  it('never does so where nobody allowed it', async () => {
    const clock = manualClock();
    let loads = 0;
    const cache = makeExpiringCache(
      async () => {
        loads += 1;
        if (loads > 1) throw away;
        return loads;
      },
      { clock, maxAgeInMs: 1_000 },
    );
    await cache.get('a');
    clock.advance(1_000);
    await expect(cache.get('a')).rejects.toBe(away);
  });
});
