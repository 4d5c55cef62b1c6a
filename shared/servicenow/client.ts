import type { Clock } from '../clock.ts';
import type { Logins } from '../limits/logins.ts';
import type { Log } from '../log.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import { type AccessTokens, makeAccessTokens } from './access-tokens.ts';
import type { Http } from './http.ts';
import { accountRefused, loginRefused, readAnswer } from './read-answer.ts';
import { ServiceNowError } from './servicenow-error.ts';
import { type ApiAnswer, type ApiRequest, makeTableApi, type TableApi } from './table-api.ts';

/** One connection, ready for calls. */
export interface Instance {
  readonly settings: ConnectionSettings;
  /** The address of the ServiceNow host: what its limits are counted by. */
  readonly host: string;
  /** How many calls may be in flight. With Basic every call is a login, and five bad ones lock the account. */
  readonly concurrencyLimit: number;
  readonly tables: TableApi;
}

const BASIC_CONCURRENCY_LIMIT = 3;

/** A 429 is answered by a repeat inside the call when it asks for no more than this; longer waits belong to the queue. */
const LONGEST_WAIT_IN_CALL_IN_MS = 5_000;

const MOST_SENDS = 3;

/**
 * Builds the client of one version of a connection's settings: one axios instance, one token, one memory of whether
 * its login was refused.
 */
export function makeClient(
  settings: ConnectionSettings,
  {
    logins,
    clock,
    log,
    random,
    http,
  }: {
    readonly logins: Logins;
    readonly clock: Clock;
    readonly log: Log;
    readonly random: () => number;
    readonly http: Http;
  },
) {
  const { identifier: connection, credentials } = settings;
  const login = loginOf(settings);
  const tokens: AccessTokens | undefined =
    credentials.kind === 'oauth'
      ? makeAccessTokens(connection, credentials, { http, clock, mayTry, refused })
      : undefined;
  const basic =
    credentials.kind === 'basic'
      ? `Basic ${Buffer.from(`${credentials.login}:${credentials.password}`, 'utf8').toString('base64')}`
      : '';

  let probing = false;
  let wasRefused = false;

  /** Whoever opened the connection before its login was stopped must not try the refused password once more. */
  function mayTry(): void {
    if (!probing && (wasRefused || logins.stopped(login))) throw loginRefused(connection);
  }

  function refused(): void {
    wasRefused = true;
    const { failures } = logins.refused(login, settings.version);
    log.error('login.refused', {
      connection,
      failures,
      reason: 'ServiceNow refused the login; the connection waits until its settings change',
    });
  }

  async function authorization(instead?: string): Promise<string> {
    if (!tokens) return basic;
    try {
      return await tokens.header(instead);
    } catch (error) {
      if (!(error instanceof ServiceNowError)) throw error;
      // Whatever became of the request for a token: the call it was for has not been made.
      throw new ServiceNowError(error.message, {
        execution: 'none',
        status: error.status,
        failure: error.failure,
        cause: error,
      });
    }
  }

  /** Sends a request; again only after a 429 (not executed) and once after the 401 of an expired token. */
  async function call(request: ApiRequest): Promise<ApiAnswer> {
    let header = await authorization();
    let renewed = false;
    for (let sends = 1; ; sends += 1) {
      request.beforeSend?.();
      mayTry();
      const answer = await http({
        method: request.method,
        url: request.url,
        headers: { Authorization: header },
        query: request.query,
        json: request.json,
      });
      if (answer.status === 401 && tokens && !renewed) {
        renewed = true;
        header = await authorization(header);
        continue;
      }
      if (answer.status === 401) {
        if (tokens) throw accountRefused(connection);
        refused();
        throw loginRefused(connection);
      }
      try {
        const result = readAnswer(answer, connection);
        return { result, headers: answer.headers };
      } catch (error) {
        const waitInMs = waitBeforeRepeat(error, sends, random);
        if (answer.status !== 429 || waitInMs === undefined) throw error;
        await clock.sleep(waitInMs);
      }
    }
  }

  const tables = makeTableApi(settings.server, call);
  const instance: Instance = {
    settings,
    host: new URL(settings.server).host,
    concurrencyLimit: tokens ? settings.concurrencyLimit : Math.min(settings.concurrencyLimit, BASIC_CONCURRENCY_LIMIT),
    tables,
  };
  return {
    instance,
    /** Whether these very settings were refused: several connections of one login each have a version of their own. */
    wasRefused: () => wasRefused,
    /** One cheap call that shows whether the login is accepted. Rights needed: read on sys_user. */
    async probe() {
      probing = true;
      try {
        await tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 });
      } catch (error) {
        // A refusal in ServiceNow's own words is no 401: the login was accepted, though it may not read users.
        if (!(error instanceof ServiceNowError) || error.status !== 403 || error.execution !== 'ended') throw error;
      } finally {
        probing = false;
      }
      logins.accepted(login);
    },
  };
}

function waitBeforeRepeat(error: unknown, sends: number, random: () => number): number | undefined {
  if (!(error instanceof ServiceNowError) || error.failure.class !== 'transient' || sends >= MOST_SENDS)
    return undefined;
  const asked = (error.failure.retryAfterInSeconds ?? 0) * 1000;
  const waitInMs = asked > 0 ? asked : 500 * 2 ** (sends - 1) * (0.5 + random());
  return waitInMs <= LONGEST_WAIT_IN_CALL_IN_MS ? waitInMs : undefined;
}

/** What a login is told from others by: several connections may share one. */
export function loginOf({ root, credentials }: ConnectionSettings): string {
  if (credentials.kind === 'basic') return `${root} ${credentials.login}`;
  return `${root} ${credentials.grant.type === 'password' ? credentials.grant.login : credentials.clientId}`;
}
