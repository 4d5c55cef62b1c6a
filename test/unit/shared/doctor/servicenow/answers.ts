import fc from 'fast-check';
import type { HttpAnswer } from '../../../../../shared/servicenow/read-answer.ts';

/** An answer in JSON, as ServiceNow gives it. */
export function json(status: number, body: unknown, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  const type = { 'content-type': 'application/json;charset=UTF-8' };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}

/** An answer that is a page. */
export function page(status: number, body: string, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'text/html;charset=UTF-8', ...headers }, body };
}

/** Any answer at all; `secret` stands somewhere in it, but in no title of a page. */
export function anyAnswer(secret: string): fc.Arbitrary<HttpAnswer> {
  const text = fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${secret}${after}`);
  const words = fc.constantFrom(
    'locked out',
    'multi-factor',
    'Basic authentication is restricted',
    'invalid_client',
    'invalid_grant',
    'User is inactive',
    'hibernating',
    'access_denied',
  );
  const said = fc.oneof(
    text,
    fc.tuple(words, text).map((parts) => parts.join(' ')),
  );
  const body = fc.oneof(
    text,
    fc.tuple(fc.anything(), said).map(([thing, word]) => JSON.stringify({ error: word, result: thing, word }) ?? word),
    said.map((word) => JSON.stringify({ error: word, error_description: word })),
    said.map((word) => JSON.stringify({ error: { message: word, detail: word }, status: 'failure' })),
    fc.string().map((title) => `<html><title>${title.replaceAll('<', '')}</title>${secret}</html>`),
  );
  const header = fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'text/html', 'application/xml', 'text/plain', ''),
      location: fc.oneof(
        fc.constant(`https://sso.contoso.com/login?token=${secret}`),
        fc.webUrl().map((url) => `${url}#${secret}`),
        text,
      ),
      'x-mfa_token': fc.constant(secret),
      'set-cookie': text,
    },
    { requiredKeys: [] },
  );
  return fc.record({ status: fc.integer({ min: 100, max: 599 }), headers: header, body });
}
