import { describe, expect, it } from 'vitest';
import { checkLogin } from '../../../../../shared/doctor/servicenow/check-login.ts';
import { HoldError, UnavailableError } from '../../../../../shared/errors.ts';
import type { Logins } from '../../../../../shared/limits/logins.ts';
import type { ConnectionSettings } from '../../../../../shared/secrets/connection-settings.ts';
import type { HttpRequest } from '../../../../../shared/servicenow/http.ts';
import type { HttpAnswer } from '../../../../../shared/servicenow/read-answer.ts';
import { manualClock } from '../../manual-clock.ts';
import { recordingLog } from '../../recording-log.ts';
import { json, page } from './answers.ts';
import { fakeLogins, stopOf } from './fake-logins.ts';
import { basicSettings, CANARY, oauthSettings } from './settings-of.ts';

const storage = (answer: string, what = 'write table limits') =>
  new UnavailableError(`Storage could not ${what} (${answer}); it is tried again`, { cause: new Error(answer) });
const forbidden = storage('403 AuthorizationPermissionMismatch');
const throwing = (error: Error) => async () => {
  throw error;
};

const users = { ...json(200, { result: [{ sys_id: 'u1' }] }, { date: 'Mon, 23 Nov 2026 10:00:00 GMT' }) };
const refusal = json(401, { error: { message: 'User Not Authenticated' }, status: 'failure' });

describe('checkLogin', () => {
  it.each([
    {
      settings: basicSettings(),
      says: /^ok: ServiceNow accepted the login of user identity\.manager, by Basic/,
      calls: 1,
    },
    {
      settings: basicSettings({ concurrencyLimit: 8 }),
      says: /^warning: .*accepted.* → ConcurrencyLimit is cut to 3 with Basic/,
      calls: 1,
    },
    { settings: oauthSettings('password'), says: /^ok: .*user identity\.manager, by OAuth \(password\)/, calls: 2 },
    {
      settings: oauthSettings('client_credentials'),
      says: /^ok: .*OAuth client client-1, by OAuth \(client_credentials\)/,
      calls: 2,
    },
  ])('says that a login is accepted: $says', async ({ settings, says, calls }) => {
    const { said, requests, instance } = await check({ settings });
    expect(said).toMatch(says);
    expect(requests).toHaveLength(calls);
    expect(instance?.settings).toBe(settings);
  });

  it('says that a stop is over', async () => {
    let accepted = 0;
    const turn = {
      kind: 'turn',
      stop: stopOf(2),
      accepted: async () => {
        accepted += 1;
        return true;
      },
      end: async () => {},
    } as const;
    const { said } = await check({ logins: { takeTurn: async () => turn } });
    expect(said).toMatch(/^ok: .*It had been stopped since 2026-11-22T08:00:00\.000Z; that is over\./);
    expect(accepted).toBe(1);
  });

  it('sends a wrong password once, and says that it is counted', async () => {
    const { said, requests, refused } = await check({ answer: () => refusal });
    expect(requests).toHaveLength(1);
    expect(refused).toEqual(['v1']);
    expect(said).toMatch(
      /^failed: ServiceNow refused the login of user identity\.manager \(401\)\. .* It is refusal 1 in a row; nobody uses the login until its settings change\. → .* If the account was put right and not the settings: `npm run connections -- release Help`/,
    );
  });

  it('sends a wrong client once too', async () => {
    const { said, requests } = await check({
      settings: oauthSettings('client_credentials'),
      answer: () => json(401, { error: 'invalid_client' }),
    });
    expect(requests.map(({ url }) => url)).toEqual(['https://contoso.service-now.com/oauth_token.do']);
    expect(said).toMatch(
      /^failed: ServiceNow refused the login of OAuth client client-1 \(401\)\. ClientId is unknown/,
    );
  });

  it('asks for an operator after the refusal that leaves only one', async () => {
    const { said } = await check({ answer: () => refusal, failures: 3 });
    expect(said).toMatch(
      /It is refusal 4 in a row; nobody uses the login until an operator releases it\. → .* Then allow one more try: `npm run connections -- release Help`\.$/,
    );
  });

  it.each([
    {
      settings: basicSettings(),
      answer: page(401, '<title>Proxy sign-in</title>'),
      says: /^failed: contoso\.service-now\.com answered 401 with a page with the title "Proxy sign-in".* It is refusal 1 in a row.* → Check Server .* release Help/,
    },
    {
      settings: oauthSettings('password', 'https://login.contoso.com/token'),
      answer: page(401, '<title>Gateway</title>'),
      says: /^failed: login\.contoso\.com answered 401 with a page with the title "Gateway".* It is refusal 1 in a row/,
    },
  ])('tells a page of somebody in between from a refusal, which counts all the same: $says', async (one) => {
    const { said } = await check({ settings: one.settings, answer: () => one.answer });
    expect(said).toMatch(one.says);
  });

  it.each([
    {
      what: 'these settings were refused before',
      turn: { kind: 'refused', stop: stopOf(1) } as const,
      says: /^failed: The login .* has been stopped since 2026-11-22T08:00:00\.000Z: ServiceNow refused it once, and its settings are still the same\. Nothing was tried\. → Change Login.* If the account was put right and not/,
    },
    {
      what: 'only an operator may allow another try',
      turn: { kind: 'exhausted', stop: stopOf(4) } as const,
      says: /^failed: .* refused it 4 times, and one more refusal locks the account\. Nothing was tried\. → Put user and password right.* Then allow one more try: `npm run connections -- release Help`\.$/,
    },
    {
      what: 'another instance is looking',
      turn: { kind: 'busy' } as const,
      says: /^failed: Nothing was tried: .*another instance is looking.* → Run the check again in a minute/,
    },
  ])('sends nothing where $what', async ({ turn, says }) => {
    const { said, requests } = await check({ logins: { takeTurn: async () => turn } });
    expect(said).toMatch(says);
    expect(requests).toEqual([]);
  });

  it('sends nothing for somebody who may only read table limits, and says that it proves nothing', async () => {
    const { said, requests } = await check({ logins: { acquire: throwing(forbidden) } });
    expect(requests).toEqual([]);
    expect(said).toMatch(
      /^notProven: Whether ServiceNow accepts the login of user identity\.manager was not tried: .* table limits.* \(403 AuthorizationPermissionMismatch\)\. → Give who runs this the role Storage Table Data Contributor on table limits/,
    );
  });

  it('tells somebody who may only read table limits that the login is stopped', async () => {
    const logins = { takeTurn: throwing(forbidden), stopped: async () => stopOf(3) };
    const { said, requests } = await check({ logins });
    expect(requests).toEqual([]);
    expect(said).toMatch(
      /^failed: .* has been stopped since .*: ServiceNow refused it 3 times\. Nothing was tried now: /,
    );
  });

  it('says the same to somebody who may not even read it', async () => {
    const logins = { takeTurn: throwing(forbidden), stopped: throwing(storage('403 X', 'read table limits')) };
    expect((await check({ logins })).said).toMatch(
      /^notProven: Whether ServiceNow accepts the login .* was not tried: /,
    );
  });

  it('says that no call came free', async () => {
    const { said, requests } = await check({ logins: { acquire: async () => undefined } });
    expect(said).toMatch(/^failed: The login could not be tried: All calls .* are in flight.* → Run the check again/);
    expect(requests).toEqual([]);
  });

  it.each([
    { what: 'table limits is away', logins: { takeTurn: throwing(storage('no answer ECONNREFUSED')) } },
    { what: 'table limits is missing', logins: { acquire: throwing(storage('404 TableNotFound')) } },
  ])('leaves it to others to explain that $what', async ({ logins }) => {
    await expect(check({ logins })).rejects.toBeInstanceOf(UnavailableError);
  });

  it('leaves it to others to explain an answer that is neither', async () => {
    await expect(check({ answer: () => page(503, '') })).rejects.toMatchObject({ status: 503 });
  });
});

