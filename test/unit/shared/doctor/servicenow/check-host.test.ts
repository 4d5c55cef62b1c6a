import { describe, expect, it } from 'vitest';
import { checkHost, describeTableApi, describeTokenUrl } from '../../../../../shared/doctor/servicenow/check-host.ts';
import type { HttpRequest } from '../../../../../shared/servicenow/http.ts';
import type { HttpAnswer } from '../../../../../shared/servicenow/read-answer.ts';
import { ServiceNowError } from '../../../../../shared/servicenow/servicenow-error.ts';
import { watchHttp } from '../../../../../shared/servicenow/watch-http.ts';
import { json, page } from './answers.ts';
import { basicSettings, oauthSettings } from './settings-of.ts';

const HOST = 'contoso.service-now.com';
const refusal = json(401, {
  error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' },
  status: 'failure',
});

describe('describeTableApi', () => {
  it.each([
    { what: 'asks for a login', answer: refusal, status: 'ok', says: /asks for a login as it should/ },
    {
      what: 'lets guests in',
      answer: json(200, { result: [] }),
      status: 'warning',
      says: /to anybody, without a login/,
    },
    {
      what: 'is busy',
      answer: json(429, { error: { message: 'Rate limit exceeded' } }),
      status: 'warning',
      says: /429: it has too much to do\.$/,
    },
    {
      what: 'has a fault of its own, which is not taken for too much work',
      answer: json(500, { error: { message: 'x' } }),
      status: 'warning',
      says: /500: something is wrong there, which may pass\.$/,
    },
    {
      what: 'knows no such address',
      answer: json(400, { error: { message: 'Requested URI does not represent any resource' } }),
      status: 'failed',
      says: /answered 400 where a call without a login expects 401/,
    },
    {
      what: 'turns the address away',
      answer: json(403, { error: { message: 'no' } }),
      status: 'failed',
      says: /answered 403 where/,
    },
    {
      what: 'is something else',
      answer: json(200, { hello: 1 }),
      status: 'failed',
      says: /JSON that is not ServiceNow's/,
    },
    { what: 'says its error otherwise', answer: json(401, { error: 'x' }), status: 'failed', says: /JSON that is not/ },
    { what: 'gives a list', answer: json(200, []), status: 'failed', says: /JSON that is not ServiceNow's/ },
    { what: 'hibernates', answer: page(200, 'hibernating'), status: 'failed', says: /is hibernating/ },
    { what: 'shows a page', answer: page(401, '<title>Proxy</title>'), status: 'failed', says: /the title "Proxy"/ },
  ])('knows a host that $what', ({ answer, status, says }) => {
    const found = describeTableApi(answer, HOST);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });
});

describe('describeTokenUrl', () => {
  it.each([
    { what: 'takes POST alone, in a page', answer: page(405, '<title>Method Not Allowed</title>'), status: 'ok' },
    { what: 'takes POST alone, without a word', answer: { status: 405, headers: {}, body: '' }, status: 'ok' },
    { what: 'misses a grant', answer: json(400, { error: 'invalid_request' }), status: 'ok' },
    { what: 'refuses in plain text', answer: page(401, 'no'), status: 'ok' },
    { what: 'answers at all', answer: json(200, {}), status: 'ok' },
    { what: 'sends callers on', answer: page(302, '', { location: 'https://sso.contoso.com/' }), status: 'failed' },
    { what: 'shows a login page', answer: page(200, '<title>Sign in</title>'), status: 'failed' },
    { what: 'hibernates', answer: page(200, 'hibernating'), status: 'failed' },
    { what: 'is in maintenance', answer: page(503, ''), status: 'failed' },
    { what: 'is too busy', answer: page(429, ''), status: 'failed' },
  ])('says $status of an address that $what', ({ answer, status }) => {
    expect(describeTokenUrl(answer, HOST).status).toBe(status);
  });
});

describe('checkHost', () => {
  it('asks once and without any credentials', async () => {
    const { requests, watched } = answering(() => refusal);
    expect(await checkHost(basicSettings(), watched)).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(requests).toEqual([
      { method: 'GET', url: `https://${HOST}/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=sys_id` },
    ]);
  });

  it('asks the address of tokens too where that is elsewhere', async () => {
    const settings = oauthSettings('client_credentials', 'https://login.contoso.com/token');
    const { requests, watched } = answering(({ url }) => (url.includes('login.') ? page(405, '') : refusal));
    const findings = await checkHost(settings, watched);
    expect(findings.map(({ status, message }) => `${status} ${message}`)).toEqual([
      expect.stringMatching(/^ok contoso\.service-now\.com /),
      'ok login.contoso.com answers for OAuth.',
    ]);
    expect(requests.at(-1)).toEqual({ method: 'GET', url: 'https://login.contoso.com/token' });
    const same = answering(() => refusal);
    expect(await checkHost(oauthSettings('password'), same.watched)).toHaveLength(1);
    expect(same.requests).toHaveLength(1);
  });

  it('says why nobody answers', async () => {
    const { watched } = answering(({ url }) => {
      throw new ServiceNowError(`ServiceNow at ${url} gave no answer`, {
        execution: 'none',
        failure: { class: 'transient' },
        cause: new Error('ENOTFOUND'),
      });
    });
    expect(await checkHost(basicSettings(), watched)).toEqual([
      expect.objectContaining({
        status: 'failed',
        message: `ServiceNow at ${HOST} can't be reached: its host name is not known.`,
      }),
    ]);
  });
});

function answering(answer: (request: HttpRequest) => HttpAnswer) {
  const requests: HttpRequest[] = [];
  const watched = watchHttp(async (request) => {
    requests.push(request);
    return answer(request);
  });
  return { requests, watched };
}
