import { expect, test } from 'vitest';
import { z } from 'zod';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';
import {
  BARE,
  expectOneMarked,
  FROM_CATALOG,
  items,
  killAt,
  queueIsEmpty,
  records,
  SECONDS_90,
  start,
  states,
  ticketCalls,
  UNTRACEABLE,
  userNamed,
} from './request-scenario.ts';

/** No call is made twice because a busy machine was slow to answer. */
const UNHURRIED = { REQUEST_TIMEOUT_SECONDS: '20' };

test.concurrent(
  'an order becomes a request from the catalog for its owner, and closing the item ends it',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { environment } = scenario;
    const host = await scenario.startHost(UNHURRIED);
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    const key = expectOneMarked(scenario);
    const [item] = items(scenario);
    expect(item).toMatchObject({
      requested_for: userNamed(scenario, 'james.bond'),
      short_description: expect.stringContaining('007 - Bond James'),
      description: expect.stringContaining('Closed Complete'),
    });
    expect(ticketCalls(scenario)).toHaveLength(4);
    expect(scenario.logs()).not.toContain('ticket.changedByInstance');
    const values = records(scenario, 'sc_item_option').map(({ value }) => value);
    expect(values).toEqual(expect.arrayContaining([key, 'Added SAP_User_NominativeUser', '007 - Bond James']));
    expect(scenario.results[0]).toMatchObject({
      ProvisioningState: 'Transmitted',
      Ticket: { Table: 'sc_req_item', Number: item?.number, SysId: item?.sys_id },
    });

    await scenario.until(() => queueIsEmpty(scenario));
    environment.servicenow.update('sc_req_item', item?.sys_id ?? '', { state: '3' });
    await scenario.poll(host);
    expect(states(scenario)).toEqual(['Executed', 'Transmitted']);
  },
);

test.concurrent(
  'a request that is rejected, or closed as incomplete, is an error, and each change type may order another item',
  SECONDS_90,
  async () => {
    await using scenario = await start({
      ...FROM_CATALOG,
      CatalogItem: { Added: 'Access Request', Deleted: 'Standard Laptop' },
      AllowBareRequestItem: true,
      CatalogVariables: { details: 'x', account: { Added: '{{Username}}' } },
    });
    const { environment } = scenario;
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder());
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: '2', ChangeType: 'Deleted' }));
    await scenario.until(() => scenario.results.length === 2);
    await scenario.until(() => queueIsEmpty(scenario));
    const [access, laptop] = ['3930001', '2'].map((id) =>
      items(scenario).find(({ correlation_id: key }) => key?.startsWith(`${id}.`)),
    );
    expect(access?.cat_item).not.toBe(laptop?.cat_item);
    environment.servicenow.update('sc_req_item', access?.sys_id ?? '', { state: '4' });
    environment.servicenow.update('sc_req_item', laptop?.sys_id ?? '', { approval: 'rejected' });
    await scenario.poll(host);
    const ended = scenario.results.filter(({ ProvisioningState }) => ProvisioningState === 'Errored');
    expect(ended.map(({ AssignmentId }) => AssignmentId).sort()).toEqual(['2', '3930001']);
  },
);

test.concurrent.each([
  ['is answered too late', { hang: true }],
  ['is answered by a cut connection', { cut: true }],
  ['is answered with 500', { status: 500 }],
  ['is answered with 202', { status: 202 }],
])(
  'an order of the catalog that was carried out and %s is found by its variable, and completed',
  SECONDS_90,
  async (_name, action) => {
    await using scenario = await start(FROM_CATALOG);
    const { environment } = scenario;
    environment.servicenow.addFault({
      match: { method: 'POST', table: 'sc_request' },
      times: 1,
      phase: 'after',
      action,
    });
    await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length >= 1);
    await scenario.until(() => queueIsEmpty(scenario));
    expectOneMarked(scenario);
    expect(states(scenario)).toEqual(['Transmitted']);
  },
);

test.concurrent(
  'without a variable for the key, an order whose answer stays unclear is never repeated and goes to a person',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    const { environment } = scenario;
    environment.servicenow.addFault({
      match: { method: 'POST', table: 'sc_request' },
      times: 1,
      phase: 'after',
      action: { hang: true },
    });
    await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(async () => (await environment.peekPoison()).length > 0 && scenario.results.length > 0);
    expect(items(scenario)).toHaveLength(1);
    expect(states(scenario)).toEqual(['Errored']);
    // Kept at least once.
    for (const kept of await environment.peekPoison())
      expect(kept).toMatchObject({ Reason: expect.stringMatching(/Check by hand.*CatalogCorrelationVariable/i) });
  },
);

test.concurrent(
  'nothing is ordered while the item does not have the variable that the mapping names',
  SECONDS_90,
  async () => {
    await using scenario = await start({ ...FROM_CATALOG, CatalogCorrelationVariable: 'corelation' });
    const { environment } = scenario;
    await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.logs().includes('order.held'));
    expect(scenario.logs()).toMatch(/names variable corelation, which the catalog item does not have/);
    expect(items(scenario)).toEqual([]);
    expect(scenario.results).toEqual([]);
  },
);

