import { describe, expect, it } from 'vitest';
import { type HttpAnswer, readAnswer, retryAfter } from '../../../../shared/servicenow/read-answer.ts';
import { ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';
const DATE = 'Mon, 23 Nov 2026 10:00:00 GMT';

const answer = (status: number, body: unknown, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status,
  headers: { 'content-type': JSON_TYPE, date: DATE, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const page = (status: number, headers: HttpAnswer['headers'] = {}): HttpAnswer =>
  answer(status, '<html><title>Instance Hibernating page</title></html>', {
    'content-type': 'text/html;charset=UTF-8',
    ...headers,
  });
const refusal = (message: string, detail: string | null = null) => ({ error: { message, detail }, status: 'failure' });

function failureOfReading(of: HttpAnswer): ServiceNowError {
  try {
    readAnswer(of, 'Help');
  } catch (error) {
    if (error instanceof ServiceNowError) return error;
    throw error;
  }
  throw new Error('Expected a failure, got a result');
}

const connectionHold = { class: 'hold', scope: 'connection Help' };
const apiHold = { ...connectionHold, found: 'accountRefused' };
const transient = { class: 'transient' };
const permanent = { class: 'permanent' };

/** The answer of an instance that cancelled a transaction half-way through a list. */
const brokenOff =
  '{"result":[{"sys_id":"a"},""],"error":{"detail":"Transaction cancelled: maximum execution time exceeded","message":"Transaction cancelled: maximum execution time exceeded"},"status":"failure"}';

describe('readAnswer, of a success', () => {
  it.each([
    ['a list', 200, [{ sys_id: 'a' }]],
    ['an empty list', 200, []],
    ['a record made', 201, { sys_id: 'a' }],
    ['an empty text', 200, ''],
  ])('gives the result: %s', (_, status, result) => {
    expect(readAnswer(answer(status, { result }), 'Help')).toEqual(result);
  });

  it.each(['application/json', 'application/json;charset=UTF-8', 'Application/JSON; charset=utf-8'])(
    'knows JSON by %s',
    (type) => {
      expect(readAnswer(answer(200, { result: [] }, { 'content-type': type }), 'Help')).toEqual([]);
    },
  );
});

describe('readAnswer, of a failure', () => {
  it.each<[string, HttpAnswer, ServiceNowError['execution'], object]>([
    // A request that was turned away before it ran.
    [
      '429 of a rule',
      answer(429, refusal('Rate limit exceeded'), { 'retry-after': '42' }),
      'none',
      { ...transient, retryAfterInSeconds: 42 },
    ],
    ['429 of a semaphore, without headers', answer(429, ''), 'none', transient],
    ['429 as a page', page(429), 'none', transient],
    [
      '401',
      answer(401, refusal('User Not Authenticated', 'Required to provide Auth information')),
      'none',
      { ...connectionHold, retryAfterInSeconds: 5 },
    ],
    ['401 as a page', page(401), 'none', { ...connectionHold, retryAfterInSeconds: 5 }],

    // Nobody can know what became of it.
    ['202 with nothing: dropped by a shared session', answer(202, ''), 'unknown', transient],
    ['202 with a result', answer(202, { result: { sys_id: 'a' } }), 'unknown', transient],
    ['204', answer(204, '', { 'content-type': undefined }), 'unknown', transient],
    ['a redirect to a login page', page(302), 'unknown', transient],
    ['a redirect that says it is JSON', answer(302, { result: [] }), 'unknown', transient],
    ['the page of a hibernating instance', page(200), 'unknown', transient],
    ['a page without a content type', answer(200, '<html>', { 'content-type': undefined }), 'unknown', transient],
    [
      'a result without a content type',
      answer(200, { result: [] }, { 'content-type': undefined }),
      'unknown',
      transient,
    ],
    ['half an answer', answer(200, '{"result":[{"sys_id":"a"},'), 'unknown', transient],
    ['an answer with an error behind its rows', answer(200, brokenOff), 'unknown', transient],
    ['the same as broken JSON', answer(200, `{"result":[{"sys_id":"a"}""${brokenOff.slice(35)}`), 'unknown', transient],
    ['success that says failure', answer(200, { result: [], status: 'failure' }), 'unknown', transient],
    ['success with an error', answer(201, { result: { sys_id: 'a' }, error: { message: 'x' } }), 'unknown', transient],
    ['success without a result', answer(200, {}), 'unknown', transient],
    ['null', answer(200, 'null'), 'unknown', transient],
    ['a bare list', answer(200, '[]'), 'unknown', transient],
    ['nothing', answer(200, ''), 'unknown', transient],
    ['500 as a page', page(500), 'unknown', transient],
    ['502 of a gateway', page(502), 'unknown', transient],
    ['503 of maintenance', page(503, { 'retry-after': '120' }), 'unknown', { ...transient, retryAfterInSeconds: 120 }],
    ['504 of a gateway', page(504), 'unknown', transient],
    ['503 with the envelope', answer(503, refusal('Service Unavailable')), 'unknown', transient],
    ['408', answer(408, refusal('Request Timeout')), 'unknown', transient],
    ['499', answer(499, refusal('Client closed request')), 'unknown', transient],
    ['400 as a page: a request header too large', page(400), 'unknown', transient],
    ['414 as a page', page(414), 'unknown', transient],
    ['403 as a page, of a gateway', page(403), 'unknown', apiHold],

    // The transaction is over, and a row may exist nevertheless.
    [
      '500 with the envelope',
      answer(500, refusal('Transaction cancelled: maximum execution time exceeded', 'Check logs')),
      'ended',
      transient,
    ],

    // Not the record, but the account or the API.
    ['403 on a table', answer(403, refusal('Insufficient rights to query records')), 'ended', apiHold],
    [
      '403 on the API',
      answer(403, refusal('User Not Authorized', 'Failed API level ACL Validation')),
      'ended',
      apiHold,
    ],
    [
      '403 of an ACL',
      answer(403, refusal('Operation Failed', 'ACL Exception Update Failed due to security constraints')),
      'ended',
      apiHold,
    ],
    [
      '400 of a table that is not there',
      answer(400, refusal('Invalid table x', 'Table x does not exist')),
      'ended',
      apiHold,
    ],
    ['400 of a table that is not there, in short', answer(400, refusal('Invalid table x')), 'ended', apiHold],
    [
      '400 of another API',
      answer(400, refusal('Requested URI does not represent any resource', '/x')),
      'ended',
      apiHold,
    ],
    [
      '404 of a record or an ACL',
      answer(404, refusal('No Record found', 'Record doesn’t exist or ACL restricts the record retrieval')),
      'ended',
      apiHold,
    ],
    ['404 in other words', answer(404, refusal('Not here')), 'ended', apiHold],
    ['405', answer(405, refusal('Method not Supported', 'POST method not supported for API')), 'ended', apiHold],
    ['406', answer(406, refusal('Not acceptable')), 'ended', apiHold],
    ['415', answer(415, refusal('Unsupported media type')), 'ended', apiHold],

    // The record itself.
    [
      '403 of a business rule',
      answer(
        403,
        refusal(
          'Operation Failed',
          "Operation against file 'incident' was aborted by Business Rule 'Check^abc'. Business Rule Stack:Check",
        ),
      ),
      'ended',
      permanent,
    ],
    [
      '403 of a data policy',
      answer(403, refusal('Operation Failed', 'Data Policy Exception: The following fields are mandatory: Category')),
      'ended',
      permanent,
    ],
    [
      '400 of a body',
      answer(400, refusal('Exception while reading request', 'The payload is not valid JSON.')),
      'ended',
      permanent,
    ],
    [
      '400 of a parameter',
      answer(400, refusal('Invalid value given for sysparm_limit', 'sysparm_limit value must be a positive integer')),
      'ended',
      permanent,
    ],
    ['400 without words', answer(400, { status: 'failure' }), 'ended', permanent],
    ['403 with an error of another shape', answer(403, { error: 'no', status: 'failure' }), 'ended', permanent],
  ])('%s', (_, of, execution, failure) => {
    const error = failureOfReading(of);
    expect(error).toMatchObject({ execution, status: of.status });
    expect(error.failure).toEqual(failure);
    expect(error.message).toContain('"Help"');
  });

  it('says what the instance said, cut to a bearable length', () => {
    expect(failureOfReading(answer(403, refusal('Operation Failed', 'Data Policy Exception'))).message).toContain(
      'answered 403: Operation Failed: Data Policy Exception',
    );
    expect(failureOfReading(answer(403, refusal('x'.repeat(5_000)))).message.length).toBeLessThan(700);
  });

  it('never repeats a page or a row', () => {
    expect(failureOfReading(page(200)).message).not.toContain('<html>');
    expect(failureOfReading(answer(200, '{"result":[{"name":"S3cr3t"},')).message).not.toContain('S3cr3t');
  });
});

describe('the wait that an answer asks for', () => {
  const after = (headers: HttpAnswer['headers']) => retryAfter({ date: DATE, ...headers });

  it.each<[HttpAnswer['headers'], object]>([
    [{}, {}],
    [{ 'retry-after': '42' }, { retryAfterInSeconds: 42 }],
    [{ 'retry-after': '0' }, {}],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:01:30 GMT' }, { retryAfterInSeconds: 90 }],
    [{ 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT' }, {}],
    [{ 'retry-after': 'soon' }, {}],
    [{ 'retry-after': '-5' }, {}],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:01:30 GMT', date: undefined }, {}],
  ])('%j is %j', (headers, wait) => {
    expect(after(headers)).toEqual(wait);
  });

  it.each<[HttpAnswer['headers'], object]>([
    [{ 'x-ratelimit-reset': String(Date.parse(DATE) / 1000 + 600) }, { ...transient, retryAfterInSeconds: 600 }],
    [
      { 'x-ratelimit-reset': String(Date.parse(DATE) / 1000 + 600), 'retry-after': '7' },
      { ...transient, retryAfterInSeconds: 7 },
    ],
    [{ 'x-ratelimit-reset': 'later' }, transient],
  ])('a 429 with %j is %j', (headers, failure) => {
    expect(failureOfReading(answer(429, '', headers)).failure).toEqual(failure);
  });

  it('is not the end of the hour that every answer under a rule names', () => {
    const headers = { 'x-ratelimit-reset': String(Date.parse(DATE) / 1000 + 3_000), 'x-ratelimit-limit': '5000' };
    expect(failureOfReading(answer(500, refusal('x'), headers)).failure).toEqual(transient);
    expect(failureOfReading(page(503, headers)).failure).toEqual(transient);
  });
});
