import { ServiceNowError } from '../../servicenow/servicenow-error.ts';
import type { WatchedHttp } from '../../servicenow/watch-http.ts';
import { explainNoAnswer } from '../explain-no-answer.ts';
import { sayFailure } from '../say-failure.ts';
import { describePage, WHEN_TOO_MANY } from './describe-page.ts';
import { type Finding, failed } from './finding.ts';

/** The finding that a check's unexpected failure makes. `last` is the last answer that came, for a page says more than an error. */
export function explainFailure(error: unknown, host: string, last: ReturnType<WatchedHttp['last']>): Finding {
  if (!(error instanceof ServiceNowError)) {
    return failed(`This could not be checked: ${sayFailure(error)}.`, 'Put that right and run the check again.');
  }
  if (error.status === undefined) return noAnswer(error, last ? new URL(last.url).host : host);
  const page = last?.answer.status === error.status ? describePage(last.answer, new URL(last.url).host) : undefined;
  if (page) return { status: 'failed', ...page };
  return failed(`${error.message}.`, remedyFor(error));
}

/** Whether nothing that follows can succeed: the login is refused, or the instance answers with pages. */
export function endsEverything(error: unknown, last: ReturnType<WatchedHttp['last']>): boolean {
  if (!(error instanceof ServiceNowError)) return false;
  if (error.status === 401) return true;
  if (last === undefined || last.answer.status !== error.status) return false;
  // A call that was dropped and JSON that breaks off are about that one call.
  if (error.status === 202) return false;
  const isJson = /^application\/json\b/i.test(last.answer.headers['content-type'] ?? '');
  return !isJson && describePage(last.answer, '') !== undefined;
}

function noAnswer(error: ServiceNowError, host: string): Finding {
  const code = codeIn(error);
  // Without an answer and a cause, there was one that nobody understands.
  if (code === '')
    return failed(`${error.message}.`, 'Run the check again; if it stays, ask the administrators of ServiceNow.');
  const known = code === 'no answer in time' ? { code: 'ETIMEDOUT' } : { code };
  const { reason, remedy } = explainNoAnswer(known);
  return failed(`ServiceNow at ${host} can't be reached: ${reason}.`, remedy);
}

/** What the connection itself said; a request for a token that got no answer is the cause of the call it was for. */
function codeIn({ cause }: ServiceNowError): string {
  if (cause instanceof ServiceNowError) return codeIn(cause);
  return cause instanceof Error ? cause.message : '';
}

function remedyFor({ status = 0, failure }: ServiceNowError): string {
  if (status === 401) return 'Run the check again: check `login` then says what is known about it.';
  if (status === 403)
    return 'Let the API user do that: roles, access controls, and REST API access policies decide it.';
  if (status === 429) return WHEN_TOO_MANY;
  if (failure.class === 'transient')
    return 'Try again in some minutes; if it lasts, ask the administrators of ServiceNow.';
  return 'Ask the administrators of ServiceNow, with these words of the instance.';
}
