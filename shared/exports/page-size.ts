/** How many rows are asked for at a time: fewer after a page that did not come whole, more again after some that did. */
export interface PageSize {
  current(): number;
  /** A page came whole. */
  grow(): void;
  /** A page came not at all, or cut: says whether a smaller one may be asked for. */
  halve(): boolean;
}

const SMALLEST = 10;
const GOOD_PAGES_UNTIL_GROWTH = 8;

/** Starts at the size that the connection asks for, and never goes above it. */
export function makePageSize(most: number): PageSize {
  let size = most;
  let good = 0;
  return {
    current: () => size,
    grow() {
      good += 1;
      if (size === most || good < GOOD_PAGES_UNTIL_GROWTH) return;
      size = Math.min(most, size * 2);
      good = 0;
    },
    halve() {
      good = 0;
      if (size <= Math.min(SMALLEST, most)) return false;
      size = Math.max(Math.min(SMALLEST, most), Math.floor(size / 2));
      return true;
    },
  };
}
