import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { addControl, clientOf, giveRole, idOf, setProperty, takeRole } from './administer.ts';
import { type Client, makeClient, readRecord } from './client.ts';

let instance: ServiceNow;
let client: Client;

beforeEach(async () => {
  instance = await startServiceNow();
  client = makeClient(instance);
});
afterEach(() => instance.close());

const answer = async (path: string, method = 'GET', body?: object, by = client) => {
  const response = await by.call(`/api/now/table/${path}`, { method, ...(body && { body }) });
  const text = await response.text();
  const content: unknown = text === '' ? '' : JSON.parse(text);
  return [response.status, content] as const;
};
const failure = (message: string, detail: string | null) => ({ error: { message, detail }, status: 'failure' });
const noRead = [403, failure('Insufficient rights to query records', null)];
const noRecord = [404, failure('No Record found', "Record doesn't exist or ACL restricts the record retrieval")];
const noWrite = (what: string) => [
  403,
  failure('Operation Failed', `ACL Exception ${what} Failed due to security constraints`),
];
const statusOf = async (path: string, by = client) => (await answer(path, 'GET', undefined, by))[0];

describe('an access control of a table', () => {
  it('lets in who has one of its roles, and nobody else', async () => {
    expect(await statusOf('incident')).toBe(200);
    takeRole(instance, instance.login, 'sn_incident_read');
    expect(await answer('incident?sysparm_limit=1')).toEqual(noRead);
    giveRole(instance, instance.login, 'itil');
    expect(await statusOf('incident')).toBe(200);
  });

  it('makes a record one that is not there', async () => {
    const { sys_id } = await client.create('incident', {});
    takeRole(instance, instance.login, 'sn_incident_read');
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(await answer(`incident/${sys_id}`, method, method === 'PATCH' ? {} : undefined)).toEqual(noRecord);
    }
  });

  it('keeps records from being created and changed', async () => {
    const { sys_id } = await client.create('incident', {});
    takeRole(instance, instance.login, 'sn_incident_write');
    expect(await answer('incident', 'POST', { impact: '1' })).toEqual(noWrite('Insert'));
    for (const method of ['PATCH', 'PUT']) {
      expect(await answer(`incident/${sys_id}`, method, { impact: '1' })).toEqual(noWrite('Update'));
    }
    expect(instance.records('incident')).toMatchObject([{ impact: '3', sys_mod_count: '0' }]);
    expect(await statusOf(`incident/${sys_id}`)).toBe(200);
  });

  it('keeps records from being deleted', async () => {
    const { sys_id } = await client.create('incident', {});
    addControl(instance, 'incident', 'delete', 'itil');
    expect(await answer(`incident/${sys_id}`, 'DELETE')).toEqual(noWrite('Delete'));
    giveRole(instance, instance.login, 'itil');
    expect(await answer(`incident/${sys_id}`, 'DELETE')).toEqual([204, '']);
  });

  it('does not count while it is inactive, of another type, or without roles', async () => {
    const acl = addControl(instance, 'sc_cat_item', 'read', 'itil');
    expect(await statusOf('sc_cat_item')).toBe(403);
    instance.update('sys_security_acl', acl, { active: 'false' });
    expect(await statusOf('sc_cat_item')).toBe(200);
    instance.update('sys_security_acl', acl, { active: 'true', type: 'processor' });
    expect(await statusOf('sc_cat_item')).toBe(200);
    instance.update('sys_security_acl', acl, { type: 'record' });
    expect(await statusOf('sc_cat_item')).toBe(403);
    instance.remove('sys_security_acl_role', idOf(instance, 'sys_security_acl_role', `sys_security_acl=${acl}`));
    expect(await statusOf('sc_cat_item')).toBe(200);
  });

  it('of a parent or of all tables counts where there is none that is nearer', async () => {
    addControl(instance, '*', 'delete', 'itil');
    const { sys_id } = await client.create('incident', {});
    expect((await answer(`incident/${sys_id}`, 'DELETE'))[0]).toBe(403);
    addControl(instance, 'task', 'delete', 'sn_incident_write');
    expect((await answer(`incident/${sys_id}`, 'DELETE'))[0]).toBe(204);
    addControl(instance, '*', 'read', 'itil');
    expect([await statusOf('sc_cat_item'), await statusOf('incident')]).toEqual([403, 200]);
  });

  it('is nothing to an administrator, unless it says so', async () => {
    const admin = clientOf(instance, 'admin');
    expect(await statusOf('incident', admin)).toBe(200);
    instance.update('sys_security_acl', idOf(instance, 'sys_security_acl', 'name=incident^operation=read'), {
      admin_overrides: 'false',
    });
    expect(await statusOf('incident', admin)).toBe(403);
  });

  it('counts only roles that are active', async () => {
    const role = idOf(instance, 'sys_user_has_role', `user.user_name=${instance.login}^role.name=sn_incident_read`);
    instance.update('sys_user_has_role', role, { state: 'inactive' });
    expect(await statusOf('incident')).toBe(403);
  });
});

