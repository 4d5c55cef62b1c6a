import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ServiceNow,
  type ServiceNowOptions,
  startServiceNow,
} from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { changeApplication, changeUser, giveRole, idOf, setProperty } from './administer.ts';
import { basic } from './client.ts';

let instance: ServiceNow;
let now = new Date('2026-11-23T10:00:00Z');

const start = async (options: ServiceNowOptions = {}) => {
  now = new Date('2026-11-23T10:00:00Z');
  instance = await startServiceNow({ now: () => now, ...options });
};
afterEach(() => instance.close());

const logIn = async (password = instance.password, login = instance.login) => {
  const response = await fetch(`${instance.server}/incident`, { headers: { authorization: basic(login, password) } });
  const { error } = await readJson(response);
  return { status: response.status, mfa: response.headers.get('x-mfa_token'), error };
};
const token = async (form: Record<string, string>) => {
  const response = await fetch(instance.oauth2Url, {
    method: 'POST',
    body: new URLSearchParams({ client_id: instance.clientId, client_secret: instance.clientSecret, ...form }),
  });
  return [response.status, await readJson(response)] as const;
};
const byPassword = (password = instance.password, username = instance.login) =>
  token({ grant_type: 'password', username, password });
const byClient = (more = {}) => token({ grant_type: 'client_credentials', ...more });
const readJson = async (response: Response): Promise<Record<string, unknown>> => Object(await response.json());

const plain = {
  status: 401,
  mfa: null,
  error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' },
};
const denied = [401, { error_description: 'access_denied', error: 'server_error' }];
const failures = () => [instance.failedLogins(instance.login), instance.mostFailedLogins];

describe('Basic authentication that is restricted', () => {
  const restrict = () => setProperty(instance, 'glide.authenticate.basic_auth.restriction.enforce', 'true');

  it('lets in holders of the role, and counts no refusal', async () => {
    await start();
    changeUser(instance, instance.login, { web_service_access_only: 'false' });
    expect((await logIn()).status).toBe(200);
    restrict();
    for (let attempt = 0; attempt < 6; attempt++) expect(await logIn()).toEqual(plain);
    expect(await logIn('wrong')).toEqual(plain);
    expect(failures()).toEqual([0, 0]);
    giveRole(instance, instance.login, 'snc_basic_auth_api_access');
    expect((await logIn()).status).toBe(200);
  });

  it('is nothing to integration users, and to OAuth', async () => {
    await start();
    restrict();
    expect((await logIn()).status).toBe(200);
    changeUser(instance, instance.login, { web_service_access_only: 'false', internal_integration_user: 'true' });
    expect((await logIn()).status).toBe(200);
    changeUser(instance, instance.login, { internal_integration_user: 'false' });
    expect([(await logIn()).status, (await byPassword())[0], (await byClient())[0]]).toEqual([401, 200, 200]);
  });
});

describe('a user with a second factor', () => {
  it('is refused with a header that says so, after the right password only', async () => {
    await start();
    changeUser(instance, instance.login, { enable_multifactor_authn: 'true' });
    expect(await logIn()).toEqual({ ...plain, mfa: 'invalid' });
    expect(failures()).toEqual([0, 0]);
    expect(await logIn('wrong')).toEqual(plain);
    expect(failures()).toEqual([1, 1]);
  });
});

describe('a user who is out', () => {
  it.each([
    ['locked', { locked_out: 'true' }],
    ['inactive', { active: 'false' }],
  ])('when %s gets the 401 of a wrong password, everywhere', async (_, values) => {
    await start();
    changeUser(instance, instance.login, values);
    expect(await logIn()).toEqual(plain);
    expect(await byPassword()).toEqual(denied);
    expect(await byClient()).toEqual(denied);
  });
});

describe('a client without a user', () => {
  it('is refused while its grant is switched off', async () => {
    await start();
    setProperty(instance, 'glide.oauth.inbound.client.credential.grant_type.enabled', 'false');
    expect(await byClient()).toEqual(denied);
    expect((await byPassword())[0]).toBe(200);
  });

  it('is refused without an application user, and acts as the one that it is given', async () => {
    await start();
    changeApplication(instance, { user: '' });
    expect(await byClient()).toEqual(denied);
    changeApplication(instance, { user: idOf(instance, 'sys_user', 'user_name=elise') });
    const [status, { access_token }] = await byClient();
    expect(status).toBe(200);
    await fetch(`${instance.server}/incident`, { headers: { authorization: `Bearer ${access_token}` } });
    expect(instance.requests.at(-1)).toMatchObject({ status: 200, user: 'elise' });
    changeUser(instance, 'elise', { password_needs_reset: 'true' });
    expect(await byClient()).toEqual(denied);
  });

  it('is refused when it is unknown, inactive, or its secret is wrong', async () => {
    await start();
    expect(await byClient({ client_id: 'x' })).toEqual(denied);
    expect(await byClient({ client_secret: 'x' })).toEqual(denied);
    changeApplication(instance, { active: 'false' });
    expect(await byClient()).toEqual(denied);
    expect(await byPassword()).toEqual(denied);
  });
});

