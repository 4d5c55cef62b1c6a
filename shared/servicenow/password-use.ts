import { AsyncLocalStorage } from 'node:async_hooks';
import { HoldError } from '../errors.ts';
import type { Logins } from '../limits/logins.ts';
import type { Log } from '../log.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import { type HttpAnswer, loginRefused } from './read-answer.ts';
import { ServiceNowError } from './servicenow-error.ts';

/** Sends what carries the password of one version of a connection's settings. */
export interface PasswordUse {
  /**
   * Sends one request under one of the login's permits and gives its answer.
   *
   * @throws ServiceNowError 401 where the login is stopped, or these settings were refused, or `isRefusal` holds for the
   *   answer; that stops the login.
   * @throws HoldError when no permit came free in time; UnavailableError when table `limits` can't be reached.
   */
  send(request: () => Promise<HttpAnswer>, isRefusal: (answer: HttpAnswer) => boolean): Promise<HttpAnswer>;
  /** Runs calls although the login is stopped, for the holder of a turn. */
  probe(calls: () => Promise<void>): Promise<void>;
}

/** What it needs. */
export interface PasswordUseDeps {
  readonly logins: Logins;
  readonly log: Log;
  readonly random: () => number;
  /** How long a call may wait for a permit. */
  readonly permitWaitInMs: number;
  /** How long a permit stays taken after a call without an answer: the server may still be checking the password. */
  readonly permitLingerInMs: number;
}

/** With Basic every call is a login, and five bad ones lock an account. */
export const PASSWORDS_IN_FLIGHT = 3;
/** A token is asked for by one instance at a time. */
const TOKEN_REQUESTS_IN_FLIGHT = 1;
/** Work that found no permit comes back spread over this many seconds. */
const SPREAD_IN_SECONDS = 15;

/** Builds the use of one connection's password; every process that knows the login counts the same refusals. */
export function makePasswordUse(settings: ConnectionSettings, deps: PasswordUseDeps): PasswordUse {
  const { logins, log } = deps;
  const { identifier: connection, credentials, loginVersion } = settings;
  const login = loginOf(settings);
  const limit = credentials.kind === 'basic' ? PASSWORDS_IN_FLIGHT : TOKEN_REQUESTS_IN_FLIGHT;
  // Calls of the probe alone: others of the same client may be on their way.
  const probing = new AsyncLocalStorage<true>();

  return {
    async send(request, isRefusal) {
      const permit = await logins.acquire(login, limit, deps.permitWaitInMs);
      if (!permit) {
        throw new HoldError(
          `connection ${connection}`,
          `All calls that may carry the password of connection "${connection}" at a time are in flight; use OAuth for more`,
          { retryAfterInSeconds: 1 + deps.random() * SPREAD_IN_SECONDS },
        );
      }
      let lingerInMs = 0;
      try {
        // Looked at with the permit in hand: whoever had it before may have been refused.
        if (!probing.getStore() && logins.judgeNow(login, loginVersion).kind !== 'free') throw loginRefused(connection);
        const answer = await request();
        if (!isRefusal(answer)) return answer;
        const { failures } = await logins.refused(login, loginVersion);
        log.error('login.refused', {
          connection,
          failures,
          reason: 'ServiceNow refused the login; nobody uses it until its settings change',
        });
        throw loginRefused(connection);
      } catch (error) {
        if (error instanceof ServiceNowError && error.status === undefined) lingerInMs = deps.permitLingerInMs;
        throw error;
      } finally {
        permit.release(lingerInMs);
      }
    },

    probe: (calls) => probing.run(true, calls),
  };
}

/** What a login is told from others by, however it is written: several connections may share one, and its lockout. */
export function loginOf({ root, credentials }: ConnectionSettings): string {
  return `${root} ${userOf(credentials)}`.toLowerCase();
}

function userOf(credentials: ConnectionSettings['credentials']): string {
  if (credentials.kind === 'basic') return credentials.login;
  return credentials.grant.type === 'password' ? credentials.grant.login : credentials.clientId;
}
