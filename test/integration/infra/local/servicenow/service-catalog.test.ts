import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { addControl, clientOf, giveRole, idOf, setProperty, takeRole } from './administer.ts';
import { type Client, makeClient, readRecord, readRecords } from './client.ts';

// Source: "Service Catalog API" of the product documentation, and what clients of live instances read.

let instance: ServiceNow;
let client: Client;

beforeEach(async () => {
  instance = await startServiceNow({ now: () => new Date('2026-11-23T10:11:12Z') });
  client = makeClient(instance);
});
afterEach(() => instance.close());

const root = '/api/sn_sc/servicecatalog/items';
const itemId = (name = 'Access Request') => idOf(instance, 'sc_cat_item', `name=${name}`);
const userId = (name: string) => idOf(instance, 'sys_user', `user_name=${name}`);
const groupId = (name: string) => idOf(instance, 'sys_user_group', `name=${name}`);
const access = { sysparm_quantity: 1, variables: { account: 'jdoe', correlation: 'key.1' } };
const orderNow = (body: unknown, item = itemId(), by = client) => by.call(`${root}/${item}/order_now`, { body });
const answer = async (response: Response) => {
  const content: unknown = await response.json();
  return [response.status, content];
};
const refusal = (status: number, message: string, detail: string | null = '') => [
  status,
  { error: { message, detail }, status: 'failure' },
];
const noItem = 'Security constraints prevent ordering of Item';
const made = () =>
  ['sc_request', 'sc_req_item', 'sc_task', 'sc_item_option'].map((table) => instance.records(table).length);

