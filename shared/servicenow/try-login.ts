import type { Clock } from '../clock.ts';
import type { StoppedLogin } from '../limits/judge-login.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import type { Connections } from '../secrets/connections.ts';
import { type Instance, makeClient } from './client.ts';
import type { Http } from './http.ts';
import { loginOf, type PasswordUseDeps } from './password-use.ts';
import type { HttpAnswer } from './read-answer.ts';
import { ServiceNowError } from './servicenow-error.ts';
import { watchHttp } from './watch-http.ts';

/** What became of one try to sign in. */
export type LoginAttempt =
  /** `wasStopped`: a stop that this ended. */
  | { readonly kind: 'accepted'; readonly instance: Instance; readonly wasStopped: StoppedLogin | undefined }
  /** `withToken`: it gave a token, and then refused a call with it. */
  | {
      readonly kind: 'refused';
      readonly answer: HttpAnswer;
      readonly withToken: boolean;
      readonly stop: StoppedLogin | undefined;
    }
  /** Nothing was sent: these settings were refused before, or so often that only an operator may allow another try. */
  | { readonly kind: 'stopped' | 'exhausted'; readonly stop: StoppedLogin }
  /** Nothing was sent: another instance is looking whether the login works again, or it works with newer settings. */
  | { readonly kind: 'busy' };

/** How old settings may be when a login is tried. */
const SETTINGS_MAX_AGE_IN_MS = 10_000;

/**
 * Signs in once, under the same rules as all work: a stopped login is tried by one instance at a time, and only with
 * settings that were not refused yet or after an operator's release. A refusal counts and stops the login, a success ends
 * the stop. Hands back what the instance answered to a refusal.
 *
 * @throws ServiceNowError where the instance neither accepted nor refused it.
 * @throws HoldError when no permit came free, or the settings are not usable any more.
 * @throws UnavailableError when the settings, or table `limits`, can't be reached.
 */
export async function tryLogin(
  settings: ConnectionSettings,
  deps: PasswordUseDeps & {
    readonly connections: Connections;
    readonly clock: Clock;
    readonly http: Http;
  },
): Promise<LoginAttempt> {
  const { logins, log } = deps;
  const watched = watchHttp(deps.http);
  const current = await deps.connections.read(settings.identifier, SETTINGS_MAX_AGE_IN_MS);
  const { identifier: connection, credentials, loginVersion } = current;
  const login = loginOf(current);
  const client = makeClient(current, { ...deps, http: watched.http });
  // A person who has released the login asks, after everything was put right.
  const turn = await logins.takeTurn(login, loginVersion, 0);
  switch (turn.kind) {
    case 'busy':
    case 'exhausted':
      return turn;
    case 'outdated':
      return { kind: 'busy' };
    case 'refused':
      return { kind: 'stopped', stop: turn.stop };
    case 'free':
      return signIn(client.signIn, undefined);
  }
  try {
    return await signIn(async () => {
      await client.probe();
      if (await turn.accepted()) log.info('login.restored', { connection });
    }, turn.stop);
  } finally {
    await turn.end();
  }

  async function signIn(calls: () => Promise<void>, wasStopped: StoppedLogin | undefined): Promise<LoginAttempt> {
    try {
      await calls();
    } catch (error) {
      if (!(error instanceof ServiceNowError) || error.status !== 401) throw error;
      return refusal(error);
    }
    return { kind: 'accepted', instance: client.instance, wasStopped };
  }

  async function refusal(error: ServiceNowError): Promise<LoginAttempt> {
    const stop = await logins.stopped(login);
    const last = watched.last();
    if (last) {
      const withToken = credentials.kind === 'oauth' && last.url !== credentials.tokenUrl;
      return { kind: 'refused', answer: last.answer, withToken, stop };
    }
    // Somebody else was refused since we looked.
    if (stop) return { kind: 'stopped', stop };
    throw error;
  }
}
