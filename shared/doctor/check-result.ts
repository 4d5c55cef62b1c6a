/**
 * How a check ended. `notProven`: it can't be told from here, and nothing speaks against it. `skipped`: it could not be
 * made, because of something reported before.
 */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'notProven' | 'skipped';

/** One thing that was looked at, in plain words for people. */
export interface CheckResult {
  /** A short fixed name, such as `vault` or `login`. */
  readonly name: string;
  readonly connection?: string;
  readonly status: CheckStatus;
  /** One or two sentences: what was found. Never a secret. */
  readonly message: string;
  /** What to do about it; there whenever something has to be done. */
  readonly remedy?: string;
}