test.concurrent(
  'without such a variable an order whose answer came is a ticket like any other',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    await scenario.startHost();
    await scenario.environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    expectOneMarked(scenario);
  },
);

test.concurrent.each([
  ['from the catalog, before it was marked', FROM_CATALOG, { method: 'PATCH', table: 'sc_req_item' }],
  ['from the catalog, before its request was marked', FROM_CATALOG, { method: 'PATCH', table: 'sc_request' }],
  ['without the catalog, before its item was made', BARE, { method: 'POST', table: 'sc_req_item' }],
  ['without the catalog, before its task was made', BARE, { method: 'POST', table: 'sc_task' }],
  [
    'without the catalog, with the key in a field of items alone, before its item was made',
    { ...BARE, CorrelationField: 'u_ordered_by' },
    { method: 'POST', table: 'sc_req_item' },
  ],
  [
    'without the catalog, with the key in a field of items alone, before its task was made',
    { ...BARE, CorrelationField: 'u_ordered_by' },
    { method: 'POST', table: 'sc_task' },
  ],
])('a host killed at a request %s: another one completes that request', SECONDS_90, async (_name, mapping, match) => {
  await using scenario = await start(mapping);
  await killAt(scenario, match);
  await scenario.startHost();
  await scenario.until(() => scenario.results.length >= 1, 80_000);
  await scenario.until(() => queueIsEmpty(scenario));
  expectOneMarked(scenario, 'CorrelationField' in mapping ? mapping.CorrelationField : 'correlation_id');
  expect(states(scenario)).toEqual(['Transmitted']);
  if (mapping.TicketType === 'request' && 'AllowBareRequestItem' in mapping)
    expect(records(scenario, 'sc_task')).toHaveLength(1);
});

test.concurrent(
  'a request that people have begun to work before it was completed is completed without a warning about them',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { servicenow } = scenario.environment;
    await killAt(scenario, { method: 'PATCH', table: 'sc_request' });
    const james = userNamed(scenario, 'james.bond') ?? '';
    const other = records(scenario, 'sys_user').find(({ sys_id }) => sys_id !== james)?.sys_id ?? '';
    servicenow.update('sc_req_item', items(scenario)[0]?.sys_id ?? '', { urgency: '1', requested_for: other });
    await scenario.startHost();
    await scenario.until(() => scenario.results.length >= 1);
    expectOneMarked(scenario);
    expect(scenario.logs()).not.toContain('ticket.changedByInstance');
  },
);

test.concurrent(
  'a request without the catalog is made where the mapping allows it, with a task for the group',
  SECONDS_90,
  async () => {
    await using scenario = await start(BARE);
    const { environment } = scenario;
    await scenario.startHost(UNHURRIED);
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    const key = expectOneMarked(scenario);
    const desk = records(scenario, 'sys_user_group').find(({ name }) => name === 'Service Desk')?.sys_id;
    expect(records(scenario, 'sc_task')).toEqual([
      expect.objectContaining({
        correlation_id: key,
        assignment_group: desk,
        request_item: items(scenario)[0]?.sys_id,
        description: expect.stringContaining('Bond'),
      }),
    ]);
    expect(ticketCalls(scenario)).toHaveLength(3);
    expect(scenario.logs()).not.toContain('ticket.changedByInstance');
  },
);

test.concurrent(
  'what the catalog refuses is an error with its words, and what the mapping lacks makes orders wait',
  SECONDS_90,
  async () => {
    await using refused = await start({ ...FROM_CATALOG, CatalogVariables: { details: 'x' } });
    await refused.startHost();
    await refused.environment.sendOrder(anOrder());
    await refused.until(() => refused.results.length === 1);
    expect(refused.results[0]).toMatchObject({
      ProvisioningState: 'Errored',
      Message: expect.stringMatching(/mandatory/i),
    });
    expect(items(refused)).toEqual([]);

    await using faulty = await start({ TicketType: 'request' });
    await faulty.startHost();
    await faulty.environment.sendOrder(anOrder());
    await faulty.until(() => faulty.logs().includes('order.held'));
    expect(faulty.logs()).toMatch(/AllowBareRequestItem/);
    expect(faulty.results).toEqual([]);
  },
);

const keptIn = z.object({ correlation_id: z.string() });

test.concurrent(
  'the key may stand in another field, and the ticket is found and followed by it',
  SECONDS_90,
  async () => {
    await using scenario = await start({ CorrelationField: 'user_input' });
    const { environment } = scenario;
    environment.servicenow.addFault({
      match: { method: 'POST', table: 'incident' },
      times: 1,
      phase: 'after',
      action: { cut: true },
    });
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length >= 1);
    await scenario.until(() => queueIsEmpty(scenario));
    const [incident, ...more] = records(scenario, 'incident');
    expect(more).toEqual([]);
    expect(incident?.user_input).toMatch(/^3930001\.A\.[0-9a-f]{32}\.1$/);
    expect(keptIn.parse(incident).correlation_id).toBe('');
    environment.servicenow.update('incident', incident?.sys_id ?? '', {
      state: '7',
      close_code: 'Solution provided',
      close_notes: 'Done.',
    });
    await scenario.poll(host);
    expect(states(scenario)).toEqual(['Executed', 'Transmitted']);
  },
);

