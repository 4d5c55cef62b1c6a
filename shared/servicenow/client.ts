import type { Clock } from '../clock.ts';
import type { ConnectionSettings } from '../secrets/connection-settings.ts';
import { type AccessTokens, makeAccessTokens } from './access-tokens.ts';
import { type AttachmentApi, makeAttachmentApi } from './attachment-api.ts';
import { type CatalogApi, makeCatalogApi } from './catalog-api.ts';
import type { Http } from './http.ts';
import { makePasswordUse, PASSWORDS_IN_FLIGHT, type PasswordUseDeps } from './password-use.ts';
import { accountRefused, readAnswer } from './read-answer.ts';
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
  readonly attachments: AttachmentApi;
  readonly catalog: CatalogApi;
  /**
   * Signs in once as somebody else, with Basic, and says whether ServiceNow took the password; `undefined` where its answer does
   * not tell. A refusal counts towards that account's lock. @throws ServiceNowError where no answer came.
   */
  takesPassword(login: string, password: string): Promise<boolean | undefined>;
}

/** A 429 is answered by a repeat inside the call when it asks for no more than this; longer waits belong to the queue. */
const LONGEST_WAIT_IN_CALL_IN_MS = 5_000;

const MOST_SENDS = 3;

/**
 * Builds the client of one version of a connection's settings: one axios instance, one token, one memory of whether
 * its login was refused.
 */
export function makeClient(
  settings: ConnectionSettings,
  deps: PasswordUseDeps & { readonly clock: Clock; readonly random: () => number; readonly http: Http },
) {
  const { clock, random, http } = deps;
  const { identifier: connection, credentials } = settings;
  const password = makePasswordUse(settings, deps);
  const tokens: AccessTokens | undefined =
    credentials.kind === 'oauth' ? makeAccessTokens(connection, credentials, { http, clock, password }) : undefined;
  const basic =
    credentials.kind === 'basic'
      ? `Basic ${Buffer.from(`${credentials.login}:${credentials.password}`, 'utf8').toString('base64')}`
      : '';

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
      const send = () => {
        request.beforeSend?.();
        return http({
          method: request.method,
          url: request.url,
          headers: { Authorization: header },
          query: request.query,
          json: request.json,
          text: request.text,
        });
      };
      const answer = tokens ? await send() : await password.send(send, ({ status }) => status === 401);
      if (answer.status === 401 && !renewed) {
        renewed = true;
        header = await authorization(header);
        continue;
      }
      if (answer.status === 401) throw accountRefused(connection);
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

  async function signIn(): Promise<void> {
    try {
      await tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 });
    } catch (error) {
      // A refusal in ServiceNow's own words is no 401: the login was accepted, though it may not read users.
      if (!(error instanceof ServiceNowError) || error.status !== 403 || error.execution !== 'ended') throw error;
    }
  }

  const instance: Instance = {
    settings,
    host: new URL(settings.server).host,
    concurrencyLimit: tokens ? settings.concurrencyLimit : Math.min(settings.concurrencyLimit, PASSWORDS_IN_FLIGHT),
    tables,
    attachments: makeAttachmentApi(settings.root, call),
    catalog: makeCatalogApi(settings.root, call),
    async takesPassword(login, password) {
      const { status } = await http({
        method: 'GET',
        url: `${settings.server}/sys_user`,
        headers: { Authorization: `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}` },
        query: { sysparm_fields: 'sys_id', sysparm_limit: '1' },
      });
      if (status === 401) return false;
      // Whoever signed in may still not read users.
      return status === 200 || status === 403 ? true : undefined;
    },
  };
  return {
    instance,
    /** Whether a call needs the password now: a token that is still good does not. */
    needsPassword: () => tokens?.isUsable() !== true,
    /** One cheap call that shows whether the login is accepted; none where it is stopped. Rights needed: read on sys_user. */
    signIn,
    /** The same whether it is stopped or not, for the holder of a turn. */
    probe: () => password.probe(signIn),
  };
}

function waitBeforeRepeat(error: unknown, sends: number, random: () => number): number | undefined {
  if (!(error instanceof ServiceNowError) || error.failure.class !== 'transient' || sends >= MOST_SENDS)
    return undefined;
  const asked = (error.failure.retryAfterInSeconds ?? 0) * 1000;
  const waitInMs = asked > 0 ? asked : 500 * 2 ** (sends - 1) * (0.5 + random());
  return waitInMs <= LONGEST_WAIT_IN_CALL_IN_MS ? waitInMs : undefined;
}
