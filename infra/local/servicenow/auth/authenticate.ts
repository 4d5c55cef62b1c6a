import type { IncomingHttpHeaders } from 'node:http';
import type { Row } from '../data/row.ts';
import type { Accounts } from './accounts.ts';
import type { Login } from './login.ts';
import type { Tokens } from './tokens.ts';

export interface AuthenticateDependencies {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  /** Whether the instance lets this user in by Basic at all. */
  mayUseBasic(user: Row): boolean;
}

/** Gives the user that a request's Authorization header proves, by Basic or Bearer. */
export function authenticate(headers: IncomingHttpHeaders, dependencies: AuthenticateDependencies): Login {
  const { accounts, tokens } = dependencies;
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') {
    const userName = tokens.userOf(credentials);
    return userName === undefined ? { refusal: 'invalid-token' } : accounts.check(userName);
  }
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (scheme.toLowerCase() !== 'basic' || colon === -1) return { refusal: 'no-credentials' };
  return logInByBasic(pair.slice(0, colon), pair.slice(colon + 1), dependencies);
}

function logInByBasic(name: string, password: string, { accounts, mayUseBasic }: AuthenticateDependencies): Login {
  const user = accounts.find(name);
  // The gate stands before the look at the password: such a refusal counts for nothing.
  if (user !== undefined && !mayUseBasic(user)) return { refusal: 'basic-restricted' };
  const login = accounts.logIn(name, password);
  if ('user' in login && login.user.enable_multifactor_authn === 'true') return { refusal: 'multi-factor' };
  return login;
}
