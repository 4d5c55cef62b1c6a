import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import type { Permits } from '../limits/permits.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import type { Connections } from '../secrets/connections.ts';
import { READ_WITH_CONNECTION_IN_MS } from '../secrets/setting-source.ts';
import { type Instance, makeClient } from './client.ts';
import { makeHttp } from './http.ts';
import { loginOf, type PasswordUseDeps } from './password-use.ts';
import { reportCalls } from './report-calls.ts';

/** ServiceNow by connection identifier. */
export interface ServiceNow {
  /**
   * The connection with settings that are fresh enough and a login that is not stopped.
   *
   * @throws HoldError when settings are missing or wrong, or the login was refused and nothing has changed since.
   * @throws UnavailableError when the settings, or table `limits`, can't be reached.
   */
  open(connection: string): Promise<Instance>;
}

/** How old settings may be when a stopped login is looked at again. */
const STOPPED_SETTINGS_MAX_AGE_IN_MS = 10_000;
/** Settings that count as read anew may be as old as that, and the file they come from as old as that before. */
const SETTINGS_SETTLE_IN_MS = STOPPED_SETTINGS_MAX_AGE_IN_MS + READ_WITH_CONNECTION_IN_MS;
/** Another instance is looking; it will know soon. */
const BUSY_RETRY_IN_SECONDS = 5;

/** Builds the client: one axios instance and one token per connection, one memory of refused logins for all instances. */
export function makeServiceNow(
  deps: PasswordUseDeps & {
    readonly connections: Connections;
    readonly clock: Clock;
    readonly requestTimeoutInMs: number;
    /** Told of what came of every request. */
    readonly report: Permits['report'];
  },
): ServiceNow {
  const { connections, logins, log } = deps;
  const clients = new Map<string, ReturnType<typeof makeClient>>();
  const trying = new Map<string, Promise<Instance>>();

  function clientOf(settings: ConnectionSettings) {
    const known = clients.get(settings.identifier);
    if (known?.instance.settings.version === settings.version) return known;
    const http = reportCalls(makeHttp(settings.identifier, deps.requestTimeoutInMs), deps.report);
    const client = makeClient(settings, { ...deps, http });
    if (client.instance.concurrencyLimit < settings.concurrencyLimit) {
      log.warn('settings.warning', {
        connection: settings.identifier,
        reason: `ConcurrencyLimit ${settings.concurrencyLimit} is cut to ${client.instance.concurrencyLimit}: with Basic every call is a login; use OAuth for more`,
      });
    }
    clients.set(settings.identifier, client);
    return client;
  }

  /** Reads the settings anew; one instance of all tries those that were not refused yet, once. */
  async function tryAgain(connection: string): Promise<Instance> {
    const held = (message: string, retryAfterInSeconds?: number) =>
      new HoldError(
        `connection ${connection}`,
        `ServiceNow refused the login of connection "${connection}"${message}`,
        { retryAfterInSeconds },
      );
    const settings = await connections.read(connection, STOPPED_SETTINGS_MAX_AGE_IN_MS);
    const client = clientOf(settings);
    const [login, version] = [loginOf(settings), settings.loginVersion];
    // What is known here is good enough to try nothing: orders on hold cost no calls to the table.
    const judged = await logins.judge(login, version);
    const turn = judged.kind === 'untried' ? await logins.takeTurn(login, version, SETTINGS_SETTLE_IN_MS) : judged;
    switch (turn.kind) {
      case 'free':
        return client.instance;
      case 'busy':
        throw held('; another instance is looking whether it works again', BUSY_RETRY_IN_SECONDS);
      case 'outdated':
        throw held(' with these settings, and others have been accepted since', BUSY_RETRY_IN_SECONDS);
      case 'exhausted':
        throw held(
          ` ${turn.stop.failures} times; one more locks the account: put user and password right, then run \`npm run connections -- release ${connection}\``,
        );
      case 'refused':
        throw held(
          '; nothing is tried until its settings change: check user and password, and whether the account is locked',
        );
    }
    try {
      await client.probe();
      if (await turn.accepted()) log.info('login.restored', { connection });
      return client.instance;
    } finally {
      await turn.end();
    }
  }

  return {
    async open(connection) {
      const settings = await connections.read(connection);
      const client = clientOf(settings);
      if (!client.needsPassword()) return client.instance;
      const { kind } = await logins.judge(loginOf(settings), settings.loginVersion);
      if (kind === 'free') return client.instance;
      const running = trying.get(connection) ?? tryAgain(connection).finally(() => trying.delete(connection));
      trying.set(connection, running);
      return running;
    },
  };
}
