import * as z from 'zod/mini';
import { neutralLine } from '../../neutral-text.ts';
import { parseJson } from '../../parse.ts';
import type { HttpAnswer } from '../../servicenow/read-answer.ts';
import type { Finding } from './finding.ts';

const json = z.unknown();

const WRONG_ADDRESS =
  'Check Server and OAuth2Url of the connection: expected are https://<instance>.service-now.com/api/now/table and https://<instance>.service-now.com/oauth_token.do; and look for a proxy or a single sign-on page in between.';

const TURNED_AWAY =
  'A firewall, or the IP address access control of the instance, may turn this network address away: let it be allowed there.';

/** What to do about a 429, which comes of a rate limit or of integration threads that are all taken. */
export const WHEN_TOO_MANY =
  'Try again later; if it lasts, ask for a higher rate limit for the API user, and what else takes the integration threads of the instance.';

/**
 * What an answer is that is no JSON of ServiceNow's: a page of the instance itself or of something before it, or a
 * redirect. `undefined` for JSON, whatever it says. Pure.
 */
export function describePage(answer: HttpAnswer, host: string): Pick<Finding, 'message' | 'remedy'> | undefined {
  const { status, headers, body } = answer;
  const type = headers['content-type'] ?? 'no content type';
  if (status >= 300 && status < 400) {
    return {
      message: `${host} sends callers on to ${placeOf(headers.location)} (${status}) instead of answering.`,
      remedy: WRONG_ADDRESS,
    };
  }
  if (status === 202) {
    return {
      message: `${host} took the call and did not carry it out (202).`,
      remedy:
        'Run the check again; if it stays, ask the administrators of ServiceNow whether too many calls wait there.',
    };
  }
  if (/^application\/json\b/i.test(type)) {
    if (parseJson(json, body).ok) return undefined;
    if (status < 300 && body !== '') {
      return {
        message: `${host} answered ${status} with JSON that breaks off.`,
        remedy:
          'Run the check again; if it stays, ask the administrators of ServiceNow: an answer breaks off where a transaction takes longer than its quota allows.',
      };
    }
  }
  if (/hibernat/i.test(body)) {
    return {
      message: `The instance ${host} is hibernating: it answers with a page (${status}).`,
      remedy: 'Wake the instance up by signing in to it in a browser; that takes some minutes.',
    };
  }
  if (status === 503 || /under maintenance/i.test(body)) {
    return {
      message: `The instance ${host} is in maintenance, or starting: it answers with a page (${status}).`,
      remedy:
        'Wait until the maintenance is over, and ask the administrators of ServiceNow if it lasts. Orders wait meanwhile.',
    };
  }
  if (status === 502 || status === 504) {
    return {
      message: `A gateway before ${host} answers that the instance does not (${status}).`,
      remedy:
        'Try again in some minutes: the instance may be starting. If it lasts, ask who runs the instance or the gateway.',
    };
  }
  if (status === 429) {
    return {
      message: `${host} turned the call away: too many requests (429).`,
      remedy: WHEN_TOO_MANY,
    };
  }
  return {
    message: `${host} answered ${status} with ${describeBody(body, type)}, not with ServiceNow's JSON.`,
    remedy: status === 403 ? `${TURNED_AWAY} ${WRONG_ADDRESS}` : WRONG_ADDRESS,
  };
}

function placeOf(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location)) return 'another page';
  return new URL(location).host || 'another page';
}

function describeBody(body: string, type: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body.slice(0, 20_000))?.[1]?.trim() ?? '';
  if (title !== '') return `a page with the title "${neutralLine(title, 80)}"`;
  return body === '' ? 'nothing' : `something else (${neutralLine(type, 80)})`;
}
