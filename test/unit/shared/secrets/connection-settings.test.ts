import { describe, expect, it } from 'vitest';
import { readConnectionSettings, type SettingValues } from '../../../../shared/secrets/connection-settings.ts';

const SERVER = 'https://acme.service-now.com/api/now/table';
const basic = { Server: SERVER, Login: 'api', Password: 'S3cr3t' };
const oauth = { ClientId: 'client', ClientSecret: 'S3cr3t2', OAuth2Url: 'https://acme.service-now.com/oauth_token.do' };

const read = (values: SettingValues) => readConnectionSettings('Help', values, { version: 'v7', loginVersion: 'l3' });
const faultsOf = (values: SettingValues) => {
  const settings = read(values);
  return settings.ok ? [] : settings.faults;
};

describe('readConnectionSettings', () => {
  it('needs server, login and password; the rest has defaults', () => {
    expect(read(basic)).toEqual({
      ok: true,
      value: {
        identifier: 'Help',
        server: SERVER,
        root: 'https://acme.service-now.com',
        credentials: { kind: 'basic', login: 'api', password: 'S3cr3t' },
        cookieDirectory: '',
        pageSize: 1000,
        concurrencyLimit: 2,
        maxNewTicketsPerDay: 2_000,
        filters: [],
        version: 'v7',
        loginVersion: 'l3',
      },
    });
  });

  it('reads the numbers, the directory and the filters', () => {
    const values = {
      ...basic,
      ResponseSizeLimit: '250',
      ConcurrencyLimit: '4',
      TicketCookieDirectoryPath: 'cookies',
      Filter: ['sys_user#active=true', 'cmn_location#country=FR'],
    };
    expect(read(values)).toMatchObject({
      value: {
        pageSize: 250,
        concurrencyLimit: 4,
        cookieDirectory: 'cookies',
        filters: ['sys_user#active=true', 'cmn_location#country=FR'],
      },
    });
  });

  it.each([
    ['ResponseSizeLimit', 1, 10_000],
    ['ConcurrencyLimit', 1, 64],
    ['MaxNewTicketsPerDay', 1, 1_000_000],
  ] as const)('takes %s from %i to %i and nothing else, each with a fault that names it', (name, least, most) => {
    for (const value of [least, most]) expect(faultsOf({ ...basic, [name]: String(value) })).toEqual([]);
    for (const value of [least - 1, most + 1, -5, 1.5, 'S3cr3t', '', ' ', '1,000', '5 000', 'Infinity', 'NaN'])
      expect(faultsOf({ ...basic, [name]: String(value) })).toEqual([
        expect.stringMatching(new RegExp(`^${name}: (?!.*(S3cr3t|Infinity))`)),
      ]);
  });

  it.each([
    ['https://acme.service-now.com/api/now/table/', SERVER, 'https://acme.service-now.com'],
    ['https://acme.service-now.com/api/now/v1/table', SERVER, 'https://acme.service-now.com'],
    [
      'https://acme.service-now.com/api/now/v2/table',
      'https://acme.service-now.com/api/now/v2/table',
      'https://acme.service-now.com',
    ],
    ['https://proxy.acme/snow/api/now/table', 'https://proxy.acme/snow/api/now/table', 'https://proxy.acme/snow'],
    ['http://localhost:8080/api/now/table', 'http://localhost:8080/api/now/table', 'http://localhost:8080'],
    ['http://127.0.0.1:8080/api/now/table', 'http://127.0.0.1:8080/api/now/table', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080/api/now/table', 'http://[::1]:8080/api/now/table', 'http://[::1]:8080'],
  ])('takes %s for the server', (Server, server, root) => {
    expect(read({ ...basic, Server })).toMatchObject({ value: { server, root } });
  });

  it.each([
    'http://acme.service-now.com/api/now/table',
    'http://localhost.acme.com/api/now/table',
    'http://127.0.0.1.nip.io/api/now/table',
    'ftp://acme.service-now.com/api/now/table',
    'acme.service-now.com/api/now/table',
    'https://acme.service-now.com',
    'http://user@localhost/api/now/table',
    'https://S3cr3t:S3cr3t@acme.service-now.com/api/now/table',
    '',
  ])('refuses %j for the server', (Server) => {
    const faults = faultsOf({ ...basic, Server });
    expect(faults).toContainEqual(expect.stringMatching(/^Server: expected/));
    expect(faults.join()).not.toContain('S3cr3t');
  });

  it.each(['http://localhost:8080/oauth_token.do', 'https://acme.service-now.com/oauth_token.do'])(
    'takes %s for the address of tokens',
    (OAuth2Url) => {
      expect(read({ ...basic, ...oauth, OAuth2Url })).toMatchObject({
        value: { credentials: { tokenUrl: OAuth2Url } },
      });
    },
  );

  it.each(['http://acme.com/oauth_token.do', 'https://S3cr3t:S3cr3t@acme.com/oauth_token.do', 'acme.com', ''])(
    'refuses %j for the address of tokens',
    (OAuth2Url) => {
      const faults = faultsOf({ ...basic, ...oauth, OAuth2Url });
      expect(faults).toEqual([expect.stringMatching(/^OAuth2Url: expected a URL/)]);
      expect(faults.join()).not.toContain('S3cr3t');
    },
  );

  it('uses OAuth’s password grant where login and the three are given', () => {
    expect(read({ ...basic, ...oauth, OAuth2Scope: 'useraccount' })).toMatchObject({
      value: {
        credentials: {
          kind: 'oauth',
          grant: { type: 'password', login: 'api', password: 'S3cr3t' },
          clientId: 'client',
          clientSecret: 'S3cr3t2',
          tokenUrl: 'https://acme.service-now.com/oauth_token.do',
          scope: 'useraccount',
        },
      },
    });
  });

  it.each<[string, SettingValues]>([
    ['no login is given', { Server: SERVER, ...oauth }],
    ['a password alone is given', { Server: SERVER, Password: 'S3cr3t', ...oauth }],
    ['it is asked for', { Server: SERVER, ...oauth, GrantType: 'client_credentials' }],
    ['it is asked for beside a login', { ...basic, ...oauth, GrantType: 'client_credentials' }],
  ])('uses the client-credentials grant where %s, without a user in it', (_, values) => {
    expect(read(values)).toMatchObject({
      value: {
        credentials: {
          kind: 'oauth',
          grant: { type: 'client_credentials' },
          clientId: 'client',
          clientSecret: 'S3cr3t2',
          scope: undefined,
        },
      },
    });
    expect(JSON.stringify(read(values))).not.toContain('"S3cr3t"');
  });

  it('uses Basic where the three are not given, scope and password grant or not', () => {
    const credentials = { kind: 'basic', login: 'api', password: 'S3cr3t' };
    expect(read({ ...basic, OAuth2Scope: 'useraccount', GrantType: 'password' })).toMatchObject({
      value: { credentials },
    });
  });

  const triple = ['ClientId', 'ClientSecret', 'OAuth2Url'] as const;
  it.each(triple.flatMap((name) => [[[name]], [triple.filter((other) => other !== name)]]))(
    'refuses %j alone of the three of OAuth, and names each one that is missing',
    (given) => {
      const values = { ...basic, ...Object.fromEntries(given.map((name) => [name, oauth[name]])) };
      expect(faultsOf(values)).toEqual(
        triple
          .filter((name) => !given.includes(name))
          .map(
            (name) =>
              `${name}: expected a value, got nothing: OAuth needs ClientId, ClientSecret and OAuth2Url, Basic none`,
          ),
      );
    },
  );

  it('wants no login for client credentials, though one of the three is missing too', () => {
    const { ClientSecret: _, ...two } = oauth;
    expect(faultsOf({ Server: SERVER, ...two, GrantType: 'client_credentials' })).toEqual([
      expect.stringMatching(/^ClientSecret: /),
    ]);
    expect(faultsOf({ Server: SERVER, GrantType: 'client_credentials' })).toEqual([
      'GrantType: client_credentials needs ClientId, ClientSecret and OAuth2Url',
    ]);
  });

  it.each<[string, SettingValues, RegExp]>([
    ['nothing', {}, /^Server: /],
    ['no login', { Server: SERVER, Password: 'S3cr3t' }, /^Login: expected a user name, got nothing$/],
    ['no password', { Server: SERVER, Login: 'api' }, /^Password: expected a value, got nothing$/],
    ['an empty password', { ...basic, Password: '' }, /^Password: /],
    ['a login without password beside OAuth', { Server: SERVER, Login: 'api', ...oauth }, /^Password: /],
    ['the password grant without login', { Server: SERVER, ...oauth, GrantType: 'password' }, /^Login: /],
    ['client credentials without a client', { ...basic, GrantType: 'client_credentials' }, /^GrantType: /],
    ['an unknown grant', { ...basic, ...oauth, GrantType: 'S3cr3t' }, /^GrantType: /],
    ['a number that is none', { ...basic, ConcurrencyLimit: 'S3cr3t' }, /^ConcurrencyLimit: expected a whole number/],
    ['one filter that is no list', { ...basic, Filter: 'sys_user#active=true' }, /^Filter: /],
    ['several logins', { ...basic, Login: ['S3cr3t', 'S3cr3t'] }, /^Login: /],
  ])('refuses %s', (_, values, fault) => {
    expect(faultsOf(values)).toContainEqual(expect.stringMatching(fault));
  });

  it('lists the faults of all settings at once, and no value ever', () => {
    const faults = faultsOf({
      Server: 'http://S3cr3t.acme.com/api/now/table',
      Password: 'S3cr3t',
      ClientSecret: 'S3cr3t',
      ResponseSizeLimit: 'S3cr3t',
      GrantType: 'S3cr3t',
    });
    for (const name of ['Server', 'Login', 'ClientId', 'OAuth2Url', 'ResponseSizeLimit', 'GrantType']) {
      expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${name}: `)));
    }
    expect(faults.join('\n')).not.toContain('S3cr3t');
  });

  it('names each fault once', () => {
    expect(faultsOf({})).toHaveLength(3);
    expect(faultsOf({ ...basic, Login: '' })).toHaveLength(1);
  });
});
