import type { CallOutcome } from '../limits/circuits.ts';
import type { Permits } from '../limits/permits.ts';
import type { Http } from './http.ts';
import { askedWait, type HttpAnswer } from './read-answer.ts';

/** Tells of what came of every request, by the host it went to; the answer, or the failure, is given on afterwards. */
export function reportCalls(http: Http, report: Permits['report']): Http {
  return async (request) => {
    const { host } = new URL(request.url);
    let outcome: CallOutcome = { kind: 'failed' };
    try {
      const answer = await http(request);
      outcome = outcomeOf(answer);
      return answer;
    } finally {
      await report(host, outcome);
    }
  };
}

function outcomeOf(answer: HttpAnswer): CallOutcome {
  const { status } = answer;
  const { retryAfterInSeconds } = askedWait(answer);
  if ((status === 429 || status === 503) && retryAfterInSeconds !== undefined)
    return { kind: 'askedToWait', forInMs: retryAfterInSeconds * 1000 };
  return { kind: status >= 500 ? 'failed' : 'answered' };
}
