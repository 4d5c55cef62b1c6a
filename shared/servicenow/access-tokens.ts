import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { parseJson } from '../parse.ts';
import type { Credentials } from '../secrets/connection-settings.ts';
import type { Http } from './http.ts';
import { loginRefused, retryAfter } from './read-answer.ts';
import { ServiceNowError } from './servicenow-error.ts';

/** An OAuth access token and the moment, on the monotonic clock, after which it is no longer used. */
interface AccessToken {
  readonly header: string;
  readonly usableUntilInMs: number;
}

/** The access tokens of one connection: one at a time, asked for by one caller at a time. */
export interface AccessTokens {
  /**
   * The `Authorization` header of a usable token; `instead` names one that ServiceNow refused and that is not given
   * again unless ServiceNow itself hands out the same.
   *
   * @throws ServiceNowError 401 when the credentials are refused.
   */
  header(instead?: string): Promise<string>;
}

const tokenBody = z.looseObject({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.optional(z.coerce.number()),
});

const errorBody = z.looseObject({ error: z.string() });

/** A token is renewed this long before it expires, so that none expires on its way. */
const MARGIN_IN_MS = 60_000;

/** Asks `/oauth_token.do` for tokens by the password or the client-credentials grant, single-flight. */
export function makeAccessTokens(
  connection: string,
  credentials: Extract<Credentials, { kind: 'oauth' }>,
  deps: {
    readonly http: Http;
    readonly clock: Clock;
    /** Called before every request for a token; throws where the login is stopped. */
    readonly mayTry: () => void;
    /** Called once for every request for a token that was refused: each one counts towards a lockout. */
    readonly refused: () => void;
  },
): AccessTokens {
  let current: AccessToken | undefined;
  let asking: Promise<AccessToken> | undefined;

  async function ask(): Promise<AccessToken> {
    const { grant, clientId, clientSecret, tokenUrl, scope } = credentials;
    deps.mayTry();
    const startedAt = deps.clock.monotonicInMs();
    const answer = await deps.http({
      method: 'POST',
      url: tokenUrl,
      form: {
        grant_type: grant.type,
        client_id: clientId,
        client_secret: clientSecret,
        ...(grant.type === 'password' && { username: grant.login, password: grant.password }),
        ...(scope !== undefined && { scope }),
      },
    });
    // ServiceNow says 401 for nearly everything that is wrong with a grant, in any words; other releases use 400 and
    // 403, which a gateway may say too.
    const isRefusal = [400, 403].includes(answer.status) && parseJson(errorBody, answer.body).ok;
    if (answer.status === 401 || isRefusal) {
      deps.refused();
      throw loginRefused(connection);
    }
    const parsed = parseJson(tokenBody, answer.body);
    if (answer.status !== 200 || !parsed.ok) {
      throw new ServiceNowError(
        `Expected a token from ${new URL(tokenUrl).host} (connection "${connection}"), got an answer ${answer.status} without one`,
        {
          execution: 'none',
          status: answer.status,
          failure: { class: 'transient', ...retryAfter(answer.headers) },
        },
      );
    }
    const lifeInMs = (parsed.value.expires_in ?? 0) * 1000;
    current = {
      header: `Bearer ${parsed.value.access_token}`,
      usableUntilInMs: startedAt + Math.max(lifeInMs - MARGIN_IN_MS, lifeInMs / 2),
    };
    return current;
  }

  return {
    async header(instead) {
      if (current && current.header !== instead && deps.clock.monotonicInMs() < current.usableUntilInMs)
        return current.header;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return (await asking).header;
    },
  };
}