async function check({
  settings = basicSettings(),
  answer = ({ method }: HttpRequest) =>
    method === 'POST' ? json(200, { access_token: 'eyJ', expires_in: 1800 }) : users,
  logins = {},
  failures = 0,
}: {
  readonly settings?: ConnectionSettings;
  readonly answer?: (request: HttpRequest) => HttpAnswer;
  readonly logins?: Partial<Logins>;
  /** How often it has been refused before. */
  readonly failures?: number;
}) {
  const requests: HttpRequest[] = [];
  const refused: string[] = [];
  const stop = () => (refused.length > 0 ? stopOf(failures + refused.length) : undefined);
  const all = fakeLogins({
    stopped: async () => stop(),
    refused: async (_, version) => {
      refused.push(version);
      return stopOf(failures + refused.length);
    },
    ...logins,
  });
  const unknown = new HoldError('connection Other', 'unknown');
  const { finding, instance } = await checkLogin(settings, [], {
    connections: { read: async () => settings, inspect: throwing(unknown) },
    serviceNow: { open: throwing(unknown) },
    logins: all,
    clock: manualClock(),
    log: recordingLog(),
    random: () => 0.5,
    permitWaitInMs: 1_000,
    permitLingerInMs: 1_000,
    http: async (request) => {
      requests.push(request);
      return answer(request);
    },
  });
  const said = `${finding.status}: ${finding.message} → ${finding.remedy}`;
  expect(said).not.toContain(CANARY);
  return { said, requests, refused, instance };
}
