import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import type { Logins } from '../limits/logins.ts';
import type { Log } from '../log.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import type { Connections } from '../secrets/connections.ts';
import { type AccessTokens, makeAccessTokens } from './access-tokens.ts';
import { type Http, makeHttp } from './http.ts';
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

/** ServiceNow by connection identifier. */
export interface ServiceNow {
  /**
   * The connection with settings that are fresh enough and a login that is not stopped.
   *
   * @throws HoldError when settings are missing or wrong, or the login was refused and nothing has changed since.
   * @throws UnavailableError when the settings can't be reached.
   */
  open(connection: string): Promise<Instance>;
}

const BASIC_CONCURRENCY_LIMIT = 3;
/** Five failures lock an account; one is left for a person. */
const MOST_LOGIN_FAILURES = 4;
/** How old settings may be when a stopped login is looked at again. */
const STOPPED_SETTINGS_MAX_AGE_IN_MS = 10_000;
/** A 429 is answered by a repeat inside the call when it asks for no more than this; longer waits belong to the queue. */
const LONGEST_WAIT_IN_CALL_IN_MS = 5_000;
const MOST_SENDS = 3;

/** Builds the client: one axios instance, one token and one login state per connection. */
export function makeServiceNow(options: {
  readonly connections: Connections;
  readonly logins: Logins;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly requestTimeoutInMs: number;
}): ServiceNow {
  const { connections, logins, log } = options;
  const clients = new Map<string, ReturnType<typeof makeClient>>();
  const trying = new Map<string, Promise<Instance>>();
  const triesOfLogin = new Map<string, Promise<unknown>>();

  function clientOf(settings: ConnectionSettings) {
    const known = clients.get(settings.identifier);
    if (known?.instance.settings.version === settings.version) return known;
    const client = makeClient(settings, {
      ...options,
      http: makeHttp(settings.identifier, options.requestTimeoutInMs),
    });
    if (client.instance.concurrencyLimit < settings.concurrencyLimit) {
      log.warn('settings.warning', {
        connection: settings.identifier,
        reason: `ConcurrencyLimit ${settings.concurrencyLimit} is cut to ${BASIC_CONCURRENCY_LIMIT}: with Basic every call is a login; use OAuth for more`,
      });
    }
    clients.set(settings.identifier, client);
    return client;
  }

  /** One try with settings of another version, made by one caller for all. */
  async function tryAgain(connection: string): Promise<Instance> {
    const settings = await connections.read(connection, STOPPED_SETTINGS_MAX_AGE_IN_MS);
    const stop = logins.stopped(loginOf(settings));
    const client = clientOf(settings);
    if (client.wasRefused() || stop?.version === settings.version) {
      throw new HoldError(
        `connection ${connection}`,
        `ServiceNow refused the login of connection "${connection}"; nothing is tried until its settings change: check user and password, and whether the account is locked`,
      );
    }
    if (!stop) return client.instance;
    if (stop.failures >= MOST_LOGIN_FAILURES) {
      throw new HoldError(
        `connection ${connection}`,
        `ServiceNow refused the login of connection "${connection}" ${stop.failures} times; one more locks the account: check user and password, then restart the app`,
      );
    }
    await client.probe();
    log.info('login.restored', { connection });
    return client.instance;
  }

  /** One try at a time for a login, whichever connections share it. */
  function afterOthersOf(login: string, work: () => Promise<Instance>): Promise<Instance> {
    const running = (triesOfLogin.get(login) ?? Promise.resolve()).then(work);
    triesOfLogin.set(
      login,
      running.catch(() => {}),
    );
    return running;
  }

  return {
    async open(connection) {
      const settings = await connections.read(connection);
      const client = clientOf(settings);
      if (!client.wasRefused() && !logins.stopped(loginOf(settings))) return client.instance;
      const running =
        trying.get(connection) ??
        afterOthersOf(loginOf(settings), () => tryAgain(connection)).finally(() => trying.delete(connection));
      trying.set(connection, running);
      return running;
    },
  };
}

function makeClient(
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

function loginOf({ root, credentials }: ConnectionSettings): string {
  if (credentials.kind === 'basic') return `${root} ${credentials.login}`;
  return `${root} ${credentials.grant.type === 'password' ? credentials.grant.login : credentials.clientId}`;
}
