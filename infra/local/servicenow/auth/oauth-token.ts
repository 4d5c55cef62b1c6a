import type { Database } from '../data/database.ts';
import type { Properties } from '../data/properties.ts';
import type { Row } from '../data/row.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import type { Accounts } from './accounts.ts';
import type { FindOauthClient } from './find-oauth-client.ts';
import type { Login } from './login.ts';
import { refuseToken, type TokenRefusal } from './refuse-token.ts';
import type { Tokens } from './tokens.ts';

export interface OauthDependencies {
  readonly database: Database;
  readonly properties: Properties;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly findClient: FindOauthClient;
  /** Whether refusals say why. */
  readonly explainsRefusals: boolean;
}

/**
 * Answers `/oauth_token.do` for the grants password, client_credentials and refresh_token, from a form body only
 * (`glide.oauth.allow.parameters.in.post.body.only`). Whatever is wrong, the answer is a 401.
 * A client on its own gets no refresh token: instances differ in this, and clients must do without.
 */
export function makeOauthToken(dependencies: OauthDependencies): (request: ApiRequest) => Answer {
  const { tokens, findClient, explainsRefusals } = dependencies;
  return (request) => {
    const refuse = (refusal: Parameters<typeof refuseToken>[0]) => refuseToken(refusal, explainsRefusals);
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    if (request.method !== 'POST' || !isForm) return refuse('no-form');
    const form = new URLSearchParams(request.body);
    const client = findClient(form.get('client_id') ?? '', form.get('client_secret') ?? '');
    if (client === undefined) return refuse('unknown-client');
    const login = logIn(form, client, dependencies);
    if (typeof login === 'string' || 'refusal' in login) return refuse(login);
    if (login.user.password_needs_reset === 'true') return refuse('needs-reset');
    const userName = login.user.user_name ?? '';
    const { accessToken, refreshToken, expiresInSeconds } = tokens.issue(userName, client.client_id ?? '');
    const answer = json(200, {
      access_token: accessToken,
      ...(form.get('grant_type') !== 'client_credentials' && { refresh_token: refreshToken }),
      scope: 'useraccount',
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
    });
    return { ...answer, user: userName };
  };
}

function logIn(
  form: URLSearchParams,
  client: Row,
  { database, properties, accounts, tokens }: OauthDependencies,
): Login | TokenRefusal {
  switch (form.get('grant_type')) {
    case 'password':
      return accounts.logIn(form.get('username') ?? '', form.get('password') ?? '');
    case 'client_credentials': {
      if (properties('glide.oauth.inbound.client.credential.grant_type.enabled') !== 'true') return 'grant-off';
      const user = database.find('sys_user', client.user ?? '');
      return user === undefined ? 'no-application-user' : accounts.check(user.user_name ?? '');
    }
    case 'refresh_token': {
      const userName = tokens.userOfRefreshToken(form.get('refresh_token') ?? '', client.client_id ?? '');
      return userName === undefined ? 'unknown-refresh-token' : accounts.check(userName);
    }
    default:
      return 'unknown-grant';
  }
}
