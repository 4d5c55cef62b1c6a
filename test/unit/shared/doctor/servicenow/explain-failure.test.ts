import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsEverything, explainFailure } from '../../../../../shared/doctor/servicenow/explain-failure.ts';
import { HoldError, UnavailableError } from '../../../../../shared/errors.ts';
import type { HttpAnswer } from '../../../../../shared/servicenow/read-answer.ts';
import { readAnswer } from '../../../../../shared/servicenow/read-answer.ts';
import { ServiceNowError } from '../../../../../shared/servicenow/servicenow-error.ts';
import { anyAnswer, json, page } from './answers.ts';
import { CANARY } from './settings-of.ts';

const HOST = 'contoso.service-now.com';
const transient = { execution: 'unknown', failure: { class: 'transient' } } as const;
const lastOf = (answer: HttpAnswer, host = HOST) => ({ url: `https://${host}/api/now/table/incident`, answer });

/** What a call throws that got this answer. */
function errorOf(answer: HttpAnswer): unknown {
  try {
    readAnswer(answer, 'Help');
  } catch (error) {
    return error;
  }
  throw new Error('Expected a failure');
}

interface Answered {
  readonly what: string;
  readonly answer: HttpAnswer;
  /** As `message → remedy`. */
  readonly says: RegExp;
  readonly ends: boolean;
}

const answered: readonly Answered[] = [
  {
    what: 'the right is missing',
    answer: json(403, { error: { message: 'Insufficient rights to query records' }, status: 'failure' }),
    says: /answered 403: Insufficient rights to query records\. → Let the API user do that: roles/,
    ends: false,
  },
  {
    what: 'a policy refuses',
    answer: json(403, { error: { message: 'Operation Failed', detail: 'Data Policy Exception' }, status: 'failure' }),
    says: /Operation Failed: Data Policy Exception\. → Let the API user/,
    ends: false,
  },
  {
    what: 'the request is not understood',
    answer: json(400, { error: { message: 'Invalid value' }, status: 'failure' }),
    says: /answered 400: Invalid value\. → Ask the administrators of ServiceNow, with these words/,
    ends: false,
  },
  {
    what: 'there are too many requests',
    answer: json(429, { error: { message: 'Rate limit exceeded' } }),
    says: /answered 429: too many requests\. → Try again later; .*rate limit/,
    ends: false,
  },
  {
    what: 'the instance has a fault',
    answer: json(500, { error: { message: 'x' }, status: 'failure' }),
    says: /answered 500: x\. → Try again in some minutes/,
    ends: false,
  },
  {
    what: 'the login is refused',
    answer: json(401, { error: { message: 'User Not Authenticated' }, status: 'failure' }),
    says: /refused the login of connection "Help" \(401\)\. → Run the check again/,
    ends: true,
  },
  {
    what: 'the instance fell asleep',
    answer: page(200, 'hibernating'),
    says: /is hibernating.* → Wake the instance up/,
    ends: true,
  },
  { what: 'maintenance began', answer: page(503, ''), says: /in maintenance.* → Wait until/, ends: true },
  { what: 'a gateway answers', answer: page(502, ''), says: /A gateway before .* → Try again/, ends: true },
  {
    what: 'a login page answers',
    answer: page(302, '', { location: 'https://sso.contoso.com/' }),
    says: /sends callers on to sso\.contoso\.com .* → Check Server/,
    ends: true,
  },
  {
    what: 'one answer breaks off',
    answer: { ...json(200, {}), body: '{"result":[' },
    says: /answered 200 with JSON that breaks off\. → Run the check again/,
    ends: false,
  },
  {
    what: 'one call was dropped',
    answer: page(202, ''),
    says: /did not carry it out \(202\)\. → Run the check again/,
    ends: false,
  },
];

