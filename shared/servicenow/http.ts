import { codeOf } from '../errors.ts';
import { once } from '../once.ts';
import type { HttpAnswer } from './read-answer.ts';
import { ServiceNowError } from './servicenow-error.ts';

/** One HTTP request; `form`, `json` and `text` are the bodies that ServiceNow takes. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string | undefined;
  readonly form?: Readonly<Record<string, string>>;
}

/** Sends one request and gives whatever answer came. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** Larger answers are refused; a page of 10,000 rows is a tenth of this. */
const LARGEST_ANSWER_IN_BYTES = 64 * 1024 * 1024;
const LARGEST_BODY_IN_BYTES = 10 * 1024 * 1024;

/** Failures before anything was written to the connection: the server has certainly not seen the request. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * HTTP for one connection: kept-alive connections, no cookie jar (a shared session is served one call at a time and
 * drops the rest with 202), no redirect followed (a login page is an error), bounded in time and size. Never repeats.
 *
 * @throws ServiceNowError where no complete answer came; its message names the host, never the request's content.
 */
export function makeHttp(connection: string, timeoutInMs: number): Http {
  const instance = once(async () => {
    const [{ default: axios }, { default: http }, { default: https }] = await Promise.all([
      import('axios'),
      import('node:http'),
      import('node:https'),
    ]);
    return axios.create({
      httpAgent: new http.Agent({ keepAlive: true }),
      httpsAgent: new https.Agent({ keepAlive: true }),
      maxRedirects: 0,
      maxContentLength: LARGEST_ANSWER_IN_BYTES,
      maxBodyLength: LARGEST_BODY_IN_BYTES,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      transitional: { silentJSONParsing: false, clarifyTimeoutError: true },
    });
  });

  return async ({ method, url, headers, query, json, text, form }) => {
    const axios = await instance();
    // One bound for the whole exchange: a socket that trickles never runs into a time-out of its own.
    const signal = AbortSignal.timeout(timeoutInMs);
    try {
      const answer = await axios.request<string>({
        method,
        url,
        signal,
        headers: {
          Accept: 'application/json',
          ...(text !== undefined && { 'Content-Type': 'text/plain; charset=utf-8' }),
          ...headers,
        },
        ...(query && { params: query }),
        ...(json !== undefined && { data: json }),
        ...(text !== undefined && { data: text }),
        ...(form && { data: new URLSearchParams(form) }),
      });
      const received: Record<string, string | undefined> = {};
      for (const [name, value] of Object.entries(answer.headers)) received[name.toLowerCase()] = String(value);
      return { status: answer.status, headers: received, body: typeof answer.data === 'string' ? answer.data : '' };
    } catch (error) {
      const code = signal.aborted ? 'no answer in time' : (codeOf(error) ?? 'connection lost');
      throw new ServiceNowError(
        `ServiceNow at ${new URL(url).host} (connection "${connection}") gave no answer: ${code}`,
        {
          execution: NEVER_SENT.has(code) ? 'none' : 'unknown',
          failure: { class: 'transient' },
          // Not the cause itself: an axios error carries the request, and with it the credentials.
          cause: new Error(code),
        },
      );
    }
  };
}
