import { type Answer, failure, html, json } from '../requests/answer.ts';
import type { FaultRule } from './fault-rule.ts';

/** Whether a rule leaves the true answer as it is, but for a delay and headers. */
export function isBenign({ action }: FaultRule): boolean {
  return action.status === undefined && action.body === undefined && !action.cut && !action.hang;
}

/**
 * The answer that a rule gives in place of the true one.
 * @param truth the true answer, where the request was carried out first.
 */
export function badAnswer({ action }: FaultRule, truth: Answer | undefined): Answer {
  const { status, headers, body } = action;
  const answer = body === undefined ? answerOf(status ?? 500) : answerWith(body, truth);
  return {
    ...answer,
    ...(status !== undefined && { status }),
    headers: { ...answer.headers, ...headers },
    ...(truth?.committed && { committed: true }),
    ...(truth?.user !== undefined && { user: truth.user }),
  };
}

function answerWith(body: NonNullable<FaultRule['action']['body']>, truth: Answer | undefined): Answer {
  switch (body) {
    case 'hibernation':
      return html(200, 'Instance Hibernating page', '<h1>Your instance is hibernating</h1><p>Sign in to wake it.</p>');
    case 'maintenance':
      return html(503, 'Instance under maintenance', '<h1>Instance under maintenance</h1>');
    case 'broken-json':
      return { ...json(200, null), body: breakJson(truth?.body.toString() ?? '{"result":[{"sys_id":"') };
    case 'empty':
      return { status: truth?.status ?? 200, headers: {}, body: '' };
    default:
      if (typeof body !== 'string') return json(truth?.status ?? 200, body);
      return body.trimStart().startsWith('<')
        ? { ...html(200, '', ''), body }
        : { ...json(truth?.status ?? 200, null), body };
  }
}

/** What a transaction quota leaves of a long answer: status 200, some rows, then an error where the next row should be. */
function breakJson(text: string): string {
  const error = {
    detail: `${quotaMessage} Check logs for error trace or enable glide.rest.debug property to verify REST request processing`,
    message: quotaMessage,
  };
  return `${text.replace(/\]?\}$/, '')}"",],"error":${JSON.stringify(error)},"status":"failure"}`;
}

const quotaMessage = 'Transaction cancelled: maximum execution time exceeded';

/** What instances and the gateways before them say with a status. */
function answerOf(status: number): Answer {
  switch (status) {
    case 401:
      return failure(status, 'User Not Authenticated', 'Required to provide Auth information');
    case 403:
      return failure(status, 'Operation Failed', 'ACL Exception Update Failed due to security constraints');
    case 404:
      return failure(status, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
    case 429:
      return failure(status, 'Rate limit exceeded', 'Rate limit of 100 requests per hour for Table API exceeded');
    case 502:
      return html(status, '502 Bad Gateway', '<h1>502 Bad Gateway</h1>');
    case 503:
      return html(status, '503 Service Unavailable', '<h1>503 Service Unavailable</h1>');
    case 504:
      return html(status, '504 Gateway Time-out', '<h1>504 Gateway Time-out</h1>');
    default:
      if (status < 400) return { status, headers: {}, body: '' };
      return failure(
        status,
        quotaMessage,
        'Check logs for error trace or enable glide.rest.debug property to verify REST request processing',
      );
  }
}
