import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { idOf } from './administer.ts';
import { type Client, makeClient } from './client.ts';

// Source: "State closure in the request fulfillment execution plan" of the product documentation, and the states of requests
// that clients know.

let instance: ServiceNow;
let client: Client;
let now: Date;

beforeEach(async () => {
  now = new Date('2026-11-23T10:00:00Z');
  instance = await startServiceNow({ now: () => now });
  client = makeClient(instance);
});
afterEach(() => instance.close());

const userId = (name: string) => idOf(instance, 'sys_user', `user_name=${name}`);
const only = (table: string, query: string) => instance.records(table, query)[0] ?? {};

/** Orders an item, and gives the means to look at what it made and to work on it as somebody at the desk. */
const order = async (name = 'Access Request') => {
  const item = idOf(instance, 'sc_cat_item', `name=${name}`);
  const { request_id } = await client.one(`/api/sn_sc/servicecatalog/items/${item}/order_now`, {
    body: { sysparm_quantity: 1, variables: { account: 'jdoe' } },
  });
  const request = String(request_id);
  const ritm = idOf(instance, 'sc_req_item', `request=${request}`);
  return {
    request,
    item: ritm,
    now: () => ({
      request: only('sc_request', `sys_id=${request}`),
      item: only('sc_req_item', `sys_id=${ritm}`),
      tasks: instance.records('sc_task', `request_item=${ritm}`),
    }),
    /** Adds a task to those of the flow. */
    addTask: () => instance.insert('sc_task', { request_item: ritm, request }).sys_id ?? '',
    taskId: () => instance.records('sc_task', `request_item=${ritm}`)[0]?.sys_id ?? '',
  };
};

describe('closing catalog tasks', () => {
  it.each([
    ['3', '3', '3', 'closed_complete'],
    ['4', '4', '4', 'closed_incomplete'],
    ['7', '7', '7', 'closed_skipped'],
    ['3', '4', '4', 'closed_incomplete'],
    ['4', '7', '4', 'closed_incomplete'],
    ['3', '7', '3', 'closed_complete'],
  ])('in states %s and %s closes the item in %s and the request as %s', async (first, second, state, requestState) => {
    const made = await order();
    const other = made.addTask();
    now = new Date('2026-11-23T11:00:00Z');
    instance.update('sc_task', made.taskId(), { state: first });
    expect(made.now()).toMatchObject({
      request: { request_state: 'in_process', active: 'true' },
      item: { state: '1', active: 'true', closed_at: '' },
      tasks: [
        { active: 'false', closed_at: '2026-11-23 11:00:00', closed_by: userId('beth.anglin') },
        { active: 'true' },
      ],
    });
    now = new Date('2026-11-23T12:00:00Z');
    instance.update('sc_task', other, { state: second });
    const closed = { active: 'false', closed_at: '2026-11-23 12:00:00', closed_by: userId('beth.anglin'), state };
    expect(made.now()).toMatchObject({ request: { ...closed, request_state: requestState }, item: closed });
    expect(made.now().item.sys_updated_by).toBe('beth.anglin');
  });

  it('closes what is above as the user who closed the task', async () => {
    const made = await order();
    const { status } = await client.call(`/api/now/table/sc_task/${made.taskId()}`, {
      method: 'PATCH',
      body: { state: '3', close_notes: 'Done' },
    });
    expect(status).toBe(200);
    const closed = { active: 'false', closed_by: userId(instance.login) };
    expect(made.now()).toMatchObject({ request: closed, item: closed, tasks: [{ ...closed, close_notes: 'Done' }] });
  });

  it('changes nothing in an item that was closed by hand, nor in one that no flow fulfils', async () => {
    const made = await order();
    instance.update('sc_req_item', made.item, { state: '4' });
    expect(made.now()).toMatchObject({ request: { request_state: 'closed_incomplete' }, tasks: [{ active: 'true' }] });
    instance.update('sc_task', made.taskId(), { state: '3' });
    expect(made.now()).toMatchObject({ request: { request_state: 'closed_incomplete' }, item: { state: '4' } });
    const { sys_id: item = '' } = instance.insert('sc_req_item', {});
    const { sys_id: task = '' } = instance.insert('sc_task', { request_item: item });
    instance.update('sc_task', task, { state: '3' });
    expect(only('sc_req_item', `sys_id=${item}`)).toMatchObject({ state: '1', active: 'true' });
  });
});

