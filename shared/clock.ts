/** Time as a dependency: what a use case may know of it. */
export interface Clock {
  /** The machine's idea of now. It may forbid a POST, and never ends a claim: that is storage's clock. */
  now(): Date;
  /** Milliseconds that only grow, for durations and deadlines inside this process. */
  monotonicInMs(): number;
  /** Resolves after `durationInMs`; used for the short waits inside one invocation only. */
  sleep(durationInMs: number): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicInMs: () => performance.now(),
  sleep: (durationInMs) => new Promise((resolve) => setTimeout(resolve, durationInMs)),
};
