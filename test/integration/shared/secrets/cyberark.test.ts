import { describe, expect, it } from 'vitest';
import { cyberArkSource } from '../../../../shared/secrets/cyberark.ts';
import type { SourceReading } from '../../../../shared/secrets/setting-source.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { CANARY, sourceOf, startCyberArkForTests } from './start-cyberark.ts';
import { thrownBy } from './thrown-by.ts';

const valuesOf = (reading: SourceReading | undefined) =>
  Object.fromEntries([...(reading?.settings ?? [])].map(([setting, { value }]) => [setting, value]));
const faultsOf = (reading: SourceReading | undefined) => reading?.faults.map(({ message }) => message) ?? [];

const EVERY_SETTING = { Server: 'Desk', Login: 'Desk', Password: 'Desk', ClientId: 'Desk', ClientSecret: 'Desk' };

describe('accounts of CyberArk', () => {
  it('give login and client id from UserName, password and secret from Content, the server from Address', async () => {
    await using cyberArk = await startCyberArkForTests();
    const reading = await cyberArk.source(EVERY_SETTING).read('Tickets');
    expect(valuesOf(reading)).toEqual({
      Server: 'https://desk.contoso.com',
      Login: 'svc-desk',
      Password: CANARY,
      ClientId: 'svc-desk',
      ClientSecret: CANARY,
    });
    expect(reading).toMatchObject({ faults: [], warnings: [] });
  });

  it('are asked for once a reading each, however many settings they give, and again at the next reading', async () => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.set('Client', { userName: 'id', content: 'client-secret' });
    const source = cyberArk.source({ ...EVERY_SETTING, ClientId: 'Client', ClientSecret: 'Client' });
    expect(valuesOf(await source.read('Tickets'))).toMatchObject({ ClientId: 'id', ClientSecret: 'client-secret' });
    expect(cyberArk.requests.map(({ parameters }) => parameters.Object).toSorted()).toEqual(['Client', 'Desk']);
    await source.read('Tickets');
    expect(cyberArk.requests).toHaveLength(4);
  });

  it('are asked for by application, safe and name, with the client certificate, and by nothing else', async () => {
    await using cyberArk = await startCyberArkForTests();
    await cyberArk.source({ Password: 'Desk' }).read('Tickets');
    expect(cyberArk.requests).toEqual([
      {
        path: '/AIMWebService/api/Accounts',
        parameters: { AppID: 'connector', Safe: 'Tickets', Object: 'Desk' },
        client: 'connector',
        status: 200,
      },
    ]);
  });

  it('may have spaces and letters of any language in their names', async () => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.set('Bürö desk/1=?', { content: 'x' });
    expect(valuesOf(await cyberArk.source({ Password: 'Bürö desk/1=?' }).read('Tickets'))).toEqual({ Password: 'x' });
  });

  it('keep no versions', async () => {
    await using cyberArk = await startCyberArkForTests();
    const reading = await cyberArk.source(EVERY_SETTING).read('Tickets');
    for (const { version } of reading?.settings.values() ?? []) expect(version).toBeUndefined();
  });

  it('are not asked for settings that CyberArk has no property for, which is a fault', async () => {
    await using cyberArk = await startCyberArkForTests();
    const source = cyberArk.source({ OAuth2Url: 'Desk', 'Filter:0': 'Desk', constructor: 'Desk' });
    const reading = await source.read('Tickets');
    expect(cyberArk.requests).toEqual([]);
    expect(reading?.faults.map(({ setting }) => setting)).toEqual(['OAuth2Url', 'Filter:0', 'constructor']);
    expect(faultsOf(reading)[0]).toBe(
      'OAuth2Url: CyberArk gives Login, ClientId, Password, ClientSecret, Server only; move this setting to another source',
    );
  });

  it('pass on what is wrong with the file that names them', async () => {
    await using cyberArk = await startCyberArkForTests();
    const fault = { setting: 'Login', message: 'Login: expected once' };
    const source = cyberArkSource({
      loadConfiguration: async () => cyberArk.configuration,
      loadAccounts: async (identifier) => ({ accounts: new Map(), faults: [fault], warnings: [`read ${identifier}`] }),
    });
    expect(await source.read('Tickets')).toEqual({
      settings: new Map(),
      faults: [fault],
      warnings: ['read Tickets'],
      expiring: [],
    });
    expect(cyberArk.requests).toEqual([]);
  });

  it('are not asked for, nor read from the file, where CyberArk is not used', async () => {
    const source = cyberArkSource({
      loadConfiguration: async () => undefined,
      loadAccounts: () => Promise.reject(new Error('Expected no reading of the file')),
    });
    expect(await source.read('Tickets')).toBeUndefined();
    expect(await source.name()).toBe('CyberArk');
  });
});

