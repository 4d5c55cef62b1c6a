import { type Answer, json } from '../requests/answer.ts';
import type { Login } from './login.ts';
import { loginRefusals } from './refuse-login.ts';

/** What a release that words its refusals says, beside what it says of logins, with the errors of RFC 6749. */
const tokenRefusals = {
  'no-form': ['invalid_request', 'Expected a form body'],
  'unknown-client': ['invalid_client', 'The client is unknown or its secret is wrong'],
  'unknown-grant': ['unsupported_grant_type', 'The grant type is unknown'],
  'grant-off': ['unauthorized_client', 'The client credentials grant is not enabled'],
  'no-application-user': ['invalid_grant', 'The OAuth application user is missing'],
  'needs-reset': ['invalid_grant', 'The password needs a reset'],
  'unknown-refresh-token': ['invalid_grant', 'The refresh token is unknown'],
} as const;

/** Why no token is given, where it is not the login that is refused. */
export type TokenRefusal = keyof typeof tokenRefusals;

type Refused = Exclude<Login, { readonly user: unknown }>;

/** The 401 of the token endpoint: the same for every reason, unless the release explains. */
export function refuseToken(refusal: TokenRefusal | Refused, explains: boolean): Answer {
  const [error, error_description] = explains ? textsOf(refusal) : ['server_error', 'access_denied'];
  return json(401, { error_description, error });
}

function textsOf(refusal: TokenRefusal | Refused): readonly [error: string, description: string] {
  return typeof refusal === 'string' ? tokenRefusals[refusal] : ['invalid_grant', loginRefusals[refusal.refusal]];
}
