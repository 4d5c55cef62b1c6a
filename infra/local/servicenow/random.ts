export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/**
 * Gives the same sequence for the same seed, so that a run of the simulator can be repeated (mulberry32).
 * Not fit for real secrets; the simulator has none.
 */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    hex: (length) => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join(''),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}