describe('an order', () => {
  it.each(['', '/v1'])('is answered with 200 and its request under /api/sn_sc%s', async (version) => {
    const response = await client.call(`/api/sn_sc${version}/servicecatalog/items/${itemId()}/order_now`, {
      body: access,
    });
    const [request] = instance.records('sc_request');
    expect(await answer(response)).toEqual([
      200,
      {
        result: {
          sys_id: request?.sys_id,
          number: 'REQ0010001',
          request_number: 'REQ0010001',
          request_id: request?.sys_id,
          table: 'sc_request',
        },
      },
    ]);
    expect(response.headers.get('location')).toBeNull();
  });

  it('makes a request, its item, the answers to all variables, and a task for the group of the item', async () => {
    const { request_id } = await readRecord(await orderNow({ ...access, sysparm_quantity: 3 }));
    const all = { sysparm_exclude_reference_link: 'true' };
    expect(await client.list('sc_request', all)).toMatchObject([
      {
        sys_id: request_id,
        number: 'REQ0010001',
        request_state: 'in_process',
        state: '1',
        approval: 'approved',
        active: 'true',
        sys_class_name: 'sc_request',
        opened_by: userId(instance.login),
        requested_for: userId(instance.login),
        closed_at: '',
      },
    ]);
    const [item, ...others] = await client.list('sc_req_item', { ...all, sysparm_query: `request=${request_id}` });
    expect(others).toEqual([]);
    expect(item).toMatchObject({
      number: 'RITM0010001',
      state: '1',
      active: 'true',
      approval: 'not requested',
      quantity: '3',
      cat_item: itemId(),
      short_description: 'Ask for access to an application',
      sys_created_by: instance.login,
      opened_at: '2026-11-23 10:11:12',
    });
    expect(await client.list('sc_task', { ...all, sysparm_query: `request_item=${item?.sys_id}` })).toMatchObject([
      {
        number: 'SCTASK0010001',
        state: '1',
        active: 'true',
        request: request_id,
        assignment_group: groupId('Identity and Access'),
        short_description: 'Ask for access to an application',
      },
    ]);
    const answers = await client.list('sc_item_option_mtom', {
      sysparm_query: `request_item=${item?.sys_id}`,
      sysparm_fields: 'sc_item_option.item_option_new.name,sc_item_option.value,request_item.number',
    });
    expect(answers.map((row) => Object.values(row))).toEqual([
      ['correlation', 'key.1', 'RITM0010001'],
      ['details', '', 'RITM0010001'],
      ['account', 'jdoe', 'RITM0010001'],
    ]);
    const log = instance.requests.filter(({ method }) => method === 'POST');
    expect(log).toMatchObject([{ table: 'sc_request', sysId: itemId(), status: 200, committed: true }]);
  });

  it('is found by the value of one of its variables', async () => {
    const find = async (name: string, value: string) => {
      const response = await client.call(
        `/api/now/table/sc_item_option_mtom?${new URLSearchParams({
          sysparm_query: `sc_item_option.item_option_new.name=${name}^sc_item_option.value=${value}`,
          sysparm_fields: 'request_item',
        })}`,
      );
      return [response.headers.get('x-total-count'), await readRecords(response)];
    };
    for (const correlation of ['key.1', 'key.2']) {
      await orderNow({ ...access, variables: { account: 'key.3', correlation } });
    }
    const second = idOf(instance, 'sc_req_item', 'number=RITM0010002');
    const link = `${instance.server}/sc_req_item/${second}`;
    expect(await find('correlation', 'key.2')).toEqual(['1', [{ request_item: { link, value: second } }]]);
    expect(await find('correlation', 'key.3')).toEqual(['0', []]);
    expect(await find('account', 'key.3')).toEqual(['2', [expect.anything(), expect.anything()]]);
    const hidden = instance.records('sc_item_option_mtom', `request_item=${second}`)[0]?.sys_id ?? '';
    instance.hide('sc_item_option_mtom', hidden);
    expect(await find('correlation', 'key.2')).toEqual(['1', []]);
  });

  it('takes values of any JSON type as text, and leaves out what is not asked', async () => {
    instance.insert('item_option_new', { name: 'urgent', type: '7', cat_item: itemId(), order: '50' });
    instance.insert('item_option_new', { name: 'since', default_value: 'now', cat_item: itemId(), order: '60' });
    instance.insert('item_option_new', { name: 'gone', active: 'false', mandatory: 'true', cat_item: itemId() });
    const variables = { urgent: true, account: 7, details: { a: 1 }, gone: 'x', unknown: 'x', correlation: null };
    expect((await orderNow({ sysparm_quantity: '2', variables })).status).toBe(200);
    const values = instance.records('sc_item_option').map(({ value }) => value);
    expect(values).toEqual(['true', 'now', '', '', '7']);
  });

  it.each([
    [undefined, 400],
    [null, 400],
    ['', 400],
    [0, 400],
    ['0', 400],
    [-1, 400],
    [1.5, 400],
    ['one', 400],
    [true, 400],
    ['2', 200],
    [2, 200],
  ])('of quantity %j is answered with %i', async (quantity, status) => {
    const response = await orderNow({ ...access, sysparm_quantity: quantity });
    if (status === 200) expect(response.status).toBe(200);
    else expect(await answer(response)).toEqual(refusal(400, 'Invalid quantity value'));
    expect(made()[0]).toBe(status === 200 ? 1 : 0);
  });

  it.each([{}, { account: '' }, { correlation: 'x' }, undefined, null])(
    'needs the mandatory variables, which %j are not',
    async (variables) => {
      expect(await answer(await orderNow({ sysparm_quantity: 1, variables }))).toEqual(
        refusal(400, 'Mandatory Variables are required'),
      );
      expect(made()).toEqual([0, 0, 0, 0]);
    },
  );

  it('is refused for an item that is unknown, inactive, hidden, or not for the user, after the quantity was looked at', async () => {
    const refused = refusal(400, noItem);
    expect(await answer(await orderNow(access, 'nothing'))).toEqual(refused);
    expect(await answer(await orderNow({ ...access, sysparm_quantity: 0 }, 'nothing'))).toEqual(
      refusal(400, 'Invalid quantity value'),
    );
    instance.hide('sc_cat_item', itemId());
    expect(await answer(await orderNow(access))).toEqual(refused);
    instance.hide('sc_cat_item', itemId(), false);
    instance.update('sc_cat_item', itemId(), { active: 'false' });
    expect(await answer(await orderNow(access))).toEqual(refused);
    instance.update('sc_cat_item', itemId(), { active: 'true' });
    takeRole(instance, instance.login, 'sn_request_write');
    expect(await answer(await orderNow(access))).toEqual(refused);
    expect(made()).toEqual([0, 0, 0, 0]);
    giveRole(instance, instance.login, 'sn_request_write');
    expect((await orderNow(access)).status).toBe(200);
    expect((await orderNow(access, itemId(), clientOf(instance, 'admin'))).status).toBe(200);
  });

  it('is refused where the table of items may not be read', async () => {
    addControl(instance, 'sc_cat_item', 'read', 'itil');
    expect(await answer(await orderNow(access))).toEqual(refusal(400, noItem));
  });

  it('is open to all for an item that names no roles', async () => {
    instance.update('sc_cat_item', itemId(), { roles: '' });
    expect((await orderNow(access, itemId(), clientOf(instance, 'elise'))).status).toBe(200);
  });

  it('for many is refused, since no item asks for whom it is', async () => {
    const body = { ...access, sysparm_also_request_for: userId('elise') };
    expect((await orderNow(body)).status).toBe(400);
    expect(made()).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['{"sysparm_quantity": 1', 'Exception while reading request'],
    ['"text"', 'Exception while reading request'],
    ['', 'Invalid quantity value'],
  ])('is refused with the body %j', async (body, message) => {
    expect(await answer(await orderNow(body))).toMatchObject([400, { error: { message } }]);
  });
});

