import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { basic, makeClient } from './client.ts';

let instance: ServiceNow;

beforeEach(async () => {
  instance = await startServiceNow({ now: () => new Date('2026-11-23T10:00:00.123Z') });
});
afterEach(() => instance.close());

describe('the log of requests', () => {
  it('has each request by the time its client has the answer', async () => {
    const { create, call } = makeClient(instance);
    const { sys_id } = await create('incident', { impact: '1', nested: { a: 1 } });
    await call(`/api/now/table/incident/${sys_id}?sysparm_fields=number`, {
      method: 'POST',
      body: {},
      headers: { 'X-http-method-override': 'PATCH' },
    });
    expect(instance.requests).toEqual([
      {
        at: '2026-11-23T10:00:00.123Z',
        method: 'POST',
        path: '/api/now/table/incident',
        table: 'incident',
        query: {},
        body: { impact: '1', nested: { a: 1 } },
        status: 201,
        user: instance.login,
        durationInMs: expect.any(Number),
        committed: true,
      },
      expect.objectContaining({ method: 'PATCH', sysId: sys_id, query: { sysparm_fields: 'number' }, body: {} }),
    ]);
  });

  it('keeps no secret, wherever a client puts it', async () => {
    const secret = 'S3cret-value';
    const { call } = makeClient(instance);
    instance.setPassword('elise', secret);
    await fetch(`${instance.server}/incident`, { headers: { authorization: basic('elise', secret) } });
    await fetch(`${instance.server}/incident`, { headers: { authorization: `Bearer ${secret}` } });
    await call('/api/now/table/sys_user/x', { method: 'PATCH', body: { user_password: secret } });
    await call('/api/now/table/sys_user', { body: [{ deep: { password: secret } }] });
    await call('/api/now/table/sys_user', { body: `{"user_password": "${secret}"` });
    await fetch(`${instance.oauth2Url}?client_secret=${secret}`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        username: 'elise',
        password: secret,
        client_secret: secret,
        refresh_token: secret,
        access_token: secret,
      }),
    });
    expect(instance.requests).toHaveLength(6);
    expect(JSON.stringify(instance.requests)).not.toContain(secret);
    expect(instance.requests.at(-1)).toMatchObject({
      query: { client_secret: '[redacted]' },
      body: { grant_type: 'password', username: 'elise', password: '[redacted]' },
    });
  });

  it('keeps of a file only how long it was, even of one in JSON', async () => {
    const { sys_id = '' } = instance.insert('incident', {});
    const parameters = new URLSearchParams({ table_name: 'incident', table_sys_id: sys_id, file_name: 'a.json' });
    const body = { secret: 'Grüße' };
    await makeClient(instance).call(`/api/now/attachment/file?${parameters}`, { body });
    expect(instance.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/now/attachment/file',
        table: 'sys_attachment',
        query: { table_name: 'incident', table_sys_id: sys_id, file_name: 'a.json' },
        body: '(20 bytes of application/json)',
        status: 201,
        committed: true,
      },
    ]);
    expect(instance.requests[0]).not.toHaveProperty('sysId');
  });

  it('names the catalog item that was asked for or ordered, without secrets of its variables', async () => {
    const { call } = makeClient(instance);
    const { sys_id = '' } = instance.records('sc_cat_item', 'name=Access Request')[0] ?? {};
    const path = `/api/sn_sc/servicecatalog/items/${sys_id}`;
    await call('/api/sn_sc/v1/servicecatalog/items');
    await call(path);
    await call(`${path}/variables`);
    const variables = { account: 'jdoe', password: 'S3cret' };
    await call(`${path}/order_now`, { body: { sysparm_quantity: 1, variables } });
    expect(instance.requests).toMatchObject([
      { table: 'sc_cat_item', committed: false },
      { table: 'sc_cat_item', sysId: sys_id, committed: false },
      { table: 'item_option_new', sysId: sys_id, committed: false },
      {
        table: 'sc_request',
        sysId: sys_id,
        committed: true,
        body: { sysparm_quantity: 1, variables: { account: 'jdoe', password: '[redacted]' } },
      },
    ]);
  });

  it('lets wait for a request to come, not for one that came', async () => {
    const { list } = makeClient(instance);
    await list('incident');
    await expect(instance.waitForRequest(({ table }) => table === 'incident', 20)).rejects.toThrow('within 20 ms');
    const request = instance.waitForRequest(({ table }) => table === 'incident');
    await list('sys_user');
    await list('incident');
    expect(await request).toBe(instance.requests.at(-1));
  });

  it('ends the waiting when the instance is closed', async () => {
    const refused = expect(instance.waitForRequest(() => true)).rejects.toThrow('the end of the simulator');
    await instance.close();
    await refused;
  });
});
