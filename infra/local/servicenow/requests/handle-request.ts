import type { Accounts } from '../auth/accounts.ts';
import { authenticate } from '../auth/authenticate.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Row } from '../data/row.ts';
import { Refusal } from '../refusal.ts';
import { readTableTarget, type TableTarget } from '../table-api/table-target.ts';
import { type Answer, failure, html, refused } from './answer.ts';
import type { ApiRequest } from './api-request.ts';

export interface HandleDependencies {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly oauthToken: (request: ApiRequest) => Answer;
  readonly tableApi: (request: ApiRequest, target: TableTarget, user: Row) => Answer;
  /** A page for people, or `undefined` where there is none. */
  readonly page: (request: ApiRequest) => Answer | undefined;
}

/** Makes the function that carries out any request to the instance: who asks, what for, and the refusals as answers. */
export function makeHandleRequest(dependencies: HandleDependencies): (request: ApiRequest) => Answer {
  return (request) => {
    if (request.path === '/oauth_token.do') return dependencies.oauthToken(request);
    if (!request.path.startsWith('/api/')) {
      return dependencies.page(request) ?? html(404, 'Page not found', 'Page not found');
    }
    const user = authenticate(request.headers, dependencies.accounts, dependencies.tokens);
    if (user === undefined) {
      const answer = failure(401, 'User Not Authenticated', 'Required to provide Auth information');
      return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'BASIC realm="Service-now"' } };
    }
    return { ...answerApi(dependencies, request, user), user: user.user_name ?? '' };
  };
}

function answerApi({ tableApi }: HandleDependencies, request: ApiRequest, user: Row): Answer {
  try {
    const target = readTableTarget(request.path);
    if (target === undefined) throw new Refusal(400, 'Requested URI does not represent any resource', request.path);
    // HEAD is GET without the body, which the HTTP server leaves out by itself.
    return tableApi(request.method === 'HEAD' ? { ...request, method: 'GET' } : request, target, user);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}
