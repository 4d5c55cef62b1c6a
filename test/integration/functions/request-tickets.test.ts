import { expect, test } from 'vitest';
import { z } from 'zod';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

const SECONDS_90 = { timeout: 90_000 };
const VARIABLES = { details: '{{ProvisioningOrder.ChangeType}} {{ResourceType}}', account: '{{Username}}' };
const FROM_CATALOG = {
  TicketType: 'request',
  CatalogItem: 'Access Request',
  CatalogCorrelationVariable: 'correlation',
  CatalogVariables: VARIABLES,
};
const UNTRACEABLE = { TicketType: 'request', CatalogItem: 'Access Request', CatalogVariables: VARIABLES };
const BARE = { TicketType: 'request', AllowBareRequestItem: true, AssignmentGroup: 'Service Desk' };

const start = (mapping: object) =>
  startScenario({
    agentSettings: {
      ServiceNowResourceTypeMappings: {
        SAP_User_NominativeUser: {
          Connection: 'ServiceNowFulfillManual',
          TicketCallerId: 'ServiceNowUserName',
          ...mapping,
        },
      },
    },
  });

const records = ({ environment }: Scenario, table: string) => environment.servicenow.records(table);
const items = (scenario: Scenario) => records(scenario, 'sc_req_item');
const states = ({ results }: Scenario) =>
  [...new Map(results.map(({ ResultId, ProvisioningState }) => [ResultId, ProvisioningState])).values()].sort();
const userNamed = (scenario: Scenario, name: string) =>
  records(scenario, 'sys_user').find(({ user_name: userName }) => userName === name)?.sys_id;

/** Everything the app asked the instance for while making tickets, look-ups of persons and names aside. */
const ticketCalls = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ table }) =>
    ['sc_request', 'sc_req_item', 'sc_task', 'sc_item_option_mtom', 'incident'].includes(table ?? ''),
  );

async function queueIsEmpty({ environment }: Scenario): Promise<boolean> {
  return (await environment.queue('provisioning-orders').getProperties()).approximateMessagesCount === 0;
}

/** Both parts of the one request that there is carry the ticket key. */
function expectOneMarked(scenario: Scenario, field = 'correlation_id'): string {
  const [item, ...more] = items(scenario);
  expect(more).toEqual([]);
  const key = item?.[field] ?? '';
  expect(key).toMatch(/^3930001\.A\.[0-9a-f]{32}\.1$/);
  const [request, ...others] = records(scenario, 'sc_request');
  expect(others).toEqual([]);
  for (const record of [item, request])
    expect(record).toMatchObject({
      [field]: key,
      correlation_display: 'IdentityManager/local/ServiceNowFulfillManual',
    });
  return key;
}

test.concurrent(
  'an order becomes a request from the catalog for its owner, and closing the item ends it',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { environment } = scenario;
    const host = await scenario.startHost();
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
    await scenario.until(async () => (await environment.peekPoison()).length === 1 && scenario.results.length >= 1);
    expect(items(scenario)).toHaveLength(1);
    expect(states(scenario)).toEqual(['Errored']);
    expect(await environment.peekPoison()).toEqual([
      expect.objectContaining({ Reason: expect.stringMatching(/Check by hand.*CatalogCorrelationVariable/i) }),
    ]);
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
])('a host killed at a request %s: another one completes that request', SECONDS_90, async (_name, mapping, match) => {
  await using scenario = await start(mapping);
  const { environment } = scenario;
  const hung = environment.servicenow.addFault({ match, action: { hang: true } });
  const killed = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '20', CLAIM_MARGIN_SECONDS: '2' });
  const committed = environment.servicenow.waitForCommit();
  await environment.sendOrder(anOrder());
  await committed;
  await expect
    .poll(() => records(scenario, match.method === 'POST' ? 'sc_request' : 'sc_req_item').length, { interval: 20 })
    .toBe(1);
  await killed.kill();
  hung();
  await scenario.startHost();
  await scenario.until(() => scenario.results.length >= 1, 80_000);
  await scenario.until(() => queueIsEmpty(scenario));
  expectOneMarked(scenario);
  expect(states(scenario)).toEqual(['Transmitted']);
  if (mapping === BARE) expect(records(scenario, 'sc_task')).toHaveLength(1);
});

test.concurrent(
  'a request without the catalog is made where the mapping allows it, with a task for the group',
  SECONDS_90,
  async () => {
    await using scenario = await start(BARE);
    const { environment } = scenario;
    await scenario.startHost();
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