describe('who may read what', () => {
  it('keeps access controls and OAuth clients from the API user, and shows them to an administrator', async () => {
    const admin = clientOf(instance, 'admin');
    for (const table of ['sys_security_acl', 'sys_security_acl_role', 'oauth_entity']) {
      expect(await answer(table)).toEqual(noRead);
      expect(await statusOf(table, admin)).toBe(200);
    }
    const [control] = await admin.list('sys_security_acl', { sysparm_query: 'name=incident^operation=create' });
    expect(control).toMatchObject({ type: 'record', active: 'true', admin_overrides: 'true' });
    const roles = await admin.list('sys_security_acl_role', {
      sysparm_query: `sys_security_acl=${control?.sys_id}`,
      sysparm_fields: 'sys_user_role.name',
    });
    expect(roles.map((row) => row['sys_user_role.name'])).toEqual(['itil', 'sn_incident_write']);
    const clients = await admin.list('oauth_entity', { sysparm_display_value: 'true' });
    expect(clients).toMatchObject([{ client_id: instance.clientId, client_secret: '********', active: 'true' }]);
    expect(JSON.stringify(await admin.list('oauth_entity'))).not.toContain(instance.clientSecret);
  });

  it.each([
    ['sys_properties', 'sys_properties_read'],
    ['sys_choice', 'sys_choice_read'],
    ['sys_user', 'sys_user_read'],
    ['sys_user_group', 'sys_user_read'],
    ['sys_user_has_role', 'sys_user_role_read'],
    ['sys_user_role', 'sys_user_role_read'],
    ['sys_dictionary', 'sys_dictionary_read'],
    ['sys_db_object', 'sys_dictionary_read'],
    ['sc_request', 'sn_request_read'],
    ['sc_req_item', 'sn_request_read'],
    ['sc_task', 'sn_request_read'],
    ['sc_item_option', 'sn_request_read'],
    ['sc_item_option_mtom', 'sn_request_read'],
    ['item_option_new', 'sn_request_read'],
  ])('%s is readable by role %s alone', async (table, role) => {
    expect(await statusOf(table)).toBe(200);
    takeRole(instance, instance.login, role);
    expect(await statusOf(table)).toBe(403);
  });

  it.each(['sc_request', 'sc_req_item', 'sc_task'])('%s is writable by role sn_request_write alone', async (table) => {
    const { sys_id } = await client.create(table, {});
    takeRole(instance, instance.login, 'sn_request_write');
    expect(await answer(table, 'POST', {})).toEqual(noWrite('Insert'));
    expect(await answer(`${table}/${sys_id}`, 'PATCH', { state: '3' })).toEqual(noWrite('Update'));
    expect(instance.records(table)).toMatchObject([{ sys_id, state: '1' }]);
  });

  it.each(['sc_item_option', 'sc_item_option_mtom', 'item_option_new'])(
    '%s is written by administrators of the catalog alone',
    async (table) => {
      expect(await answer(table, 'POST', {})).toEqual(noWrite('Insert'));
      giveRole(instance, instance.login, 'catalog_admin');
      expect((await answer(table, 'POST', {}))[0]).toBe(201);
    },
  );

  it('lets the API user make nobody mightier', async () => {
    const role = { user: idOf(instance, 'sys_user', `user_name=${instance.login}`), role: 'x' };
    expect(await answer('sys_user_has_role', 'POST', role)).toEqual(noWrite('Insert'));
    const property = idOf(instance, 'sys_properties', 'name=glide.buildname');
    expect(await answer(`sys_properties/${property}`, 'PATCH', { value: 'x' })).toEqual(noWrite('Update'));
  });
});

