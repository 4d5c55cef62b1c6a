import { describe, expect, it } from 'vitest';
import { readConnectionSettings, type SettingName } from '../../../../shared/secrets/connection-settings.ts';

type Values = Readonly<Partial<Record<SettingName, string>>>;

const SERVER = 'https://acme.service-now.com/api/now/table';
const basic = { Server: SERVER, Login: 'api', Password: 'S3cr3t' };
const oauth = { ClientId: 'client', ClientSecret: 'S3cr3t2', OAuth2Url: 'https://acme.service-now.com/oauth_token.do' };

const read = (values: Values) => readConnectionSettings('Help', values, 'v7');
const faultsOf = (values: Values) => {
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
        version: 'v7',
      },
    });
  });

  it('reads the numbers and the directory', () => {
    const values = { ...basic, ResponseSizeLimit: '250', ConcurrencyLimit: '4', TicketCookieDirectoryPath: 'cookies' };
    expect(read(values)).toMatchObject({ value: { pageSize: 250, concurrencyLimit: 4, cookieDirectory: 'cookies' } });
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
    '',
  ])('refuses %j for the server', (Server) => {
    expect(faultsOf({ ...basic, Server })).toContainEqual(expect.stringMatching(/^Server: expected/));
  });

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

  it.each<[string, Values]>([
    ['no login is given', { Server: SERVER, ...oauth }],
    ['it is asked for', { ...basic, ...oauth, GrantType: 'client_credentials' }],
  ])('uses the client-credentials grant where %s', (_, values) => {
    expect(read(values)).toMatchObject({
      value: { credentials: { kind: 'oauth', grant: { type: 'client_credentials' } } },
    });
  });

  it.each<[string, Values, RegExp]>([
    ['nothing', {}, /^Server: /],
    ['no login', { Server: SERVER, Password: 'S3cr3t' }, /^Login: expected a user name, got nothing$/],
    ['no password', { Server: SERVER, Login: 'api' }, /^Password: expected a value, got nothing$/],
    ['an empty password', { ...basic, Password: '' }, /^Password: /],
    ['a login without password beside OAuth', { Server: SERVER, Login: 'api', ...oauth }, /^Password: /],
    ['the password grant without login', { Server: SERVER, ...oauth, GrantType: 'password' }, /^Login: /],
    ['client credentials without a client', { ...basic, GrantType: 'client_credentials' }, /^GrantType: /],
    ['an unknown grant', { ...basic, ...oauth, GrantType: 'S3cr3t' }, /^GrantType: /],
    ['one of the three', { ...basic, ClientId: 'client' }, /^ClientId, ClientSecret, OAuth2Url: /],
    [
      'two of the three',
      { ...basic, ClientId: 'client', ClientSecret: 'S3cr3t2' },
      /^ClientId, ClientSecret, OAuth2Url: /,
    ],
    ['tokens over plain http', { ...basic, ...oauth, OAuth2Url: 'http://acme.com/oauth_token.do' }, /^OAuth2Url: /],
    ['a page of no rows', { ...basic, ResponseSizeLimit: '0' }, /^ResponseSizeLimit: /],
    ['a page too large', { ...basic, ResponseSizeLimit: '10001' }, /^ResponseSizeLimit: /],
    ['half a row', { ...basic, ResponseSizeLimit: '1.5' }, /^ResponseSizeLimit: /],
    ['a number that is none', { ...basic, ConcurrencyLimit: 'S3cr3t' }, /^ConcurrencyLimit: expected a whole number/],
    ['no calls at all', { ...basic, ConcurrencyLimit: '0' }, /^ConcurrencyLimit: /],
    ['a ticket brake of nothing', { ...basic, MaxNewTicketsPerDay: '0' }, /^MaxNewTicketsPerDay: /],
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
    for (const name of ['Server', 'Login', 'ClientId, ClientSecret, OAuth2Url', 'ResponseSizeLimit', 'GrantType']) {
      expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${name}: `)));
    }
    expect(faults.join('\n')).not.toContain('S3cr3t');
  });

  it('names each fault once', () => {
    expect(faultsOf({})).toHaveLength(3);
    expect(faultsOf({ ...basic, Login: '' })).toHaveLength(1);
  });
});
