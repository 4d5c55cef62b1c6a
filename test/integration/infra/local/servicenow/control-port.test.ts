import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { basic, makeClient } from './client.ts';

let instance: ServiceNow;

beforeEach(async () => {
  instance = await startServiceNow();
});
afterEach(() => instance.close());

const control = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${instance.controlUrl}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const content: unknown = await response.json();
  return [response.status, content];
};

describe('the control port', () => {
  it('shows and clears the log of requests', async () => {
    await makeClient(instance).list('incident', { sysparm_query: 'active=true' });
    expect(await control('GET', '/requests')).toEqual([200, instance.requests]);
    expect(instance.requests).toMatchObject([
      { method: 'GET', table: 'incident', query: { sysparm_query: 'active=true' }, status: 200, committed: false },
    ]);
    expect(await control('DELETE', '/requests')).toEqual([200, {}]);
    expect(instance.requests).toEqual([]);
  });

  it('keeps the rules for faults', async () => {
    const rule = { id: 'slow', match: { table: 'incident' }, action: { status: 503 } };
    expect(await control('POST', '/faults', rule)).toEqual([201, { id: 'slow' }]);
    expect(await control('POST', '/faults', { action: { cut: true } })).toEqual([201, { id: 'fault-1' }]);
    expect(await control('GET', '/faults')).toEqual([200, [rule, { id: 'fault-1', action: { cut: true } }]]);
    expect((await makeClient(instance).call('/api/now/table/incident')).status).toBe(503);
    expect(await control('DELETE', '/faults/slow')).toEqual([200, {}]);
    expect(await control('DELETE', '/faults/slow')).toEqual([404, {}]);
    expect(await control('DELETE', '/faults')).toEqual([200, {}]);
    expect((await makeClient(instance).call('/api/now/table/incident')).status).toBe(200);
  });

  it('works on records as a person at the desk, or as anyone named, under the rules of the instance', async () => {
    expect(await control('POST', '/records/incident', { short_description: 'By hand' })).toMatchObject([
      201,
      { number: 'INC0010001', sys_created_by: 'beth.anglin' },
    ]);
    const path = `/records/incident/${instance.records('incident')[0]?.sys_id}`;
    expect(await control('PATCH', path, { state: '7' })).toMatchObject([403, { error: 'Operation Failed' }]);
    const closing = { state: '7', close_code: 'Solution provided', close_notes: 'Done' };
    expect(await control('PATCH', `${path}?as=elise`, closing)).toMatchObject([
      200,
      { active: 'false', sys_updated_by: 'elise' },
    ]);
    expect(await control('DELETE', path)).toEqual([200, {}]);
    expect(await control('DELETE', path)).toMatchObject([404, { error: 'No Record found' }]);
  });

  it('shows the records of a table, all or what a query finds, hidden ones too', async () => {
    for (const impact of ['1', '2']) instance.insert('incident', { impact });
    const [first, second] = instance.records('incident');
    instance.hide('incident', second?.sys_id ?? '');
    expect(await control('GET', '/records/incident')).toEqual([200, [first, second]]);
    expect(await control('GET', '/records/task?query=ORDERBYDESCimpact')).toEqual([200, [second, first]]);
    expect(await control('GET', `/records/incident?${new URLSearchParams({ query: 'impact=1^active=true' })}`)).toEqual(
      [200, [first]],
    );
    expect(await control('GET', '/records/incident?query=no_such_field=1')).toEqual([200, []]);
  });

  it('hides a record from clients, and shows it again', async () => {
    const { sys_id } = instance.insert('incident', {});
    const status = async () => (await makeClient(instance).call(`/api/now/table/incident/${sys_id}`)).status;
    expect(await control('POST', `/hide/incident/${sys_id}`)).toEqual([200, {}]);
    expect(await status()).toBe(404);
    expect(await control('DELETE', `/hide/incident/${sys_id}`)).toEqual([200, {}]);
    expect(await status()).toBe(200);
  });

  it('counts the failed logins', async () => {
    const fail = (login: string) =>
      fetch(`${instance.server}/incident`, { headers: { authorization: basic(login, 'wrong') } });
    expect(await control('GET', '/failed-logins')).toEqual([200, { most: 0, byLogin: {} }]);
    for (const login of [instance.login, instance.login, 'nobody']) await fail(login);
    expect(await control('GET', '/failed-logins')).toEqual([
      200,
      { most: 2, byLogin: { [instance.login]: 2, nobody: 1 } },
    ]);
    await makeClient(instance).call('/api/now/table/incident');
    expect(await control('GET', '/failed-logins')).toEqual([200, { most: 2, byLogin: { nobody: 1 } }]);
  });

  it('changes a password', async () => {
    expect(await control('POST', '/password', { login: 'elise', password: 'new' })).toEqual([200, {}]);
    const { status } = await fetch(`${instance.server}/incident`, {
      headers: { authorization: basic('elise', 'new') },
    });
    expect(status).toBe(200);
  });

  it('takes back all tokens', async () => {
    const { login, password, clientId, clientSecret, oauth2Url, server } = instance;
    const form = {
      grant_type: 'password',
      username: login,
      password,
      client_id: clientId,
      client_secret: clientSecret,
    };
    const token = await fetch(oauth2Url, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token } = z.object({ access_token: z.string() }).parse(await token.json());
    const call = async () =>
      (await fetch(`${server}/incident`, { headers: { authorization: `Bearer ${access_token}` } })).status;
    expect(await call()).toBe(200);
    expect(await control('DELETE', '/tokens')).toEqual([200, {}]);
    expect(await call()).toBe(401);
  });

  it.each([
    ['POST', '/faults', { action: { explode: true } }, 400],
    ['POST', '/records/incident', { impact: 1 }, 400],
    ['POST', '/records/nothing', {}, 400],
    ['GET', '/records/nothing', undefined, 400],
    ['POST', '/hide/incident/nothing', undefined, 404],
    ['DELETE', '/hide/nothing/nothing', undefined, 404],
    ['POST', '/password', { login: 'nobody', password: 'x' }, 400],
    ['GET', '/nothing', undefined, 404],
  ])('says what is wrong with %s %s %j', async (method, path, body, status) => {
    expect(await control(method, path, body)).toEqual([status, expect.objectContaining({ error: expect.any(String) })]);
  });
});
