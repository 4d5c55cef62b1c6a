import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { idOf } from './administer.ts';
import { type Client, makeClient } from './client.ts';

let instance: ServiceNow;
let client: Client;

beforeAll(async () => {
  instance = await startServiceNow();
  client = makeClient(instance);
});
afterAll(() => instance.close());

const read = async (table: string, query: string, fields: string) => {
  const rows = await client.list(table, { sysparm_query: query, sysparm_fields: fields });
  return rows.map((row) => Object.values(row).join('|'));
};

describe('the choices', () => {
  const choices = (name: string, element: string, more = '') =>
    read('sys_choice', `name=${name}^element=${element}^language=en${more}^ORDERBYsequence`, 'value,label');

  it('are those of the fields, in order', async () => {
    expect(await choices('incident', 'state')).toEqual([
      '1|New',
      '2|In Progress',
      '3|On Hold',
      '6|Resolved',
      '7|Closed',
      '8|Canceled',
    ]);
    expect(await choices('incident', 'category')).toContain('inquiry|Inquiry / Help');
    expect(await choices('task', 'state')).toContain('3|Closed Complete');
    expect(await choices('task', 'urgency')).toEqual(['1|1 - High', '2|2 - Medium', '3|3 - Low']);
    expect(await choices('task', 'contact_type')).toContain('self-service|Self-service');
  });

  it('of close codes are those of the release and one of its own, and the old ones are inactive', async () => {
    const active = await choices('incident', 'close_code', '^inactive=false');
    expect(active).toHaveLength(8 + 1);
    expect(active).toContain('Handed over|Handed over to a partner');
    expect(active).toContain('Solution provided|Solution provided');
    expect(await choices('incident', 'close_code', '^inactive=true')).toEqual([
      'Solved (Permanently)|Solved (Permanently)',
      'Closed/Resolved by Caller|Closed/Resolved by Caller',
    ]);
  });

  it('of requests are under their table, those of their items and tasks under that of all tasks', async () => {
    expect(await choices('sc_request', 'request_state', '^inactive=false')).toEqual([
      'requested|Pending Approval',
      'submitted|Submitted',
      'in_process|Approved',
      'closed_complete|Closed Complete',
      'closed_incomplete|Closed Incomplete',
      'closed_cancelled|Closed Cancelled',
      'closed_rejected|Closed Rejected',
      'closed_skipped|Closed Skipped',
    ]);
    expect((await choices('task', 'state', '^inactive=false')).toSorted()).toEqual([
      '-5|Pending',
      '1|Open',
      '2|Work in Progress',
      '3|Closed Complete',
      '4|Closed Incomplete',
      '7|Closed Skipped',
    ]);
    expect(await choices('task', 'approval')).toContain('rejected|Rejected');
  });

  it('of subcategories name the categories they belong to, several where there are several', async () => {
    const query = 'name=incident^element=subcategory';
    expect(await read('sys_choice', `${query}^dependent_value=database`, 'value')).toEqual([
      'db2',
      'sql server',
      'oracle',
    ]);
    expect(await read('sys_choice', `${query}^value=email`, 'dependent_value')).toEqual(['inquiry', 'software']);
  });
});

describe('the system properties', () => {
  it.each([
    ['glide.buildname', 'Zurich'],
    ['glide.war', 'glide-zurich-07-01-2025__patch6-01-15-2026_02-04-2026_1630.zip'],
    ['glide.ui.autoclose.time', '7'],
    ['glide.authenticate.basic_auth.restriction.enforce', 'false'],
    ['glide.oauth.inbound.client.credential.grant_type.enabled', 'true'],
    ['glide.sys.default.tz', 'GMT'],
    ['glide.sc.req_for.roles', 'itil,sn_request_write'],
    ['glide.sc.req_for.roles.default', 'deny'],
    ['com.glide.attachment.max_size', '1024'],
    ['instance_name', 'contoso'],
  ])('say %s is %s', async (name, value) => {
    const [property] = await client.list('sys_properties', { sysparm_query: `name=${name}` });
    expect(property).toMatchObject({ name, value, type: expect.any(String), description: expect.any(String) });
  });
});

