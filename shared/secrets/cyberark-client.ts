import { codeOf, HoldError, UnavailableError } from '../errors.ts';
import { isLoopback } from '../is-loopback.ts';
import { once } from '../once.ts';
import { explainTlsRefusal } from './cyberark-tls.ts';

/** Where CyberArk's Central Credential Provider is, and as whom it is called. It holds a private key: never log it. */
export interface CyberArkServer {
  /** Its URL, with or without `/AIMWebService`. */
  readonly server: string;
  /** The certificate for mutual TLS and its private key, both PEM; more certificates of its chain may follow it. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** An answer as it came. Its body may hold a password: never log it. */
export interface CyberArkAnswer {
  readonly status: number;
  readonly body: string;
  /** From `Retry-After`, where the answer has it. */
  readonly retryAfterInSeconds: number | undefined;
}

/** Asks for one account. */
export type CyberArkClient = (query: Readonly<Record<string, string>>) => Promise<CyberArkAnswer>;

const WEB_SERVICE = '/AIMWebService';
const TIMEOUT_IN_MS = 10_000;
const LARGEST_ANSWER_IN_BYTES = 1024 * 1024;

/**
 * The address of the web service, without a slash at its end; `undefined` for a text that is no URL with `https` (`http`
 * for a loopback address only), or has a user name, a password, a query or a fragment in it.
 */
export function cyberArkAddress(server: string): string | undefined {
  if (!URL.canParse(server)) return undefined;
  const { protocol, origin, pathname, username, password, search, hash } = new URL(server);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(server));
  if (!isSafe || [username, password, search, hash].some((part) => part !== '')) return undefined;
  const path = pathname.replace(/\/+$/, '');
  return origin + (path.toLowerCase().endsWith(WEB_SERVICE.toLowerCase()) ? path : path + WEB_SERVICE);
}

/**
 * Builds the client of one server: `GET …/AIMWebService/api/Accounts` over kept-alive connections, no redirect followed,
 * bounded in time and size. Never repeats. Public documentation: "Call the Web Service using REST" of the Central
 * Credential Provider. `address` is what `cyberArkAddress` gave.
 *
 * Its calls throw UnavailableError where no complete answer came, and HoldError where the two sides refuse each other's
 * certificates; messages and causes hold neither what was asked nor what was answered.
 */
export function makeCyberArkClient(
  address: string,
  client: CyberArkServer['client'],
  timeoutInMs = TIMEOUT_IN_MS,
): CyberArkClient {
  const instance = once(async () => {
    const [{ default: axios }, { default: https }] = await Promise.all([import('axios'), import('node:https')]);
    return axios.create({
      httpsAgent: new https.Agent({ keepAlive: true, ...(client && { cert: client.certificate, key: client.key }) }),
      maxRedirects: 0,
      maxContentLength: LARGEST_ANSWER_IN_BYTES,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      headers: { Accept: 'application/json' },
    });
  });

  return async (query) => {
    const axios = await instance();
    // One bound for the whole exchange: a socket that trickles never runs into a time-out of its own.
    const signal = AbortSignal.timeout(timeoutInMs);
    // The service wants no plus sign in its URL, not even for a space.
    const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
    try {
      const { status, data, headers } = await axios.get<unknown>(`${address}/api/Accounts?${search}`, { signal });
      const retryAfterInSeconds = secondsIn(headers['retry-after'], headers.date);
      return { status, body: typeof data === 'string' ? data : '', retryAfterInSeconds };
    } catch (error) {
      const refusal = explainTlsRefusal(error, client !== undefined);
      const code = signal.aborted ? 'no answer in time' : (refusal?.code ?? codeOf(error) ?? 'connection lost');
      // Not the cause itself: an axios error carries the request with its private key, and the answer.
      const cause = new Error(code);
      const where = `CyberArk at ${new URL(address).host}`;
      if (refusal) throw new HoldError('settings', `${where} can't be called (${code}): ${refusal.remedy}`, { cause });
      throw new UnavailableError(`${where} gave no answer (${code}); it is tried again`, { cause });
    }
  };
}

/** `Retry-After` in seconds: it is a number of them, or a date that counts from the answer's own. */
function secondsIn(retryAfter: unknown, date: unknown): number | undefined {
  const text = typeof retryAfter === 'string' ? retryAfter : '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(String(date))) / 1000;
  return seconds > 0 ? Math.ceil(seconds) : undefined;
}