describe('a fault', () => {
  const read = async (
    prepare: (cyberArk: Awaited<ReturnType<typeof startCyberArkForTests>>) => void,
    accounts: Readonly<Record<string, string>> = { Login: 'Desk', Password: 'Desk' },
    more = {},
  ) => {
    await using cyberArk = await startCyberArkForTests();
    prepare(cyberArk);
    const reading = await cyberArk.source(accounts, more).read('Tickets');
    expect(everythingIn(reading?.faults)).not.toContain(CANARY);
    return reading;
  };

  it('is one for each setting of an account that is not found, and leaves the other settings alone', async () => {
    const reading = await read(() => {}, { Login: 'Desk', Password: 'Nobody', ClientSecret: 'Nobody' });
    expect(valuesOf(reading)).toEqual({ Login: 'svc-desk' });
    expect(reading?.faults.map(({ setting }) => setting)).toEqual(['Password', 'ClientSecret']);
    expect(faultsOf(reading)[0]).toMatch(
      /^Password: account "Nobody" of safe "Tickets": CyberArk refused it \(404 APPAP004E: Password object matching query .*\); check the name of the account and CyberArk:SafeName/,
    );
  });

  it('shows at most 200 characters of the words of CyberArk', async () => {
    const reading = await read((cyberArk) =>
      cyberArk.respondWith(400, {
        body: JSON.stringify({ ErrorCode: 'APPAP229E', ErrorMsg: `x\r\n${'y'.repeat(9999)}` }),
      }),
    );
    expect(faultsOf(reading)[0]).toMatch(/\(400 APPAP229E: x y{197}…\)/);
  });

  it.each([
    ['a safe that is not there', { safeName: 'Elsewhere' }, /404 APPAP004E.*CyberArk:SafeName/],
    [
      'an application that is not defined',
      { applicationId: 'stranger' },
      /403 APPAP008E.*check CyberArk:ApplicationId/,
    ],
    ['an application without a name', { applicationId: '' }, /400 AIMWS031E.*check CyberArk:ApplicationId/],
    ['characters that are not taken', { safeName: 'a&b' }, /400 CASVL010E.*look for characters/],
    ['an empty safe name', { safeName: '' }, /400 AIMWS030E/],
  ])('says what to do about %s', async (_what, more, message) => {
    const reading = await read(() => {}, undefined, more);
    expect(faultsOf(reading)).toEqual([expect.stringMatching(message), expect.stringMatching(message)]);
  });

  it('says what to do about several accounts of one name', async () => {
    await using cyberArk = await startCyberArkForTests();
    const { startCyberArk } = await import('../../../../infra/local/cyberark.ts');
    const { runCertificate } = await import('../../../lease-account.ts');
    const accounts = [
      { name: 'Desk', content: CANARY, folder: 'Root' },
      { name: 'Desk', content: CANARY, folder: 'Old' },
    ];
    const certificate = runCertificate();
    const two = await startCyberArk({ certificate, appId: 'connector', safe: 'Tickets', accounts });
    const reading = await cyberArk.source({ Password: 'Desk' }, { server: two.url }).read('Tickets');
    await two.close();
    expect(faultsOf(reading)).toEqual([expect.stringMatching(/400 APPAP229E.*several accounts of that name/)]);
  });

  it('is a property that the account does not have', async () => {
    const reading = await read((cyberArk) => cyberArk.set('Bare', { content: 'x' }), { Login: 'Bare', Server: 'Bare' });
    expect(faultsOf(reading)).toEqual([
      'Login: account "Bare" has no UserName in CyberArk; fill it in there, or use another source',
      'Server: account "Bare" has no Address in CyberArk; fill it in there, or use another source',
    ]);
  });

  it.each([302, 401, 403, 404])('is a page of the web server with status %i, with what to look at', async (status) => {
    const reading = await read((cyberArk) => cyberArk.respondWith(status, { headers: { Location: '/elsewhere' } }));
    expect(reading?.settings.size).toBe(0);
    expect(faultsOf(reading)[0]).toMatch(new RegExp(`refused it \\(${status}\\); .*(Server|web server)`));
  });

  it.each([
    '',
    CANARY,
    '<html>',
    '[]',
    'null',
    '{}',
    `{"UserName":"${CANARY}"}`,
    `{"Content":null,"UserName":"${CANARY}"}`,
    '{"Content":4711}',
    '{"Content":["canary-4711-secret"]}',
    `{"Content":{"toString":"${CANARY}"}}`,
    '{"Content":""}',
    `{"Content":"${CANARY}","UserName":7}`,
    `{"Content":"${CANARY}"`,
    `{"ErrorCode":"APPAP007E","ErrorMsg":"${CANARY}"}`,
  ])('is the answer %j with status 200, which gives nothing', async (body) => {
    const reading = await read((cyberArk) => cyberArk.respondWith(200, { body }));
    expect(reading?.settings.size).toBe(0);
    expect(reading?.faults.map(({ setting }) => setting)).toEqual(['Login', 'Password']);
    expect(faultsOf(reading).join()).not.toMatch(/characters|4711/);
  });
});