describe('a requested item', () => {
  it.each(['sc_req_item', 'sc_task'])('and its tasks (%s) can be opened again, and closed once more', async (table) => {
    const made = await order();
    instance.update('sc_task', made.taskId(), { state: '3' });
    const id = table === 'sc_task' ? made.taskId() : made.item;
    expect(instance.update(table, id, { state: '2' })).toMatchObject({ active: 'true', closed_at: '', closed_by: '' });
    now = new Date('2026-11-24T10:00:00Z');
    expect(instance.update(table, id, { state: '4' }, 'elise')).toMatchObject({
      active: 'false',
      closed_at: '2026-11-24 10:00:00',
      closed_by: userId('elise'),
    });
  });

  it('that is closed remembers who closed it and when, whatever else is written', async () => {
    const made = await order();
    instance.update('sc_req_item', made.item, { state: '3' });
    now = new Date('2026-11-24T10:00:00Z');
    for (const values of [{ work_notes: 'Too late' }, { state: '4' }]) {
      expect(instance.update('sc_req_item', made.item, values, 'elise')).toMatchObject({
        closed_at: '2026-11-23 10:00:00',
        closed_by: userId('beth.anglin'),
      });
    }
  });

  it('made through the Table API starts no flow: it has no task, and no stage', async () => {
    const request = await client.create('sc_request', { requested_for: userId('elise') });
    expect(request).toMatchObject({ number: 'REQ0010001', request_state: 'in_process', approval: 'approved' });
    const item = await client.create('sc_req_item', {
      request: request.sys_id,
      cat_item: idOf(instance, 'sc_cat_item', 'name=Access Request'),
      approval: 'requested',
      flow_context: 'x',
    });
    expect(item).toMatchObject({ number: 'RITM0010001', state: '1', active: 'true', stage: '', flow_context: '' });
    instance.update('sc_req_item', String(item.sys_id), { approval: 'approved' });
    expect(instance.records('sc_task')).toEqual([]);
    expect(instance.records('sc_item_option_mtom')).toEqual([]);
    const task = await client.create('sc_task', { request_item: item.sys_id });
    expect(task).toMatchObject({ number: 'SCTASK0010001', request_item: { value: item.sys_id } });
  });

  it('closes the request when it is the last one', async () => {
    const { sys_id: request = '' } = instance.insert('sc_request', {});
    const items = [1, 2].map(() => instance.insert('sc_req_item', { request }).sys_id ?? '');
    const state = () => only('sc_request', `sys_id=${request}`);
    instance.update('sc_req_item', items[0] ?? '', { state: '7' });
    expect(state()).toMatchObject({ request_state: 'in_process', state: '1', active: 'true' });
    instance.update('sc_req_item', items[1] ?? '', { state: '7' });
    expect(state()).toMatchObject({
      request_state: 'closed_skipped',
      state: '7',
      active: 'false',
      closed_by: userId('beth.anglin'),
    });
  });

  it('is a task to whoever looks at all tasks', async () => {
    const made = await order();
    const record = await client.one(`/api/now/table/task/${made.item}?sysparm_display_value=all`);
    expect(record).toMatchObject({ sys_class_name: { value: 'sc_req_item', display_value: 'Requested Item' } });
    expect(record).not.toHaveProperty('request');
  });
});

