import type { IncomingHttpHeaders } from 'node:http';
import type { Row } from '../data/row.ts';
import type { Accounts } from './accounts.ts';
import type { Tokens } from './tokens.ts';

/** The user that a request's Authorization header proves, by Basic or Bearer; `undefined` for none. */
export function authenticate(headers: IncomingHttpHeaders, accounts: Accounts, tokens: Tokens): Row | undefined {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') {
    const userName = tokens.userOf(credentials);
    return userName === undefined ? undefined : accounts.active(userName);
  }
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon === -1 ? undefined : accounts.logIn(pair.slice(0, colon), pair.slice(colon + 1));
}