describe('an access control of a field', () => {
  const fields = 'sysparm_fields=number,correlation_id,correlation_display';

  it('leaves an unreadable field out of every answer, without a word', async () => {
    addControl(instance, 'incident.correlation_display', 'read', 'itil');
    const values = { correlation_id: 'a', correlation_display: 'b' };
    const created = await client.create('incident', values);
    expect(created).not.toHaveProperty('correlation_display');
    expect(created).toMatchObject({ correlation_id: 'a' });
    expect(await client.one(`/api/now/table/incident/${created.sys_id}?${fields}`)).toEqual({
      number: 'INC0010001',
      correlation_id: 'a',
    });
    expect((await client.list('incident'))[0]).not.toHaveProperty('correlation_display');
    expect(instance.records('incident')).toMatchObject([values]);
    giveRole(instance, instance.login, 'itil');
    expect((await client.list('incident'))[0]).toMatchObject(values);
  });

  it('drops an unwritable field without a word', async () => {
    addControl(instance, 'incident.correlation_display', 'write', 'itil');
    const response = await client.call('/api/now/table/incident', {
      body: { correlation_id: 'a', correlation_display: 'b' },
    });
    expect(response.status).toBe(201);
    const { sys_id, ...record } = await readRecord(response);
    expect(record).toMatchObject({ correlation_id: 'a', correlation_display: '' });
    expect(
      await answer(`incident/${sys_id}`, 'PATCH', { correlation_id: 'c', correlation_display: 'd' }),
    ).toMatchObject([200, { result: { correlation_id: 'c', correlation_display: '' } }]);
  });

  it('for creating only does not keep a field from being changed', async () => {
    addControl(instance, 'incident.correlation_id', 'create', 'itil');
    const { sys_id, correlation_id } = await client.create('incident', { correlation_id: 'a' });
    expect(correlation_id).toBe('');
    const changed = await answer(`incident/${sys_id}`, 'PATCH', { correlation_id: 'b' });
    expect(changed).toMatchObject([200, { result: { correlation_id: 'b' } }]);
  });

  it('of the table wins over that of its parent, and a name over all fields', async () => {
    addControl(instance, 'task.correlation_id', 'read', 'itil');
    addControl(instance, 'incident.*', 'read', 'itil');
    addControl(instance, 'incident.number', 'read', 'sn_incident_read');
    const { sys_id } = instance.insert('incident', { correlation_id: 'a' });
    expect(await client.one(`/api/now/table/incident/${sys_id}`)).toEqual({ number: 'INC0010001' });
    addControl(instance, 'incident.correlation_id', 'read', 'sn_incident_read');
    expect(await client.one(`/api/now/table/incident/${sys_id}`)).toEqual({
      number: 'INC0010001',
      correlation_id: 'a',
    });
  });

  it('counts for a field that is reached over a reference too, as does that of its table', async () => {
    const { sys_id } = instance.insert('incident', { caller_id: idOf(instance, 'sys_user', 'user_name=elise') });
    const read = () =>
      client.one(`/api/now/table/incident/${sys_id}?sysparm_fields=caller_id.email,caller_id.user_name`);
    addControl(instance, 'sys_user.email', 'read', 'itil');
    expect(await read()).toEqual({ 'caller_id.user_name': 'elise' });
    takeRole(instance, instance.login, 'sys_user_read');
    expect(await read()).toEqual({});
  });
});

describe('the role for the REST API', () => {
  it('is needed only where the switch of the simulator is on', async () => {
    takeRole(instance, instance.login, 'snc_platform_rest_api_access');
    expect(await statusOf('incident')).toBe(200);
    setProperty(instance, 'simulator.rest_api_role.required', 'true');
    const refused = [403, failure('User Not Authorized', 'Failed API level ACL Validation')];
    expect(await answer('incident')).toEqual(refused);
    expect(await answer('incident', 'POST', {})).toEqual(refused);
    expect(instance.records('incident')).toEqual([]);
    giveRole(instance, instance.login, 'snc_platform_rest_api_access');
    expect(await statusOf('incident')).toBe(200);
    expect(await statusOf('incident', clientOf(instance, 'admin'))).toBe(200);
  });
});