describe('an order for somebody else', () => {
  const requestedFor = async (by = client) => {
    const response = await orderNow({ ...access, sysparm_requested_for: userId('james.bond') }, itemId(), by);
    const { request_id } = await readRecord(response);
    const [request] = instance.records('sc_request', `sys_id=${request_id}`);
    const [item] = instance.records('sc_req_item', `request=${request_id}`);
    expect(item?.requested_for).toBe(request?.requested_for);
    return request?.requested_for;
  };

  it('is for them by a role of glide.sc.req_for.roles', async () => {
    expect(await requestedFor()).toBe(userId('james.bond'));
    setProperty(instance, 'glide.sc.req_for.roles', 'itil, catalog_admin');
    expect(await requestedFor()).toBe(userId(instance.login));
    giveRole(instance, instance.login, 'catalog_admin');
    expect(await requestedFor()).toBe(userId('james.bond'));
    expect(await requestedFor(clientOf(instance, 'admin'))).toBe(userId('james.bond'));
  });

  it('goes by glide.sc.req_for.roles.default where no role is named', async () => {
    setProperty(instance, 'glide.sc.req_for.roles', '');
    expect(await requestedFor()).toBe(userId(instance.login));
    setProperty(instance, 'glide.sc.req_for.roles.default', 'allow');
    expect(await requestedFor()).toBe(userId('james.bond'));
  });
});

