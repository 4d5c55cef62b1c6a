import type { Config } from './config.ts';
import { type Failure, messageOf } from './errors.ts';

/** What happened so far to the message whose handling failed. */
export interface FailedWork {
  readonly attempt: number;
  readonly waitedSeconds: number;
  /** Whether the same kind of work has succeeded lately for others. */
  readonly othersSucceed: boolean;
  /** How often running the same refusal came within one resource type, this one included. */
  readonly sameRefusals: number;
  /** Whether it came to look if a hold is over that is not. */
  readonly isProbe: boolean;
  /** From 0 to 1, for spreading. */
  readonly random: number;
}

/** The message comes back after a delay. */
export interface PutBackDecision {
  readonly kind: 'defer' | 'hold';
  readonly delayInSeconds: number;
  readonly reason: string;
}

/**
 * What to do with a message whose handling failed: `defer` spends an attempt and grows, `hold` spends nothing, `reject`
 * ends in an `Errored` result and poison, `throw` leaves it to the platform.
 */
export type FailureDecision =
  | PutBackDecision
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'throw' };

/** The same refusal this often running is a matter of the mapping or the instance, not of the orders. */
const REFUSALS_UNTIL_HOLD = 5;

/** Rate rules count by the hour; a server that asks for more is asked again after that. */
const LONGEST_ASKED_WAIT_IN_SECONDS = 3_600;

/** Decides for every use case alike what a failure leads to. Pure and total; `failure` is `undefined` for a bug. */
export function decideFailure(
  error: unknown,
  failure: Failure | undefined,
  work: FailedWork,
  { deferral, holdInMs }: Pick<Config, 'deferral' | 'holdInMs'>,
): FailureDecision {
  const reason = messageOf(error);
  const holdInSeconds = holdInMs / 1000;
  if (failure === undefined) return { kind: 'throw' };
  if (failure.class === 'hold') {
    return {
      kind: 'hold',
      delayInSeconds: Math.min(failure.retryAfterInSeconds ?? holdInSeconds, holdInSeconds),
      reason,
    };
  }
  if (failure.class === 'permanent') {
    return work.sameRefusals >= REFUSALS_UNTIL_HOLD || (work.sameRefusals > 0 && work.isProbe)
      ? { kind: 'hold', delayInSeconds: holdInSeconds, reason }
      : { kind: 'reject', reason };
  }
  if (work.waitedSeconds * 1000 >= deferral.limitInMs) {
    return work.othersSucceed
      ? { kind: 'reject', reason: `${reason}; given up after ${Math.round(work.waitedSeconds / 3600)} hours of tries` }
      : { kind: 'hold', delayInSeconds: holdInSeconds, reason };
  }
  const growingInMs =
    Math.min(deferral.firstInMs * 2 ** Math.min(work.attempt, 30), deferral.longestInMs) * (0.75 + work.random / 2);
  const askedInSeconds = Math.min(failure.retryAfterInSeconds ?? 0, LONGEST_ASKED_WAIT_IN_SECONDS);
  return { kind: 'defer', delayInSeconds: Math.max(growingInMs / 1000, askedInSeconds), reason };
}