describe('a CyberArk that is away for a while', () => {
  it.each(['true', 'True', 'TRUE', ' yes ', true, 1])(
    'has a password whose change is in process (%j), and is asked again later',
    async (PasswordChangeInProcess) => {
      await using cyberArk = await startCyberArkForTests();
      cyberArk.respondWith(200, { body: JSON.stringify({ Content: CANARY, PasswordChangeInProcess }) });
      const source = cyberArk.source({ Password: 'Desk' });
      const error = await thrownBy(source.read('Tickets'));
      expect(error).toMatchObject({ name: 'UnavailableError', failure: { class: 'transient' } });
      expect(error.message).toBe('account "Desk" of safe "Tickets": its password is being changed; it is tried again');
      expect(everythingIn(error)).not.toContain(CANARY);
      cyberArk.respondWith(undefined);
      expect(valuesOf(await source.read('Tickets'))).toEqual({ Password: CANARY });
    },
  );

  it('has the new password when the change is over', async () => {
    await using cyberArk = await startCyberArkForTests();
    const source = cyberArk.source({ Password: 'Desk' });
    cyberArk.changing('Desk', true);
    expect((await thrownBy(source.read('Tickets'))).name).toBe('UnavailableError');
    cyberArk.set('Desk', { content: 'new', isChanging: false });
    expect(valuesOf(await source.read('Tickets'))).toEqual({ Password: 'new' });
  });

  it.each([
    [400, 'APPAP007E'],
    [500, 'APPAP282E'],
    [400, 'APPAP286E'],
    [400, 'APPAP289E'],
    [403, 'APPAP291E'],
    [404, 'APPAP292E'],
    [500, 'APPAP001E'],
    [400, 'appap007e'],
  ])('says so with status %i and code %s', async (status, ErrorCode) => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.respondWith(status, { body: JSON.stringify({ ErrorCode, ErrorMsg: 'words' }) });
    const error = await thrownBy(cyberArk.source({ Login: 'Desk' }).read('Tickets'));
    expect(error.name).toBe('UnavailableError');
    expect(error.message).toContain(`(${status} ${ErrorCode.toUpperCase()}: words)`);
  });

  it.each([408, 429, 500, 502, 503, 504])('answers a page with status %i', async (status) => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.respondWith(status, { body: '<html>' });
    const error = await thrownBy(cyberArk.source({ Login: 'Desk' }).read('Tickets'));
    expect(error).toMatchObject({ name: 'UnavailableError', failure: { class: 'transient' } });
    expect(error).not.toHaveProperty('failure.retryAfterInSeconds');
    expect(cyberArk.requests).toHaveLength(1);
  });

  it.each([
    [{ 'Retry-After': '7' }, 7],
    [{ 'Retry-After': 'Thu, 01 Jan 2026 00:01:30 GMT', Date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, 90],
    [{ 'Retry-After': 'Thu, 01 Jan 2026 00:00:00 GMT', Date: 'Thu, 01 Jan 2026 00:01:30 GMT' }, undefined],
    [{ 'Retry-After': 'soon' }, undefined],
    [{ 'Retry-After': '-1' }, undefined],
  ])('says when to come again with %j: %s s', async (headers, seconds) => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.respondWith(503, { headers });
    const error = await thrownBy(cyberArk.source({ Login: 'Desk' }).read('Tickets'));
    expect('failure' in error && error.failure).toEqual({
      class: 'transient',
      ...(seconds !== undefined && { retryAfterInSeconds: seconds }),
    });
  });

  it('is not listening', async () => {
    const cyberArk = await startCyberArkForTests();
    await cyberArk.close();
    const error = await thrownBy(cyberArk.source({ Login: 'Desk' }).read('Tickets'));
    expect(error.name).toBe('UnavailableError');
    expect(error.message).toMatch(/^CyberArk at 127\.0\.0\.1:\d+ gave no answer \(ECONNREFUSED\); it is tried again$/);
  });

  it('sends more than anybody needs', async () => {
    await using cyberArk = await startCyberArkForTests();
    cyberArk.respondWith(200, { body: JSON.stringify({ Content: CANARY.repeat(100_000) }) });
    const error = await thrownBy(cyberArk.source({ Password: 'Desk' }).read('Tickets'));
    expect(error.name).toBe('UnavailableError');
    expect(everythingIn(error)).not.toContain(CANARY);
  });
});

