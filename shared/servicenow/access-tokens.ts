import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { parseJson } from '../parse.ts';
import type { Credentials } from '../secrets/connection-settings.ts';
import type { Http } from './http.ts';
import type { PasswordUse } from './password-use.ts';
import { type HttpAnswer, retryAfter } from './read-answer.ts';
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
  /** Whether the next call needs no new token. */
  isUsable(): boolean;
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
    readonly password: PasswordUse;
  },
): AccessTokens {
  let current: AccessToken | undefined;
  let asking: Promise<AccessToken> | undefined;

  async function ask(): Promise<AccessToken> {
    const { grant, clientId, clientSecret, tokenUrl, scope } = credentials;
    let startedAt = deps.clock.monotonicInMs();
    const send = () => {
      startedAt = deps.clock.monotonicInMs();
      return deps.http({
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
    };
    const answer = await deps.password.send(send, isRefusal);
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

  const isUsable = () => current !== undefined && deps.clock.monotonicInMs() < current.usableUntilInMs;

  return {
    isUsable,
    async header(instead) {
      if (current && current.header !== instead && isUsable()) return current.header;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return (await asking).header;
    },
  };
}

/**
 * ServiceNow says 401 for nearly everything that is wrong with a grant, in any words; other releases use 400 and 403,
 * which a gateway may say too.
 */
function isRefusal({ status, body }: HttpAnswer): boolean {
  return status === 401 || ([400, 403].includes(status) && parseJson(errorBody, body).ok);
}
