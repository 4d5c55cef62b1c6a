import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import type { Accounts } from './accounts.ts';
import type { Tokens } from './tokens.ts';

export interface OauthDependencies {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly clientId: string;
  readonly clientSecret: string;
  /** user_name that a client acts as on its own (the "OAuth Application User"). */
  readonly applicationUser: string;
}

/**
 * Answers `/oauth_token.do` for the grants password, client_credentials and refresh_token, from a form body only
 * (`glide.oauth.allow.parameters.in.post.body.only`). Whatever is wrong, the answer is the same 401.
 * A client on its own gets no refresh token: instances differ in this, and clients must do without.
 */
export function makeOauthToken(dependencies: OauthDependencies): (request: ApiRequest) => Answer {
  return (request) => {
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    if (request.method !== 'POST' || !isForm) return denied();
    const form = new URLSearchParams(request.body);
    const clientId = form.get('client_id');
    if (clientId !== dependencies.clientId || form.get('client_secret') !== dependencies.clientSecret) return denied();
    const user = userOf(form, clientId, dependencies);
    if (user === undefined || user.password_needs_reset === 'true') return denied();
    const userName = user.user_name ?? '';
    const { accessToken, refreshToken, expiresInSeconds } = dependencies.tokens.issue(userName, clientId);
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

function userOf(form: URLSearchParams, clientId: string, { accounts, tokens, applicationUser }: OauthDependencies) {
  switch (form.get('grant_type')) {
    case 'password':
      return accounts.logIn(form.get('username') ?? '', form.get('password') ?? '');
    case 'client_credentials':
      return accounts.active(applicationUser);
    case 'refresh_token': {
      const userName = tokens.userOfRefreshToken(form.get('refresh_token') ?? '', clientId);
      return userName === undefined ? undefined : accounts.active(userName);
    }
    default:
      return undefined;
  }
}

function denied(): Answer {
  return json(401, { error_description: 'access_denied', error: 'server_error' });
}
