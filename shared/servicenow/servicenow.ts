import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import type { Logins } from '../limits/logins.ts';
import type { Log } from '../log.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import type { Connections } from '../secrets/connections.ts';
import { type Instance, loginOf, makeClient } from './client.ts';
import { makeHttp } from './http.ts';

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

/** Five failures lock an account; one is left for a person. */
const MOST_LOGIN_FAILURES = 4;
/** How old settings may be when a stopped login is looked at again. */
const STOPPED_SETTINGS_MAX_AGE_IN_MS = 10_000;

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
        reason: `ConcurrencyLimit ${settings.concurrencyLimit} is cut to ${client.instance.concurrencyLimit}: with Basic every call is a login; use OAuth for more`,
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
