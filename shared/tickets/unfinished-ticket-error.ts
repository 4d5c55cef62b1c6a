import { ConnectorError, type Failure, failureOf, messageOf } from '../errors.ts';

/** What is known of a request whose ticket is not whole yet. */
export interface BegunRequest {
  readonly sysId: string;
  readonly number: string;
}

/**
 * A request was made and what belongs to it was not; whoever comes next completes it and never begins another. Nothing that
 * only this order could repair is wrong any more, so a refusal holds it.
 */
export class UnfinishedTicketError extends ConnectorError {
  override readonly name = 'UnfinishedTicketError' as const;
  readonly failure: Failure;
  readonly request: BegunRequest;

  constructor(request: BegunRequest, key: string, cause: unknown) {
    super(
      `${request.number} was made in ServiceNow and is not complete yet; it is completed, never made again: ${messageOf(cause)}`,
      { cause },
    );
    this.request = request;
    const failure = failureOf(cause);
    this.failure = failure && failure.class !== 'permanent' ? failure : { class: 'hold', scope: `order ${key}` };
  }
}
