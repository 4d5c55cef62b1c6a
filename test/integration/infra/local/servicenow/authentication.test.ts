import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { basic, makeClient } from './client.ts';

let instance: ServiceNow;
let now: Date;

beforeEach(async () => {
  now = new Date('2026-11-23T10:00:00Z');
  instance = await startServiceNow({ now: () => now, accessTokenLifetimeInSeconds: 60 });
});
afterEach(() => instance.close());

const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const status = async (authorization?: string) =>
  (await fetch(`${instance.server}/incident`, { headers: authorization === undefined ? {} : { authorization } }))
    .status;
const logIn = (password: string) => status(basic(instance.login, password));
const token = (form: Record<string, string>) =>
  fetch(instance.oauth2Url, {
    method: 'POST',
    body: new URLSearchParams({ client_id: instance.clientId, client_secret: instance.clientSecret, ...form }),
  });
const passwordGrant = (more: Record<string, string> = {}) =>
  token({ grant_type: 'password', username: instance.login, password: instance.password, ...more });
const tokenSchema = z.strictObject({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  scope: z.literal('useraccount'),
  token_type: z.literal('Bearer'),
  expires_in: z.number(),
});
const read = async (response: Promise<Response>) => tokenSchema.parse(await (await response).json());

describe('Basic', () => {
  it('lets in who knows the password', async () => {
    expect(await logIn(instance.password)).toBe(200);
  });

  it.each(['', 'Basic', 'Basic !', 'Basic bm9jb2xvbg==', 'Bearer unknown', 'Digest x'])(
    'refuses %j with 401 and how to authenticate',
    async (authorization) => {
      const response = await fetch(`${instance.server}/incident`, { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('BASIC realm="Service-now"');
      expect(await response.json()).toEqual({
        error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' },
        status: 'failure',
      });
    },
  );

  it('takes passwords with colons and beyond ASCII', async () => {
    instance.setPassword(instance.login, 'pä:ß:wörd');
    expect(await logIn('pä:ß:wörd')).toBe(200);
  });

  it('refuses an inactive user', async () => {
    const user = instance.records('sys_user').find((row) => row.user_name === instance.login);
    instance.update('sys_user', user?.sys_id ?? '', { active: 'false' });
    expect(await logIn(instance.password)).toBe(401);
  });

  it('forgets the old password at a rotation', async () => {
    instance.setPassword(instance.login, 'new');
    expect([await logIn(instance.password), await logIn('new')]).toEqual([401, 200]);
  });
});

describe('a lockout', () => {
  const fail = async (times: number) => {
    for (let index = 0; index < times; index++) await logIn('wrong');
  };

  it('comes after five refused logins in a row, for a right password too, and ends after 15 minutes', async () => {
    await fail(5);
    expect(instance.failedLogins(instance.login)).toBe(5);
    expect(await logIn(instance.password)).toBe(401);
    later(15 * 60 - 1);
    expect(await logIn(instance.password)).toBe(401);
    later(1);
    expect(await logIn(instance.password)).toBe(200);
    expect([instance.failedLogins(instance.login), instance.mostFailedLogins]).toEqual([0, 5]);
  });

  it('does not come as long as a login succeeds in between', async () => {
    await fail(4);
    expect(await logIn(instance.password)).toBe(200);
    await fail(4);
    expect(await logIn(instance.password)).toBe(200);
    expect(instance.mostFailedLogins).toBe(4);
  });

  it('shows in the user, and ends when a person takes it away', async () => {
    await fail(5);
    const user = instance.records('sys_user').find((row) => row.user_name === instance.login);
    expect(user).toMatchObject({ locked_out: 'true', failed_attempts: '5' });
    instance.update('sys_user', user?.sys_id ?? '', { locked_out: 'false' });
    expect(await logIn(instance.password)).toBe(200);
  });

  it('counts the passwords of token requests, and bars token holders too', async () => {
    const { access_token } = await read(passwordGrant());
    expect(await status(`Bearer ${access_token}`)).toBe(200);
    for (let index = 0; index < 5; index++) expect((await passwordGrant({ password: 'wrong' })).status).toBe(401);
    expect(instance.failedLogins(instance.login)).toBe(5);
    expect((await passwordGrant()).status).toBe(401);
    expect(await status(`Bearer ${access_token}`)).toBe(401);
  });
});

describe('OAuth', () => {
  it('gives a token for a password, the same as long as it is valid', async () => {
    const first = await read(passwordGrant());
    expect(first).toMatchObject({ refresh_token: expect.any(String), expires_in: 60 });
    expect(await status(`Bearer ${first.access_token}`)).toBe(200);
    later(20);
    expect(await read(passwordGrant())).toEqual({ ...first, expires_in: 40 });
    later(40);
    expect(await status(`Bearer ${first.access_token}`)).toBe(401);
    const second = await read(passwordGrant());
    expect(second.access_token).not.toBe(first.access_token);
    expect(await status(`Bearer ${second.access_token}`)).toBe(200);
  });

  it('takes all tokens back when told so, and gives new ones', async () => {
    const first = await read(passwordGrant());
    instance.revokeTokens();
    expect(await status(`Bearer ${first.access_token}`)).toBe(401);
    const second = await read(passwordGrant());
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(await status(`Bearer ${second.access_token}`)).toBe(200);
  });

  it('renews a token by its refresh token', async () => {
    const { refresh_token = '' } = await read(passwordGrant());
    later(61);
    const { access_token } = await read(token({ grant_type: 'refresh_token', refresh_token }));
    expect(await status(`Bearer ${access_token}`)).toBe(200);
  });

  it('gives a client a token on its own, without a refresh token', async () => {
    const { access_token, refresh_token } = await read(token({ grant_type: 'client_credentials' }));
    expect(refresh_token).toBeUndefined();
    expect(await status(`Bearer ${access_token}`)).toBe(200);
    expect(instance.requests.at(-1)).toMatchObject({ user: instance.login, path: '/api/now/table/incident' });
  });

  it.each([
    ['a wrong secret', { grant_type: 'client_credentials', client_secret: 'wrong' }],
    ['a wrong client', { grant_type: 'client_credentials', client_id: 'wrong' }],
    ['an unknown grant', { grant_type: 'magic' }],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'unknown' }],
    ['an unknown user', { grant_type: 'password', username: 'nobody', password: 'x' }],
  ])('answers %s with the one 401 it has', async (_, form) => {
    const response = await token(form);
    expect([response.status, await response.json()]).toEqual([
      401,
      { error_description: 'access_denied', error: 'server_error' },
    ]);
  });

  it('refuses a user whose password needs a reset', async () => {
    const user = instance.records('sys_user').find((row) => row.user_name === instance.login);
    instance.update('sys_user', user?.sys_id ?? '', { password_needs_reset: 'true' });
    expect((await passwordGrant()).status).toBe(401);
  });

  it('reads its parameters from a form body only', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_id: instance.clientId,
      client_secret: instance.clientSecret,
    };
    const inUrl = await fetch(`${instance.oauth2Url}?${new URLSearchParams(form)}`, { method: 'POST' });
    const inJson = await fetch(instance.oauth2Url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(form),
    });
    expect([inUrl.status, inJson.status]).toEqual([401, 401]);
  });
});

describe('setting a password by the Table API', () => {
  const set = async (parameters: string) => {
    const { one } = makeClient(instance);
    const sysId = instance.records('sys_user').find((row) => row.user_name === 'elise')?.sys_id;
    return one(`/api/now/table/sys_user/${sysId}${parameters}`, { method: 'PATCH', body: { user_password: 'n3w' } });
  };

  it('works with sysparm_input_display_value, and never gives it back', async () => {
    expect((await set('?sysparm_input_display_value=true')).user_password).not.toBe('n3w');
    expect(await status(basic('elise', 'n3w'))).toBe(200);
  });

  it('without it stores the text as it is, and the login fails', async () => {
    await set('');
    expect(await status(basic('elise', 'n3w'))).toBe(401);
  });
});
