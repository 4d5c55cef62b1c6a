import type { Clock } from './clock.ts';

/** A cache that loads each key once at a time and keeps what it loaded for a bounded time. */
export interface ExpiringCache<T> {
  /** The value, loaded again when it is older than `maxAgeInMs` (default: the cache's own). */
  get(key: string, maxAgeInMs?: number): Promise<T>;
}

/**
 * Builds a cache over `load`: however many ask at once, one load per key runs, and a failed load is not kept.
 * At most `capacity` keys are kept; the oldest go first.
 */
export function makeExpiringCache<T>(
  load: (key: string) => Promise<T>,
  options: { readonly clock: Clock; readonly maxAgeInMs: number | ((value: T) => number); readonly capacity?: number },
): ExpiringCache<T> {
  const { clock, capacity = 1000 } = options;
  const kept = new Map<string, { value: T; loadedAt: number }>();
  const loading = new Map<string, Promise<T>>();
  const maxAge = (value: T) =>
    typeof options.maxAgeInMs === 'function' ? options.maxAgeInMs(value) : options.maxAgeInMs;

  async function loadOnce(key: string): Promise<T> {
    const startedAt = clock.monotonicInMs();
    const value = await load(key);
    kept.delete(key);
    kept.set(key, { value, loadedAt: startedAt });
    for (const oldest of kept.keys()) {
      if (kept.size <= capacity) break;
      kept.delete(oldest);
    }
    return value;
  }

  return {
    get(key, maxAgeInMs) {
      const entry = kept.get(key);
      if (entry && clock.monotonicInMs() - entry.loadedAt < (maxAgeInMs ?? maxAge(entry.value)))
        return Promise.resolve(entry.value);
      const running = loading.get(key);
      if (running) return running;
      const load = loadOnce(key).finally(() => loading.delete(key));
      loading.set(key, load);
      return load;
    },
  };
}
