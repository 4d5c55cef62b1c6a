/** Leave to make calls, one at a time, until it is released. */
export interface Permit {
  /** Gives it back, after `afterInMs` where the server may still be at work; only the first call counts. */
  release(afterInMs?: number): void;
}

/** A permit that calls `giveBack` once. */
export function makePermit(giveBack: () => void): Permit {
  let isReleased = false;
  return {
    release(afterInMs = 0) {
      if (isReleased) return;
      isReleased = true;
      if (afterInMs > 0) setTimeout(giveBack, afterInMs).unref();
      else giveBack();
    },
  };
}