describe('the users', () => {
  it('have fields for all that can keep a login out', async () => {
    const [user] = await client.list('sys_user', { sysparm_query: `user_name=${instance.login}` });
    expect(user).toMatchObject({
      time_zone: 'GMT',
      preferred_language: 'en',
      enable_multifactor_authn: 'false',
      internal_integration_user: 'false',
      web_service_access_only: 'true',
      locked_out: 'false',
      failed_attempts: '0',
      password_needs_reset: 'false',
    });
    const [elise] = await client.list('sys_user', { sysparm_query: 'user_name=elise' });
    expect(elise).toMatchObject({ time_zone: '', preferred_language: '' });
  });

  it('have roles, directly and by another role', async () => {
    const roles = (login: string) =>
      read('sys_user_has_role', `user.user_name=${login}^state=active`, 'role.name,inherited');
    expect(await roles(instance.login)).toContain('sn_incident_write|false');
    expect(await roles('beth.anglin')).toEqual([
      'itil|false',
      'sn_incident_read|true',
      'sn_incident_write|true',
      'sn_request_read|true',
      'sn_request_write|true',
    ]);
    expect(await read('sys_user_role', 'name=snc_basic_auth_api_access', 'name')).toHaveLength(1);
  });

  it('are in groups that are active', async () => {
    expect(await read('sys_user_group', 'active=true^name=Service Desk', 'name')).toEqual(['Service Desk']);
  });
});

describe('the dictionary', () => {
  it('names the tables and what they extend', async () => {
    expect(await read('sys_db_object', 'name=incident', 'label,super_class.name')).toEqual(['Incident|task']);
    expect(await read('sys_db_object', 'name=task', 'label,super_class')).toEqual(['Task|']);
  });

  it('has an entry for each table and for each field where it is defined', async () => {
    const fields = 'name,element,internal_type,column_label,mandatory,read_only,max_length,reference';
    expect(await read('sys_dictionary', 'name=incident^elementISEMPTY', fields)).toEqual([
      'incident||collection|Incident|false|false||',
    ]);
    expect(await read('sys_dictionary', 'element=correlation_id', fields)).toEqual([
      'sys_user|correlation_id|string|Correlation ID|false|false|100|',
      'task|correlation_id|string|Correlation ID|false|false|100|',
    ]);
    expect(await read('sys_dictionary', 'element=caller_id', fields)).toEqual([
      'incident|caller_id|reference|Caller|false|false|32|sys_user',
    ]);
    expect(await read('sys_dictionary', 'name=task^elementINstate,work_notes,sys_id,active', fields)).toEqual([
      'task|sys_id|GUID|Sys ID|false|true|32|',
      'task|state|integer|State|false|false|40|',
      'task|active|boolean|Active|false|false|40|',
      'task|work_notes|journal_input|Work notes|false|false|4000|',
    ]);
  });

  it('finds every field of an incident along its ancestry', async () => {
    const entries = await read('sys_dictionary', 'nameINincident,task^elementISNOTEMPTY', 'element');
    const record = await client.create('incident', {});
    expect(new Set(entries)).toEqual(new Set(Object.keys(record)));
    expect(entries).toHaveLength(new Set(entries).size);
  });
});

describe('the catalog', () => {
  it('has two items', async () => {
    expect(await read('sc_cat_item', 'active=true', 'name')).toEqual(['Access Request', 'Standard Laptop']);
  });

  it('has variables for them, and groups that fulfil them', async () => {
    const variables = (item: string) =>
      read('item_option_new', `cat_item.name=${item}^active=true^ORDERBYorder`, 'name,type,mandatory,question_text');
    const asked = [
      'correlation|6|false|Reference of the ordering system',
      'details|2|false|What is to be done',
      'account|6|true|Account that gets the access',
    ];
    expect(await variables('Access Request')).toEqual(asked);
    expect(await variables('Standard Laptop')).toEqual(asked.slice(0, 2));
    expect(await read('sc_cat_item', '', 'group.name,u_needs_approval,roles')).toEqual([
      'Identity and Access|false|sn_request_write',
      'Service Desk|true|sn_request_write',
    ]);
  });
});

describe('what comes with the release', () => {
  it('has the same ids on every instance, each once', async () => {
    const other = await startServiceNow({ seed: 2 });
    const ids = (of: ServiceNow) =>
      [
        'sys_choice',
        'sys_dictionary',
        'sys_db_object',
        'sys_security_acl',
        'sys_user_role',
        'sc_cat_item',
        'item_option_new',
      ].flatMap((table) => of.records(table).map((row) => row.sys_id));
    expect(ids(other)).toEqual(ids(instance));
    expect(new Set(ids(instance)).size).toBe(ids(instance).length);
    expect(idOf(other, 'sys_user', 'user_name=admin')).toBe(idOf(instance, 'sys_user', 'user_name=admin'));
    await other.close();
  });
});