describe('the server of CyberArk', () => {
  it.each(['', '/', '/AIMWebService', '/AIMWebService/', '/aimwebservice'])('may end in "%s"', async (end) => {
    await using cyberArk = await startCyberArkForTests();
    const source = cyberArk.source({ Login: 'Desk' }, { server: cyberArk.url + end });
    expect(valuesOf(await source.read('Tickets'))).toEqual({ Login: 'svc-desk' });
    expect(await source.name()).toBe(`CyberArk ${cyberArk.url}`);
  });

  it.each([
    '',
    'cyberark.contoso.com',
    'http://cyberark.contoso.com',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    `https://somebody:${CANARY}@cyberark.contoso.com`,
    `https://cyberark.contoso.com/?password=${CANARY}`,
    `https://cyberark.contoso.com/#${CANARY}`,
  ])('"%s" is refused, and shown nowhere', async (server) => {
    const source = sourceOf({ server, safeName: 'Tickets', applicationId: 'connector' }, { Login: 'Desk' });
    const error = await thrownBy(source.read('Tickets'));
    expect(error).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
    expect(error.message).toContain('CyberArk:Server of appsettings.json: expected a URL such as https://');
    expect(everythingIn(error)).not.toContain(CANARY);
    expect(await source.name()).toBe('CyberArk');
  });
});