describe('a release that explains', () => {
  const explained = async (answer: ReturnType<typeof token>) => {
    const [status, { error, error_description: description }] = await answer;
    return [status, error, description];
  };
  const detail = async (password?: string, login?: string) => {
    const { status, error } = await logIn(password, login);
    return { status, error };
  };
  const refusal = (text: string) => ({ status: 401, error: { message: 'User Not Authenticated', detail: text } });

  it('says why Basic authentication is refused', async () => {
    await start({ explainsRefusals: true });
    const { login } = instance;
    expect(await detail('wrong')).toEqual(refusal('Invalid user name or password'));
    expect(await detail('wrong', 'nobody')).toEqual(refusal('Invalid user name or password'));
    changeUser(instance, login, { locked_out: 'true' });
    expect(await detail()).toEqual(refusal('User is locked out'));
    changeUser(instance, login, { locked_out: 'false', active: 'false' });
    expect(await detail()).toEqual(refusal('User is inactive'));
    changeUser(instance, login, { active: 'true', enable_multifactor_authn: 'true' });
    expect(await detail()).toEqual(refusal('Multi-factor authentication is required'));
    changeUser(instance, login, { web_service_access_only: 'false' });
    setProperty(instance, 'glide.authenticate.basic_auth.restriction.enforce', 'true');
    expect(await detail()).toEqual(refusal('Basic authentication is restricted for this user'));
    const bare = await fetch(`${instance.server}/incident`);
    expect(await bare.json()).toMatchObject({ error: { detail: 'Required to provide Auth information' } });
    const bearer = await fetch(`${instance.server}/incident`, { headers: { authorization: 'Bearer x' } });
    expect(await bearer.json()).toMatchObject({ error: { detail: 'Invalid access token' } });
  });

  it('says why no token is given', async () => {
    await start({ explainsRefusals: true });
    const { login } = instance;
    const client = [401, 'invalid_client', 'The client is unknown or its secret is wrong'];
    expect(await explained(byClient({ client_id: 'x' }))).toEqual(client);
    expect(await explained(byClient({ client_secret: 'x' }))).toEqual(client);
    expect(await explained(token({ grant_type: 'magic' }))).toEqual([
      401,
      'unsupported_grant_type',
      'The grant type is unknown',
    ]);
    expect(await explained(token({ grant_type: 'refresh_token', refresh_token: 'x' }))).toEqual([
      401,
      'invalid_grant',
      'The refresh token is unknown',
    ]);
    const grant = (text: string) => [401, 'invalid_grant', text];
    expect(await explained(byPassword('wrong'))).toEqual(grant('Invalid user name or password'));
    changeUser(instance, login, { locked_out: 'true' });
    expect(await explained(byPassword())).toEqual(grant('User is locked out'));
    expect(await explained(byClient())).toEqual(grant('User is locked out'));
    changeUser(instance, login, { locked_out: 'false', password_needs_reset: 'true' });
    expect(await explained(byPassword())).toEqual(grant('The password needs a reset'));
    changeApplication(instance, { user: '' });
    expect(await explained(byClient())).toEqual(grant('The OAuth application user is missing'));
    setProperty(instance, 'glide.oauth.inbound.client.credential.grant_type.enabled', 'false');
    expect(await explained(byClient())).toEqual([
      401,
      'unauthorized_client',
      'The client credentials grant is not enabled',
    ]);
  });
});

describe('the count of failed logins', () => {
  it('is one for an account, by Basic and by OAuth, however its name is written', async () => {
    await start();
    await logIn('wrong');
    await byPassword('wrong');
    await logIn('wrong', instance.login.toUpperCase());
    await byPassword('wrong', instance.login.toUpperCase());
    expect(failures()).toEqual([4, 4]);
    expect((await logIn(instance.password, instance.login.toUpperCase())).status).toBe(200);
    expect(failures()).toEqual([0, 4]);
  });

  it('locks an account by token requests as by Basic, for 15 minutes', async () => {
    await start();
    for (let attempt = 0; attempt < 5; attempt++) await byPassword('wrong');
    expect(instance.records('sys_user', `user_name=${instance.login}`)).toMatchObject([
      { locked_out: 'true', failed_attempts: '5' },
    ]);
    expect([(await byPassword())[0], (await byClient())[0], (await logIn()).status]).toEqual([401, 401, 401]);
    now = new Date('2026-11-23T10:14:59Z');
    expect((await byPassword())[0]).toBe(401);
    now = new Date('2026-11-23T10:15:00Z');
    expect((await byClient())[0]).toBe(200);
    expect(failures()).toEqual([0, 5]);
  });

  it('goes on at an unknown user, and locks nobody', async () => {
    await start();
    for (let attempt = 0; attempt < 7; attempt++) await logIn('wrong', 'nobody');
    expect([instance.failedLogins('nobody'), instance.mostFailedLogins]).toEqual([7, 7]);
    expect((await logIn()).status).toBe(200);
    expect(instance.records('sys_user', 'locked_out=true')).toEqual([]);
  });

  it('is right when several processes try at once', async () => {
    await start();
    const script = `
      const [server, oauth2Url, login] = process.argv.slice(1);
      const headers = { authorization: 'Basic ' + btoa(login + ':wrong') };
      const form = { grant_type: 'password', client_id: '${instance.clientId}', username: login, password: 'wrong' };
      const body = () => new URLSearchParams({ ...form, client_secret: process.env.CLIENT_SECRET });
      const calls = [0, 1, 2, 3, 4].flatMap(() => [
        fetch(server + '/incident', { headers }),
        fetch(oauth2Url, { method: 'POST', body: body() }),
      ]);
      for (const { status } of await Promise.all(calls)) if (status !== 401) process.exitCode = 1;`;
    const processes = ['one', 'two', 'three'].map(() =>
      spawn(
        process.execPath,
        ['--input-type=module', '-e', script, instance.server, instance.oauth2Url, instance.login],
        { env: { ...process.env, CLIENT_SECRET: instance.clientSecret }, stdio: 'inherit' },
      ),
    );
    const exits = await Promise.all(processes.map((process) => once(process, 'exit')));
    expect(exits).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    expect(failures()).toEqual([30, 30]);
  });
});
