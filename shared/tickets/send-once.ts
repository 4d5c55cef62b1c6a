import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ConnectorError, type Failure, messageOf } from '../errors.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';

/** The claim under which a ticket is posted: when it was asked for and when it ended up written, monotonic. */
export interface Claim {
  /** By the wall clock: a suspended machine's monotonic clock stands still. */
  readonly askedAt: Date;
  readonly askedAtInMs: number;
  readonly writtenAtInMs: number;
  readonly lengthInMs: number;
}

/**
 * The claim is too old for another send. The next copy of the message takes a new one; nothing was posted by this one
 * since its last answer.
 */
export class ClaimEndingError extends ConnectorError {
  override readonly name = 'ClaimEndingError' as const;
  readonly failure: Failure = { class: 'transient', retryAfterInSeconds: 1 };
}

/** Nobody can know yet whether a ticket was made; the order comes back when the claim has ended, and looks. */
export class UnclearPostError extends ConnectorError {
  override readonly name = 'UnclearPostError' as const;
  readonly failure: Failure;

  constructor(claimEndsInSeconds: number, cause: unknown) {
    super(`It is not clear yet whether ServiceNow made the ticket, it is looked for later: ${messageOf(cause)}`, {
      cause,
    });
    this.failure = { class: 'transient', retryAfterInSeconds: claimEndsInSeconds };
  }
}

/**
 * Nobody can ever find out whether a catalog item was ordered, since nothing in the order names the ticket: it is given up
 * and never repeated, until a person has looked.
 */
export class UntraceableOrderError extends ConnectorError {
  override readonly name = 'UntraceableOrderError' as const;
  readonly failure: Failure = { class: 'permanent' };
}

/** What sending under a claim needs. */
export interface SendDeps {
  readonly clock: Clock;
  readonly config: Pick<Config, 'requestTimeoutInMs' | 'unclearWaitInMs'>;
}

/** Storage's clock counts whole seconds; and the write may have ended a moment before its answer came. */
const CLAIM_GRAIN_IN_MS = 3_000;

/**
 * Sends what makes a record exactly once under a claim, and gives what it made: by its answer, or as found although the
 * answer said failure.
 *
 * A send is allowed only while time-out and unclear wait still fit into the claim, so whoever takes the claim over after
 * its end finds what this send makes. What is left: a process frozen between this check and its send for longer
 * than the rest of the claim; the poll that meets the second ticket reports it (`ticket.doubled`).
 *
 * @throws UnclearPostError when the record may still appear.
 * @throws ServiceNowError, ClaimEndingError when there certainly is none.
 */
export async function sendOnce<T>(
  send: (beforeSend: () => void) => Promise<T>,
  lookAtOnce: (refusal: ServiceNowError) => Promise<T | undefined>,
  claim: Claim,
  deps: SendDeps,
): Promise<T> {
  const { clock, config } = deps;
  const beforeSend = () => {
    // Either clock may forbid: the monotonic one can't be set back, the wall clock runs on while a machine sleeps.
    const ageInMs = Math.max(
      clock.monotonicInMs() - claim.askedAtInMs,
      clock.now().getTime() - claim.askedAt.getTime(),
    );
    if (ageInMs + config.requestTimeoutInMs + config.unclearWaitInMs > claim.lengthInMs)
      throw new ClaimEndingError('The claim on this order is too old to post its ticket; it is claimed anew');
  };
  const unclear = (cause: unknown) => {
    const endsInMs = claim.writtenAtInMs + claim.lengthInMs + CLAIM_GRAIN_IN_MS - clock.monotonicInMs();
    return new UnclearPostError(Math.max(endsInMs / 1000, 1), cause);
  };

  let refusal: ServiceNowError;
  try {
    return await send(beforeSend);
  } catch (error) {
    if (!(error instanceof ServiceNowError) || error.execution === 'none') throw error;
    if (error.execution === 'unknown') throw unclear(error);
    refusal = error;
  }
  // The transaction is over, and a rule that ran after the insert may have made the failure: look at once.
  let found: T | undefined;
  try {
    found = await lookAtOnce(refusal);
  } catch (error) {
    throw error instanceof UntraceableOrderError ? error : unclear(error);
  }
  if (found !== undefined) return found;
  throw refusal;
}
