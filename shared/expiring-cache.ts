import type { Clock } from './clock.ts';

/** A cache that loads each key once at a time and keeps what it loaded for a bounded time. */
export interface ExpiringCache<T> {
  /** The value, loaded again when it is older than `maxAgeInMs` (default: the cache's own). */
  get(key: string, maxAgeInMs?: number): Promise<T>;
}

/** When and for how long an old value stands in for one that can't be loaded. */
export interface StaleValues {
  /** How old a value may get that stands in. */
  readonly maxAgeInMs: number;
  /** How long nothing is loaded after a failure. */
  readonly retryEveryInMs: number;
  /** Whether this failure is one that an old value helps over. */
  helpOver(error: unknown): boolean;
  /** Called whenever a load failed and an old value stands in. */
  onServed?(key: string, ageInMs: number, error: unknown): void;
}

/**
 * Builds a cache over `load`: however many ask at once, one load per key runs, and a failed load is not kept, but for
 * what `stale` allows.
 * At most `capacity` keys are kept; the oldest go first.
 */
export function makeExpiringCache<T>(
  load: (key: string) => Promise<T>,
  options: {
    readonly clock: Clock;
    readonly maxAgeInMs: number | ((value: T) => number);
    readonly capacity?: number;
    readonly stale?: StaleValues;
  },
): ExpiringCache<T> {
  const { clock, capacity = 1000, stale } = options;
  const kept = new Map<string, { readonly value: T; readonly loadedAt: number; failedAt?: number }>();
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

  /** The old value where it may stand in, the failure otherwise. */
  function standIn(key: string, error: unknown): T {
    const entry = kept.get(key);
    const now = clock.monotonicInMs();
    if (!stale || !entry || !stale.helpOver(error) || now - entry.loadedAt > stale.maxAgeInMs) throw error;
    entry.failedAt = now;
    stale.onServed?.(key, now - entry.loadedAt, error);
    return entry.value;
  }

  function isUsable(entry: { readonly value: T; readonly loadedAt: number; failedAt?: number }, maxAgeInMs: number) {
    const now = clock.monotonicInMs();
    if (now - entry.loadedAt < maxAgeInMs) return true;
    const { failedAt } = entry;
    if (!stale || failedAt === undefined) return false;
    return now - failedAt < stale.retryEveryInMs && now - entry.loadedAt <= stale.maxAgeInMs;
  }

  return {
    get(key, maxAgeInMs) {
      const entry = kept.get(key);
      if (entry && isUsable(entry, maxAgeInMs ?? maxAge(entry.value))) return Promise.resolve(entry.value);
      const running = loading.get(key);
      if (running) return running;
      const load = loadOnce(key)
        .catch((error: unknown) => standIn(key, error))
        .finally(() => loading.delete(key));
      loading.set(key, load);
      return load;
    },
  };
}