test.concurrent(
  'a misspelt field for the key makes one ticket, and then orders wait instead of making more',
  SECONDS_90,
  async () => {
    await using scenario = await start({ CorrelationField: 'corelation_id' });
    const { environment } = scenario;
    await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: '2' }));
    await scenario.until(() => scenario.logs().includes('order.held'));
    expect(scenario.logs()).toMatch(/has a field corelation_id \(CorrelationField\)/);
    expect(records(scenario, 'incident')).toHaveLength(1);
    expect(states(scenario)).toEqual(['Transmitted']);
  },
);

test.concurrent(
  'an item that was replaced by another one of its name is not ordered, and does not keep orders waiting',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { servicenow } = scenario.environment;
    servicenow.insert('sc_cat_item', { name: 'Access Request', active: 'false' });
    const active = records(scenario, 'sc_cat_item').find(
      (item) => item.name === 'Access Request' && item.active === 'true',
    );
    await scenario.startHost();
    await scenario.environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    expect(items(scenario)).toEqual([expect.objectContaining({ cat_item: active?.sys_id })]);
  },
);

test.concurrent(
  'an item for a person whom ServiceNow does not know is requested for the fallback caller',
  SECONDS_90,
  async () => {
    await using scenario = await start({ ...FROM_CATALOG, FallbackCaller: 'beth.anglin', CallerWait: 0 });
    await scenario.startHost();
    const owner = { Id: '9', InternalDisplayName: 'Nemo', ServiceNowUserName: 'nemo' };
    await scenario.environment.sendOrder(anOrder({ Owner: owner }));
    await scenario.until(() => scenario.results.length === 1);
    const fallback = userNamed(scenario, 'beth.anglin');
    expect(fallback).toBeTruthy();
    for (const table of ['sc_req_item', 'sc_request'])
      expect(records(scenario, table)).toEqual([expect.objectContaining({ requested_for: fallback })]);
    expect(items(scenario)[0]?.description).toContain('Nemo');
  },
);

test.concurrent(
  'the tasks of an ordered item close it when they are closed, and the order is done',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { environment } = scenario;
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length === 1);
    await scenario.until(() => queueIsEmpty(scenario));
    const [task, ...more] = records(scenario, 'sc_task');
    expect(more).toEqual([]);
    environment.servicenow.update('sc_task', task?.sys_id ?? '', { state: '3' });
    await scenario.poll(host);
    expect(states(scenario)).toEqual(['Executed', 'Transmitted']);
  },
);

test.concurrent(
  'incidents and requests of one connection, with their keys in different fields, are followed by one poll',
  SECONDS_90,
  async () => {
    const common = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };
    await using scenario = await startScenario({
      agentSettings: {
        ServiceNowResourceTypeMappings: {
          SAP_User_NominativeUser: { ...common, CorrelationField: 'user_input' },
          Badge: { ...common, ...FROM_CATALOG, CorrelationField: 'u_ordered_by' },
        },
      },
    });
    const { environment } = scenario;
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: 'sap' }));
    const badge = { Id: '-42', Identifier: 'Badge', TargetEntityType: { Id: '71', Identifier: 'Badge' } };
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: 'badge', ResourceType: badge }));
    await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 2);
    await scenario.until(() => queueIsEmpty(scenario));
    const [incident] = records(scenario, 'incident');
    const [item] = items(scenario);
    expect([incident?.user_input, item?.u_ordered_by]).toEqual([
      expect.stringMatching(/^sap\.A\./),
      expect.stringMatching(/^badge\.A\./),
    ]);
    const done = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
    environment.servicenow.update('incident', incident?.sys_id ?? '', done);
    environment.servicenow.update('sc_req_item', item?.sys_id ?? '', { state: '4' });
    await scenario.poll(host);
    const last = new Map(scenario.results.map((result) => [result.AssignmentId, result.ProvisioningState]));
    expect(Object.fromEntries(last)).toEqual({ sap: 'Executed', badge: 'Errored' });
  },
);

test.concurrent.each([
  ['an incident', {}, 'incident'],
  ['a requested item without the catalog', BARE, 'sc_req_item'],
])(
  '%s that was made although the answer was 500 is taken as it was sent, without a warning',
  SECONDS_90,
  async (_name, mapping, table) => {
    await using scenario = await start({ ...mapping, Fields: { contact_type: 'email' } });
    const match = { method: 'POST', table };
    scenario.environment.servicenow.addFault({ match, times: 1, phase: 'after', action: { status: 500 } });
    await scenario.startHost();
    await scenario.environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length >= 1);
    await scenario.until(() => queueIsEmpty(scenario));
    expect(records(scenario, table)).toEqual([expect.objectContaining({ contact_type: 'email' })]);
    expect(states(scenario)).toEqual(['Transmitted']);
    expect(scenario.logs()).not.toContain('ticket.changedByInstance');
  },
);