describe('the catalog', () => {
  const names = async (parameters = {}, by = client) =>
    (await readRecords(await by.call(`${root}?${new URLSearchParams(parameters)}`))).map(({ name }) => name);

  it('lists the items, with real numbers and booleans', async () => {
    const [item, other] = await readRecords(await client.call(root));
    expect(item).toEqual({
      sys_id: itemId(),
      name: 'Access Request',
      short_description: 'Ask for access to an application',
      description: '',
      type: 'catalog_item',
      sys_class_name: 'sc_cat_item',
      show_price: false,
      show_quantity: true,
      order: 100,
      catalogs: [],
      category: { sys_id: '', title: '' },
      content_type: '',
      icon: 'images/icons/catalog_item.gifx',
      kb_article: '',
      picture: '',
      url: '',
    });
    expect(other).toMatchObject({ name: 'Standard Laptop', order: 200 });
  });

  it('lists what is asked for, before it leaves out what the user may not order', async () => {
    expect(await names()).toEqual(['Access Request', 'Standard Laptop']);
    expect(await names({ sysparm_limit: '1', sysparm_offset: '1' })).toEqual(['Standard Laptop']);
    expect(await names({ sysparm_text: 'DAILY work' })).toEqual(['Standard Laptop']);
    for (const [name, value] of Object.entries({ sysparm_category: 'x', sysparm_type: 'Record Producer' })) {
      expect(await names({ [name]: value })).toEqual([]);
    }
    instance.update('sc_cat_item', itemId('Standard Laptop'), { sc_catalogs: 'a,b' });
    expect(await names({ sysparm_catalog: 'b' })).toEqual(['Standard Laptop']);
    expect(await names({ sysparm_catalog: 'c' })).toEqual([]);
    instance.update('sc_cat_item', itemId(), { roles: 'itil' });
    expect(await names({ sysparm_limit: '1' })).toEqual([]);
    instance.hide('sc_cat_item', itemId('Standard Laptop'));
    expect(await names()).toEqual([]);
    instance.hide('sc_cat_item', itemId('Standard Laptop'), false);
    instance.update('sc_cat_item', itemId('Standard Laptop'), { active: 'false' });
    expect(await names({}, clientOf(instance, 'admin'))).toEqual(['Access Request']);
  });

  it('shows one item with its variables, which are also there alone', async () => {
    const item = await client.one(`/api/sn_sc/v1/servicecatalog/items/${itemId()}`);
    const variables = await readRecords(await client.call(`${root}/${itemId()}/variables`));
    expect(item).toMatchObject({
      name: 'Access Request',
      client_script: { onLoad: [] },
      ui_policy: [],
      categories: [],
    });
    expect(item.variables).toEqual(variables);
    expect(
      variables.map(({ name, type, friendly_type, display_type, mandatory, order }) => [
        name,
        type,
        friendly_type,
        display_type,
        mandatory,
        order,
      ]),
    ).toEqual([
      ['correlation', 6, 'single_line_text', 'Single Line Text', false, 100],
      ['details', 2, 'multi_line_text', 'Multi Line Text', false, 200],
      ['account', 6, 'single_line_text', 'Single Line Text', true, 300],
    ]);
    expect(variables[0]).toMatchObject({
      id: idOf(instance, 'item_option_new', 'cat_item.name=Access Request^name=correlation'),
      active: true,
      read_only: false,
      render_label: true,
      label: 'Reference of the ordering system',
      value: '',
      choices: [],
    });
    expect(variables[0]).not.toHaveProperty('reference');
  });

  it('tells the type of a variable that refers to records or is a box to check', async () => {
    const cat_item = itemId();
    instance.insert('item_option_new', { name: 'box', type: '7', cat_item, order: '1' });
    instance.insert('item_option_new', { name: 'who', type: '8', reference: 'sys_user', cat_item, order: '2' });
    const [box, who] = await readRecords(await client.call(`${root}/${cat_item}/variables`));
    expect(box).toMatchObject({ type: 7, friendly_type: 'check_box' });
    expect(who).toMatchObject({ type: 8, friendly_type: 'reference', reference: 'sys_user' });
  });

  it.each(['', '/variables'])('does not show %s of an item that is not there or not for the user', async (part) => {
    const status = async (item: string) => (await client.call(`${root}/${item}${part}`)).status;
    expect(await status('nothing')).toBe(400);
    expect(await status(itemId())).toBe(200);
    takeRole(instance, instance.login, 'sn_request_write');
    expect(await status(itemId())).toBe(400);
  });

  it.each([
    ['GET', '/x/order_now', 405],
    ['POST', '/x/variables', 405],
    ['POST', '/x', 405],
    ['DELETE', '', 405],
    ['GET', '/x/nothing', 400],
    ['POST', '/x/add_to_cart', 400],
  ])('refuses %s of %j with %i', async (method, path, status) => {
    expect((await client.call(`${root}${path}`, { method })).status).toBe(status);
  });

  it('refuses a wrong login, media types, and who lacks the role for REST', async () => {
    const stranger = makeClient({ url: instance.url, login: 'nobody', password: 'x' });
    expect((await orderNow(access, itemId(), stranger)).status).toBe(401);
    const xml = { body: '<a/>', headers: { 'content-type': 'application/xml' } };
    expect((await client.call(`${root}/${itemId()}/order_now`, xml)).status).toBe(415);
    expect((await client.call(root, { headers: { accept: 'application/xml' } })).status).toBe(406);
    setProperty(instance, 'simulator.rest_api_role.required', 'true');
    takeRole(instance, instance.login, 'snc_platform_rest_api_access');
    expect(await answer(await orderNow(access))).toEqual(
      refusal(403, 'User Not Authorized', 'Failed API level ACL Validation'),
    );
    expect(made()).toEqual([0, 0, 0, 0]);
  });
});
