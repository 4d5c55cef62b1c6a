import { type Answer, failure } from '../requests/answer.ts';
import type { LoginRefusal } from './login.ts';

/** What a release that words its refusals says. */
export const loginRefusals: Readonly<Record<LoginRefusal, string>> = {
  'no-credentials': 'Required to provide Auth information',
  'wrong-password': 'Invalid user name or password',
  'locked-out': 'User is locked out',
  inactive: 'User is inactive',
  'basic-restricted': 'Basic authentication is restricted for this user',
  'multi-factor': 'Multi-factor authentication is required',
  'invalid-token': 'Invalid access token',
};

/** The 401 of the REST API: the same for every reason, but for a second factor, which has a header of its own. */
export function refuseLogin(refusal: LoginRefusal, explains: boolean): Answer {
  const detail = loginRefusals[explains ? refusal : 'no-credentials'];
  const answer = failure(401, 'User Not Authenticated', detail);
  const headers = {
    ...answer.headers,
    'WWW-Authenticate': 'BASIC realm="Service-now"',
    ...(refusal === 'multi-factor' && { 'X-MFA_TOKEN': 'invalid' }),
  };
  return { ...answer, headers };
}
