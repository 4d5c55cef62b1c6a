import type { AttachmentTarget } from '../attachment-api/attachment-target.ts';
import { type AuthenticateDependencies, authenticate } from '../auth/authenticate.ts';
import { refuseLogin } from '../auth/refuse-login.ts';
import { answerBatch } from '../batch-api/batch-api.ts';
import type { Row } from '../data/row.ts';
import { Refusal } from '../refusal.ts';
import type { CatalogTarget } from '../service-catalog/catalog-target.ts';
import type { StatsTarget } from '../stats-api/stats-target.ts';
import type { TableTarget } from '../table-api/table-target.ts';
import { type Answer, html, refused } from './answer.ts';
import type { ApiRequest } from './api-request.ts';
import { readTarget } from './read-target.ts';

export interface HandleDependencies extends AuthenticateDependencies {
  /** Whether this user may call the REST API at all. */
  mayUseRest(user: Row): boolean;
  /** Whether a refused login says why. */
  readonly explainsRefusals: boolean;
  readonly oauthToken: (request: ApiRequest) => Answer;
  readonly tableApi: (request: ApiRequest, target: TableTarget, user: Row) => Answer;
  readonly catalogApi: (request: ApiRequest, target: CatalogTarget, user: Row) => Answer;
  readonly attachmentApi: (request: ApiRequest, target: AttachmentTarget, user: Row) => Answer;
  readonly statsApi: (request: ApiRequest, target: StatsTarget, user: Row) => Answer;
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
    const login = authenticate(request.headers, dependencies);
    if ('refusal' in login) return refuseLogin(login.refusal, dependencies.explainsRefusals);
    return { ...answerApi(dependencies, request, login.user), user: login.user.user_name ?? '' };
  };
}

function answerApi(dependencies: HandleDependencies, received: ApiRequest, user: Row, isInBatch = false): Answer {
  // HEAD is GET without the body, which the HTTP server leaves out by itself.
  const request = received.method === 'HEAD' ? { ...received, method: 'GET' } : received;
  try {
    if (!dependencies.mayUseRest(user)) {
      throw new Refusal(403, 'User Not Authorized', 'Failed API level ACL Validation');
    }
    const target = readTarget(request.path);
    switch (target?.api) {
      case 'table':
        return dependencies.tableApi(request, target, user);
      case 'catalog':
        return dependencies.catalogApi(request, target, user);
      case 'attachment':
        return dependencies.attachmentApi(request, target, user);
      case 'stats':
        return dependencies.statsApi(request, target, user);
      case 'batch':
        if (isInBatch) throw new Refusal(400, 'Requested URI does not represent any resource', request.path);
        return answerBatch(request, (item) => answerApi(dependencies, item, user, true));
      case undefined:
        throw new Refusal(400, 'Requested URI does not represent any resource', request.path);
    }
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}
