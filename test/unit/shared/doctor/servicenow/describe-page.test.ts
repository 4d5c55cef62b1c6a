import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePage } from '../../../../../shared/doctor/servicenow/describe-page.ts';
import { anyAnswer, json, page } from './answers.ts';
import { CANARY } from './settings-of.ts';

const HOST = 'contoso.service-now.com';

describe('describePage', () => {
  it.each([
    {
      what: 'a redirect to a login page elsewhere',
      answer: page(302, '', { location: `https://sso.contoso.com/login?state=${CANARY}` }),
      message: /^contoso\.service-now\.com sends callers on to sso\.contoso\.com \(302\) instead of answering\.$/,
      remedy: /Server and OAuth2Url.*single sign-on/,
    },
    {
      what: 'a redirect to a page of its own',
      answer: page(303, '', { location: '/login.do' }),
      message: /on to another page \(303\)/,
      remedy: /Server/,
    },
    { what: 'a redirect to nowhere', answer: page(301, ''), message: /on to another page \(301\)/, remedy: /Server/ },
    {
      what: 'a redirect to an address without a host',
      answer: page(302, '', { location: 'data:text/plain,x' }),
      message: /on to another page \(302\)/,
      remedy: /Server/,
    },
    {
      what: 'a redirect that says something in JSON',
      answer: json(307, { result: [] }, { location: 'https://sso.contoso.com/' }),
      message: /on to sso\.contoso\.com \(307\)/,
      remedy: /Server/,
    },
    {
      what: 'hibernation, which answers 200',
      answer: page(200, '<html><title>Instance Hibernating page</title></html>'),
      message: /is hibernating: it answers with a page \(200\)/,
      remedy: /Wake the instance up/,
    },
    {
      what: 'hibernation that calls itself unavailable',
      answer: page(503, '<p>Your instance is hibernating</p>'),
      message: /is hibernating: .*\(503\)/,
      remedy: /Wake/,
    },
    {
      what: 'maintenance by its status',
      answer: page(503, '<title>Sorry</title>'),
      message: /in maintenance, or starting: .*\(503\)/,
      remedy: /Wait/,
    },
    {
      what: 'maintenance by its words',
      answer: page(200, 'This instance is under maintenance'),
      message: /in maintenance, or starting: .*\(200\)/,
      remedy: /Wait/,
    },
    { what: 'a bad gateway', answer: page(502, 'x'), message: /^A gateway before .*\(502\)/, remedy: /some minutes/ },
    { what: 'a gateway that waits no more', answer: page(504, ''), message: /\(504\)/, remedy: /some minutes/ },
    { what: 'too many requests', answer: page(429, ''), message: /too many requests \(429\)/, remedy: /rate limit/ },
    {
      what: 'a call that was dropped',
      answer: page(202, ''),
      message: /took the call and did not carry it out \(202\)/,
      remedy: /Run the check again/,
    },
    {
      what: 'a call that was dropped, with JSON',
      answer: json(202, {}),
      message: /did not carry it out \(202\)/,
      remedy: /Run the check again/,
    },
    {
      what: 'rows that break off',
      answer: { ...json(200, {}), body: '{"result":[{"sys_id":"1"},""' },
      message: /answered 200 with JSON that breaks off\.$/,
      remedy: /^Run the check again; .*longer than its quota/,
    },
    {
      what: 'a page with a title',
      answer: page(404, '<HTML><TITLE lang="en">\n Not  here </TITLE>'),
      message: /answered 404 with a page with the title "Not {2}here", not with ServiceNow's JSON\.$/,
      remedy: /^Check Server/,
    },
    {
      what: 'a page that turns the caller away',
      answer: page(403, '<title>Forbidden</title>'),
      message: /answered 403 with a page with the title "Forbidden"/,
      remedy: /^A firewall, or the IP address access control .* Check Server/,
    },
    {
      what: 'a page whose title is a secret or steers a terminal',
      answer: page(200, `<title>\u001b[31mpassword=${CANARY}\u202e</title>`),
      message: /with the title "\[31mpassword=\*\*\*"/,
      remedy: /^Check Server/,
    },
    {
      what: 'a page without a title',
      answer: page(401, '<p>Sign in</p>'),
      message: /answered 401 with something else \(text\/html;charset=UTF-8\)/,
      remedy: /^Check Server/,
    },
    {
      what: 'nothing',
      answer: { status: 200, headers: {}, body: '' },
      message: /answered 200 with nothing, not/,
      remedy: /^Check Server/,
    },
    {
      what: 'something without a type',
      answer: { status: 200, headers: {}, body: 'hello' },
      message: /with something else \(no content type\)/,
      remedy: /^Check Server/,
    },
    {
      what: 'JSON that says it is none',
      answer: { ...json(200, { result: [] }), headers: { 'content-type': 'text/plain' } },
      message: /with something else \(text\/plain\)/,
      remedy: /^Check Server/,
    },
    {
      what: 'another type that begins alike',
      answer: { ...json(200, { result: [] }), headers: { 'content-type': 'application/jsonp' } },
      message: /with something else \(application\/jsonp\)/,
      remedy: /^Check Server/,
    },
  ])('knows $what', ({ answer, message, remedy }) => {
    const described = describePage(answer, HOST);
    expect(described?.message).toMatch(message);
    expect(described?.remedy).toMatch(remedy);
    expect(JSON.stringify(described)).not.toContain(CANARY);
  });

  it.each([
    json(200, { result: [] }),
    json(401, { error: { message: 'User Not Authenticated' } }),
    json(503, { error: 'busy' }),
    json(429, {}),
    json(200, []),
    json(200, null),
    { ...json(200, {}), headers: { 'content-type': 'APPLICATION/JSON' } },
    json(200, { result: [{ short_description: 'the laptop is hibernating' }] }),
  ])('takes JSON for no page, whatever it says: $body', (answer) => {
    expect(describePage(answer, HOST)).toBeUndefined();
  });

  it('has a sentence and a remedy for any answer, in one line, and repeats nothing of it but a title', () => {
    fc.assert(
      fc.property(anyAnswer(CANARY), (answer) => {
        const described = describePage(answer, HOST);
        if (described === undefined) {
          expect(answer.headers['content-type']).toBe('application/json');
          return;
        }
        expect(described.message).toMatch(/^.*contoso\.service-now\.com.*\.$/u);
        expect(described.remedy).toMatch(/^.{20,}\.$/u);
        expect(JSON.stringify(described)).not.toContain(CANARY);
        expect(described.message).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }),
      { numRuns: 200 },
    );
  });
});
