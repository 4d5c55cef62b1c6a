import { ConnectorError, type Failure, failureOf, messageOf } from '../errors.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';

/** What is known of a request whose ticket is not whole yet. */
export interface BegunRequest {
  readonly sysId: string;
  readonly number: string;
}

/**
 * A request was made and what belongs to it was not; whoever comes next completes it and never begins another. Nothing that
 * only this order could repair is wrong any more, so a refusal never gives it up.
 *
 * Where this very call made the request, every further one would stay incomplete alike: its resource type is held, and only
 * an order that was begun looks whether that is over. Where it was made earlier, somebody may have closed, hidden or deleted
 * this one since: it waits alone.
 */
export class UnfinishedTicketError extends ConnectorError {
  override readonly name = 'UnfinishedTicketError' as const;
  readonly failure: Failure;
  readonly request: BegunRequest;

  constructor(
    request: BegunRequest,
    work: { readonly key: string; readonly resourceType: string; readonly isNew: boolean },
    cause: unknown,
  ) {
    super(
      `${request.number} was made in ServiceNow and is not complete yet; it is completed, never made again: ${messageOf(cause)}`,
      { cause },
    );
    this.request = request;
    const failure = failureOf(cause);
    if (failure?.class === 'transient' || (failure && isAboutAccount(cause))) this.failure = failure;
    else if (work.isNew)
      this.failure = { class: 'hold', scope: `resource type ${work.resourceType}`, found: 'unfinished' };
    else this.failure = { class: 'hold', scope: `order ${work.key}` };
  }
}

/** Whether a call was turned away before it mattered what it asked for: the login, or a gateway before the instance. */
function isAboutAccount(cause: unknown): boolean {
  return cause instanceof ServiceNowError && cause.execution !== 'ended';
}