describe('a request', () => {
  it.each([
    [{ request_state: 'submitted' }, { request_state: 'in_process', approval: 'approved', stage: 'request_approved' }],
    [{ request_state: 'requested' }, { request_state: 'requested', approval: 'requested', stage: 'requested' }],
    [{ approval: 'requested' }, { request_state: 'requested', approval: 'requested' }],
    [{ request_state: 'closed_cancelled' }, { state: '4', stage: 'closed_cancelled', active: 'false' }],
    [{ state: '3' }, { request_state: 'closed_complete', state: '3', active: 'false' }],
    [{ state: '2' }, { request_state: 'in_process', state: '2', active: 'true' }],
    [
      { state: '3', request_state: 'closed_skipped' },
      { request_state: 'closed_skipped', state: '7' },
    ],
    [{ request_state: 'nonsense' }, { request_state: 'in_process' }],
  ])('made with %j is stored as %j', async (values, stored) => {
    expect(await client.create('sc_request', values)).toMatchObject(stored);
  });

  it('that is cancelled closes its items and their tasks incomplete, but for those that are closed', async () => {
    const made = await order();
    const done = made.addTask();
    instance.update('sc_task', done, { state: '3' });
    instance.update('sc_request', made.request, { request_state: 'closed_cancelled' }, 'james.bond');
    const closed = { state: '4', active: 'false', closed_by: userId('james.bond') };
    expect(made.now()).toMatchObject({
      request: { ...closed, request_state: 'closed_cancelled' },
      item: closed,
      tasks: [closed, { state: '3', closed_by: userId('beth.anglin') }],
    });
  });

  it('that is cancelled stays so, whatever becomes of its items', async () => {
    const made = await order();
    instance.update('sc_request', made.request, { request_state: 'closed_cancelled' });
    for (const state of ['2', '3']) instance.update('sc_req_item', made.item, { state });
    expect(made.now()).toMatchObject({ request: { request_state: 'closed_cancelled' }, item: { state: '3' } });
  });

  it.each([
    [{ request_state: 'in_process' }, '1'],
    [{ state: '2' }, '2'],
  ])('can be opened again by %j', async (values, state) => {
    const made = await order();
    instance.update('sc_request', made.request, { request_state: 'closed_cancelled' });
    expect(instance.update('sc_request', made.request, values)).toMatchObject({
      request_state: 'in_process',
      state,
      active: 'true',
      closed_at: '',
    });
  });
});

describe('an item that needs approval', () => {
  const waiting = async () => {
    const made = await order('Standard Laptop');
    expect(made.now()).toMatchObject({
      request: { request_state: 'requested', approval: 'requested', active: 'true' },
      item: { approval: 'requested', state: '1', active: 'true', stage: 'waiting_for_approval' },
      tasks: [],
    });
    return made;
  };

  it.each(['sc_req_item', 'sc_request'])('goes on to its task when %s is approved, once', async (table) => {
    const made = await waiting();
    const id = table === 'sc_request' ? made.request : made.item;
    instance.update(table, id, { approval: 'approved' });
    instance.update('sc_req_item', made.item, { approval: 'approved', work_notes: 'Once more' });
    const desk = idOf(instance, 'sys_user_group', 'name=Service Desk');
    expect(made.now()).toMatchObject({
      request: { request_state: 'in_process', approval: 'approved' },
      item: { approval: 'approved', state: '1', stage: 'fulfillment' },
    });
    expect(made.now().tasks).toEqual([expect.objectContaining({ assignment_group: desk, state: '1' })]);
    instance.update('sc_task', made.taskId(), { state: '3' });
    expect(made.now()).toMatchObject({ request: { request_state: 'closed_complete' }, item: { state: '3' } });
  });

  it.each(['sc_req_item', 'sc_request'])('is closed as rejected when %s is rejected', async (table) => {
    const made = await waiting();
    const id = table === 'sc_request' ? made.request : made.item;
    instance.update(table, id, { approval: 'rejected' }, 'james.bond');
    const closed = { approval: 'rejected', state: '4', active: 'false', closed_by: userId('james.bond') };
    expect(made.now()).toMatchObject({
      request: { ...closed, request_state: 'closed_rejected' },
      item: { ...closed, stage: 'request_cancelled' },
      tasks: [],
    });
  });

  it('waits for every item of its request, and of several one that is rejected makes it incomplete', async () => {
    const made = await waiting();
    const other = instance.insert('sc_req_item', { request: made.request, approval: 'requested' }).sys_id ?? '';
    instance.update('sc_req_item', made.item, { approval: 'approved' });
    expect(made.now().request).toMatchObject({ request_state: 'requested' });
    instance.update('sc_req_item', other, { approval: 'rejected' });
    expect(made.now().request).toMatchObject({ request_state: 'requested', active: 'true' });
    instance.update('sc_task', made.taskId(), { state: '3' });
    expect(made.now().request).toMatchObject({ request_state: 'closed_incomplete', approval: 'requested' });
  });
});