describe('explainFailure', () => {
  it.each(answered)('says that $what', ({ answer, says, ends }) => {
    const error = errorOf(answer);
    const { status, message, remedy } = explainFailure(error, HOST, lastOf(answer));
    expect(status).toBe('failed');
    expect(`${message} → ${remedy}`).toMatch(says);
    expect(endsEverything(error, lastOf(answer))).toBe(ends);
  });

  it('names the host that gave the page', () => {
    const answer = page(503, '');
    expect(explainFailure(errorOf(answer), HOST, lastOf(answer, 'login.contoso.com')).message).toContain(
      'login.contoso.com',
    );
  });

  it('does not take an older answer for the one that failed', () => {
    const error = errorOf(json(500, { error: { message: 'x' }, status: 'failure' }));
    const older = lastOf(page(503, ''));
    expect(explainFailure(error, HOST, older).message).toMatch(/answered 500: x\.$/);
    expect(endsEverything(error, older)).toBe(false);
    expect(endsEverything(error, undefined)).toBe(false);
  });

  const noAnswer = (code: string) =>
    new ServiceNowError(`ServiceNow at ${HOST} (connection "Help") gave no answer: ${code}`, {
      ...transient,
      cause: new Error(code),
    });

  it.each([
    { code: 'no answer in time', says: "can't be reached: it did not answer in time." },
    { code: 'ECONNREFUSED', says: "can't be reached: the connection was refused." },
    { code: 'connection lost', says: "can't be reached: the connection failed (connection lost)." },
  ])('says why there is no answer: $code', ({ code, says }) => {
    const error = noAnswer(code);
    expect(explainFailure(error, HOST, undefined).message).toBe(`ServiceNow at ${HOST} ${says}`);
    // So says the call that a token was asked for.
    const outer = new ServiceNowError(error.message, { ...transient, cause: error });
    expect(explainFailure(outer, HOST, undefined).message).toBe(`ServiceNow at ${HOST} ${says}`);
    expect(endsEverything(outer, undefined)).toBe(false);
  });

  it('says that an answer is of another shape than it should be', () => {
    const error = new ServiceNowError('Expected records of table incident, got an answer of another shape', transient);
    const { message, remedy } = explainFailure(error, HOST, lastOf(json(200, { result: 'x' })));
    expect(message).toBe('Expected records of table incident, got an answer of another shape.');
    expect(remedy).toContain('administrators of ServiceNow');
  });

  it.each([
    new HoldError('connection Help', 'All calls are in flight'),
    new UnavailableError('All calls are in flight'),
  ])('repeats what a foreseen failure says', (error) => {
    expect(explainFailure(error, HOST, undefined).message).toBe('This could not be checked: All calls are in flight.');
    expect(endsEverything(error, undefined)).toBe(false);
  });

  it('tells of anything else that can be thrown its kind alone, for its text may hold a secret', () => {
    const thrown = fc.oneof(
      fc.constantFrom(new TypeError(CANARY), new Error(CANARY, { cause: CANARY }), CANARY, { message: CANARY }),
      fc.anything(),
    );
    fc.assert(
      fc.property(thrown, (error) => {
        const found = explainFailure(error, HOST, undefined);
        expect(found).toMatchObject({
          status: 'failed',
          message: expect.stringMatching(/^This could not be checked: /),
        });
        expect(JSON.stringify(found)).not.toContain(CANARY);
        expect(endsEverything(error, undefined)).toBe(false);
      }),
    );
  });

  it('has a sentence and a remedy for every answer that is a failure', () => {
    fc.assert(
      fc.property(anyAnswer(CANARY), (answer) => {
        let error: unknown;
        try {
          readAnswer(answer, 'Help');
          return;
        } catch (thrown) {
          error = thrown;
        }
        const found = explainFailure(error, HOST, lastOf(answer));
        expect(found.status).toBe('failed');
        expect(found.message).toMatch(/\.$/);
        expect(found.remedy).toMatch(/^.{20,}/);
        expect(endsEverything(error, lastOf(answer))).toBeTypeOf('boolean');
      }),
    );
  });
});
