import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ConnectorError, type Failure, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { INCIDENT_FIELDS } from './incident-fields.ts';
import { lookUpTicket } from './look-up-ticket.ts';

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

/** Storage's clock counts whole seconds; and the write may have ended a moment before its answer came. */
const CLAIM_GRAIN_IN_MS = 3_000;

/**
 * Posts a ticket exactly once under a claim, and gives the ticket's record: the one made, or the one that was made
 * although the answer said failure.
 *
 * A send is allowed only while time-out and unclear wait still fit into the claim, so whoever takes the claim over after
 * its end finds a ticket that this send makes. What is left: a process frozen between this check and its send for longer
 * than the rest of the claim; reconciliation reports the second ticket.
 *
 * @throws UnclearPostError when a ticket may still appear.
 * @throws ServiceNowError, ClaimEndingError when there certainly is none.
 */
export async function postTicket(
  instance: Instance,
  table: string,
  draft: ServiceNowRecord,
  ticket: { readonly key: string; readonly marker: string; readonly firstClaimedAt: Date },
  claim: Claim,
  deps: {
    readonly clock: Clock;
    readonly log: Log;
    readonly config: Pick<Config, 'requestTimeoutInMs' | 'unclearWaitInMs'>;
  },
): Promise<ServiceNowRecord> {
  const { clock, log, config } = deps;
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
    const fields = [...new Set([...INCIDENT_FIELDS, ...Object.keys(draft)])];
    return await instance.tables.insert(table, draft, fields, beforeSend);
  } catch (error) {
    if (!(error instanceof ServiceNowError) || error.execution === 'none') throw error;
    if (error.execution === 'unknown') throw unclear(error);
    refusal = error;
  }
  // The transaction is over, and a rule that ran after the insert may have made the failure: look at once.
  let found: ServiceNowRecord | undefined;
  try {
    found = await lookUpTicket(instance, table, ticket, log);
  } catch (error) {
    throw unclear(error);
  }
  if (found) return found;
  throw refusal;
}
