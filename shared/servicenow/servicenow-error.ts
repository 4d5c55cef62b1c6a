import { ConnectorError, type Failure } from '../errors.ts';

/**
 * What a failed call may have done on the instance.
 *
 * - `none`: certainly nothing (never sent, not signed in, turned away by a limit).
 * - `ended`: the transaction is over, and a row may exist although the answer says failure (KB2697679).
 * - `unknown`: the server may still be at work; nobody can know before the longest transaction has ended.
 */
export type Execution = 'none' | 'ended' | 'unknown';

/**
 * A call to ServiceNow that did not give what was asked for. Carries what may have happened there (`execution`), the
 * HTTP status where there was an answer, and what the failure means for the work in hand.
 */
export class ServiceNowError extends ConnectorError {
  override readonly name = 'ServiceNowError' as const;
  readonly execution: Execution;
  readonly status: number | undefined;
  readonly failure: Failure;

  constructor(
    message: string,
    details: {
      readonly execution: Execution;
      readonly status?: number | undefined;
      readonly failure: Failure;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.execution = details.execution;
    this.status = details.status;
    this.failure = details.failure;
  }
}

/** Whether ServiceNow refused what was asked for, as it does what the account may not read; nothing that passes by itself. */
export function isRefused(error: unknown): boolean {
  return error instanceof ServiceNowError && error.failure.class !== 'transient';
}
