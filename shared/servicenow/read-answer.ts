import * as z from 'zod/mini';
import { neutralLine } from '../neutral-text.ts';
import { parseJson } from '../parse.ts';
import { type Execution, ServiceNowError } from './servicenow-error.ts';

/** An HTTP answer as it came, unread. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

const envelope = z.looseObject({
  result: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  status: z.optional(z.unknown()),
});

const errorBody = z.looseObject({
  message: z.optional(z.nullable(z.string())),
  detail: z.optional(z.nullable(z.string())),
});

/** Statuses that are about the address or the API called, never about the record sent. */
const API_REFUSED = new Set([404, 405, 406, 415]);

/** Refusals that are not about the record sent but about the account or the API, by the instance's own words. */
const SURROUNDINGS =
  /not authorized|insufficient rights|acl exception|api level acl|invalid table|does not represent any resource|no record found/i;

/**
 * Reads an answer of a REST API of ServiceNow: gives its `result`, or throws what the answer means.
 *
 * Content-Type is checked before parsing (a hibernating instance answers 200 with a page); `error` or `status: failure`
 * in a 200 is a failure (a cancelled transaction breaks off its JSON); 202 is a request that was dropped or not done.
 *
 * @throws ServiceNowError for everything that is not a complete success.
 */
export function readAnswer(answer: HttpAnswer, connection: string): unknown {
  const { status, headers } = answer;
  if (status === 429)
    throw failed(answer, connection, 'none', 'too many requests', { class: 'transient', ...askedWait(answer) });
  if (status === 401) throw loginRefused(connection);
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  const parsed = isJson ? parseJson(envelope, answer.body) : undefined;
  if (!parsed?.ok || status === 202 || (status >= 300 && status < 400)) {
    // A page or half an answer: from a gateway, a maintenance page, a login redirect, a transaction cut off.
    const what =
      status === 202
        ? 'an answer that the request was not processed'
        : `an answer that is not ServiceNow's JSON (${headers['content-type'] ?? 'no content type'})`;
    if (status === 403) throw failed(answer, connection, 'unknown', what, apiRefused(connection));
    throw failed(answer, connection, 'unknown', what, { class: 'transient', ...retryAfter(headers) });
  }
  const { result, error, status: outcome } = parsed.value;
  if (error === undefined && outcome !== 'failure' && status < 300 && result !== undefined) return result;
  const text = describe(error);
  if (status < 300) throw failed(answer, connection, 'unknown', text, { class: 'transient' });
  if (status === 500) throw failed(answer, connection, 'ended', text, { class: 'transient', ...retryAfter(headers) });
  if (status > 500 || status === 408 || status === 499)
    throw failed(answer, connection, 'unknown', text, { class: 'transient', ...retryAfter(headers) });
  if (API_REFUSED.has(status) || SURROUNDINGS.test(text))
    throw failed(answer, connection, 'ended', text, apiRefused(connection));
  throw failed(answer, connection, 'ended', text, { class: 'permanent' });
}

/** The failure of a call whose login was refused; the order waits a moment, and then the settings are read anew. */
export function loginRefused(connection: string): ServiceNowError {
  return new ServiceNowError(`ServiceNow refused the login of connection "${connection}" (401)`, {
    execution: 'none',
    status: 401,
    failure: { class: 'hold', scope: `connection ${connection}`, retryAfterInSeconds: 5 },
  });
}

/** The failure of a call that was refused with a fresh token: not the login, so nothing but time or a person helps. */
export function accountRefused(connection: string): ServiceNowError {
  return new ServiceNowError(
    `ServiceNow refused a call of connection "${connection}" (401) with a token it had just given: check that the account is active and may use the API, and how many sessions it has`,
    { execution: 'none', status: 401, failure: apiRefused(connection) },
  );
}

/** Every call of the connection will fail alike. */
function apiRefused(connection: string): ServiceNowError['failure'] {
  return { class: 'hold', scope: `connection ${connection}`, found: 'accountRefused' };
}

/** A wait that an answer asks for; empty where it asks for none. */
type Wait = { readonly retryAfterInSeconds?: number };

/** Seconds to wait before anything is sent again, from `Retry-After` or, with a 429, `X-RateLimit-Reset`. */
export function askedWait({ status, headers }: HttpAnswer): Wait {
  return { ...(status === 429 && rateLimitReset(headers)), ...retryAfter(headers) };
}

/** Seconds to wait before the next try, from `Retry-After` (seconds or a date). */
export function retryAfter(headers: HttpAnswer['headers']): Wait {
  const after = headers['retry-after'] ?? '';
  return waitOf(/^\d+$/.test(after) ? Number(after) : (Date.parse(after) - servedAtInMs(headers)) / 1000);
}

/** The same from `X-RateLimit-Reset` (Unix time), which stands on every answer under a rule: it counts with a 429 only. */
function rateLimitReset(headers: HttpAnswer['headers']): Wait {
  return waitOf(Number(headers['x-ratelimit-reset'] ?? Number.NaN) - servedAtInMs(headers) / 1000);
}

function servedAtInMs(headers: HttpAnswer['headers']): number {
  return Date.parse(headers.date ?? '');
}

function waitOf(seconds: number): Wait {
  return seconds > 0 ? { retryAfterInSeconds: Math.ceil(seconds) } : {};
}

function describe(error: unknown): string {
  const parsed = errorBody.safeParse(error);
  const { message, detail } = parsed.success ? parsed.data : {};
  // The instance's words may repeat what was sent to it, and go into logs and results.
  return neutralLine([message, detail].filter((part) => part).join(': '), 500) || 'a failure without a message';
}

function failed(
  answer: HttpAnswer,
  connection: string,
  execution: Execution,
  what: string,
  failure: ServiceNowError['failure'],
): ServiceNowError {
  return new ServiceNowError(`ServiceNow (connection "${connection}") answered ${answer.status}: ${what}`, {
    execution,
    status: answer.status,
    failure,
  });
}
