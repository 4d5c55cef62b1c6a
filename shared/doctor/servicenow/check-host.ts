import * as z from 'zod/mini';
import { parseJson } from '../../parse.ts';
import type { ConnectionSettings } from '../../secrets/connection-settings.ts';
import type { HttpAnswer } from '../../servicenow/read-answer.ts';
import type { WatchedHttp } from '../../servicenow/watch-http.ts';
import { describePage } from './describe-page.ts';
import { explainFailure } from './explain-failure.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const envelope = z.looseObject({ error: z.optional(z.looseObject({})), result: z.optional(z.unknown()) });

/**
 * Looks whether an instance of ServiceNow answers at the addresses of `Server` and `OAuth2Url`, over TLS that is trusted
 * here: one GET each without a login. Never throws.
 */
export async function checkHost(settings: ConnectionSettings, watched: WatchedHttp): Promise<readonly Finding[]> {
  const { server, credentials } = settings;
  const findings = [await look(`${server}/sys_user?sysparm_limit=1&sysparm_fields=sys_id`, describeTableApi)];
  // At the same host it is the login that shows whether the path is right.
  if (credentials.kind === 'oauth' && new URL(credentials.tokenUrl).origin !== new URL(server).origin)
    findings.push(await look(credentials.tokenUrl, describeTokenUrl));
  return findings;

  async function look(url: string, describe: (answer: HttpAnswer, host: string) => Finding): Promise<Finding> {
    const { host } = new URL(url);
    try {
      return describe(await watched.http({ method: 'GET', url }), host);
    } catch (error) {
      return explainFailure(error, host, watched.last());
    }
  }
}

/** What an answer to a call of the Table API without a login says about the host. Pure. */
export function describeTableApi(answer: HttpAnswer, host: string): Finding {
  const { status } = answer;
  const page = describePage(answer, host);
  if (page) return { status: 'failed', ...page };
  const body = parseJson(envelope, answer.body);
  const isServiceNow = body.ok && (body.value.error !== undefined || body.value.result !== undefined);
  if (!isServiceNow) {
    return failed(
      `${host} answered ${status} with JSON that is not ServiceNow's.`,
      'Check Server of the connection: expected is https://<instance>.service-now.com/api/now/table.',
    );
  }
  if (status === 401) return ok(`${host} is an instance of ServiceNow, and asks for a login as it should.`);
  if (status < 300) {
    return warning(
      `${host} is an instance of ServiceNow and shows users to anybody, without a login.`,
      'Ask the administrators of ServiceNow whether the Table API is to be open to guests.',
    );
  }
  if (status === 429 || status >= 500) {
    return warning(
      `${host} is an instance of ServiceNow, and answered ${status}: ${status === 429 ? 'it has too much to do' : 'something is wrong there, which may pass'}.`,
      'Try again later if a check below fails.',
    );
  }
  return failed(
    `${host} is an instance of ServiceNow, but answered ${status} where a call without a login expects 401.`,
    'Check Server of the connection: expected is https://<instance>.service-now.com/api/now/table. A rule of the instance may also turn away this network address.',
  );
}

/**
 * What an answer to a GET of the address that tokens come from says about it. A refusal, in whatever form, is an answer:
 * tokens are asked for by POST, and what the address is for shows at the login. Pure.
 */
export function describeTokenUrl(answer: HttpAnswer, host: string): Finding {
  const { status } = answer;
  const isRefusal = status >= 400 && status < 500 && status !== 429;
  const page = isRefusal ? undefined : describePage(answer, host);
  return page ? { status: 'failed', ...page } : ok(`${host} answers for OAuth.`);
}
