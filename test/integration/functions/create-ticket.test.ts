import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEnvelope } from '../../../shared/provisioning/envelope.ts';
import { hostileJson } from '../../hostile-json.ts';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';

const sample = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../../../infra/local/orders/${name}.json`, import.meta.url), 'utf8'));

test('an order becomes an incident a person can work from, and its state Transmitted with number and link', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  await environment.sendOrder(await sample('modified-with-links'));
  await scenario.until(() => results.length === 1);

  const [incident] = environment.servicenow.records('incident');
  const caller = environment.servicenow.records('sys_user').find((user) => user.user_name === 'james.bond');
  expect(incident).toMatchObject({
    short_description: 'Change SAP_User_NominativeUser for 007 - Bond James',
    caller_id: caller?.sys_id,
    category: 'software',
    impact: '3',
    urgency: '2',
    correlation_display: 'IdentityManager/local/ServiceNowFulfillManual',
  });
  expect(incident?.correlation_id).toMatch(/^3930001\.M\.[0-9a-f]{32}\.1$/);
  expect(incident?.description).toContain('- lastName: Bond → Bond-Moneypenny');
  expect(incident?.description).toContain('- site: London → Paris');
  expect(incident?.description).toContain('- roles: add FI clerk, SAP_MM_VIEW');
  expect(incident?.description).toContain('- roles: remove HR viewer');

  const [result] = results;
  expect(result).toMatchObject({
    v: 1,
    ResultId: `${incident?.correlation_id}:1`,
    Sequence: 1,
    Generation: 1,
    AssignmentId: '3930001',
    ChangeType: 'Modified',
    OwnerId: '21511',
    OwnerType: '51',
    ResourceType: 'SAP_User_NominativeUser',
    ProvisioningState: 'Transmitted',
    Ticket: {
      Connection: 'ServiceNowFulfillManual',
      Table: 'incident',
      Number: incident?.number,
      SysId: incident?.sys_id,
    },
  });
  expect(result?.TraceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/);
  const page = await fetch(result?.Ticket?.Url ?? '');
  expect(await page.text()).toContain(incident?.number);

  await scenario.until(async () => (await ledgerRow(scenario.environment, incident?.correlation_id))?.State === 'open');
  expect(await ledgerRow(environment, incident?.correlation_id)).toMatchObject({
    State: 'open',
    Number: incident?.number,
    SysId: incident?.sys_id,
    Sequence: 1,
  });
});

test('a list becomes one ticket per order, and one bad order in it holds up nobody', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const bad = anOrder({ AssignedResourceTypeId: '1', ChangeType: 'None' });
  await environment.sendOrder({ ProvisioningOrdersList: [anOrder(), bad, anOrder({ AssignedResourceTypeId: '2' })] });
  await scenario.until(() => results.length === 3);
  expect(new Map(results.map((result) => [result.AssignmentId, result.ProvisioningState]))).toEqual(
    new Map([
      ['3930001', 'Transmitted'],
      ['1', 'Errored'],
      ['2', 'Transmitted'],
    ]),
  );
  expect(environment.servicenow.records('incident')).toHaveLength(2);
});

test('what no order can be read from goes to poison with a reason, and the next message is unaffected', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  // Hidden for long, so that each is delivered once.
  await scenario.startHost({}, 60_000);
  const rubbish = [
    123,
    null,
    'x',
    [],
    {},
    { ProvisioningOrdersList: [] },
    { AssignedResourceTypeId: {}, ChangeType: 1 },
    { OrdersBlob: 'no/such.json' },
  ];
  for (const body of rubbish) await environment.sendOrder(body);
  const queue = environment.queue('provisioning-orders');
  await queue.sendMessage(Buffer.from('not JSON', 'utf8').toString('base64'));
  await environment.sendOrder(anOrder());
  await scenario.until(
    async () => results.length === 1 && (await environment.peekPoison()).length === rubbish.length + 1,
  );
  expect(results[0]?.ProvisioningState).toBe('Transmitted');
  for (const message of await environment.peekPoison()) {
    expect(message).toMatchObject({
      v: 1,
      Reason: expect.stringMatching(/^Expected .+, (got|found) /),
      DeliveryId: expect.any(String),
    });
  }
});

test('an order that can not be understood but names its assignment gets an Errored result and keeps its content in poison', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const noType = { AssignedResourceTypeId: '55', ChangeType: 'Added', Owner: { Id: '9' }, Further: { kept: true } };
  await environment.sendOrder(noType);
  await environment.sendOrder(await sample('unknown-resource-type'));
  await scenario.until(async () => results.length === 2 && (await environment.peekPoison()).length === 2);
  const byAssignment = new Map(results.map((result) => [result.AssignmentId, result]));
  expect(byAssignment.get('55')).toMatchObject({
    ProvisioningState: 'Errored',
    OwnerId: '9',
    Message: expect.stringContaining('ResourceType'),
  });
  expect(byAssignment.get('3930005')?.Message).toContain('Nobody_Mapped_This');
  expect(await environment.peekPoison()).toContainEqual(expect.objectContaining({ Order: noType }));
});

test('an order nested too deeply is refused by name, and the others of its list become tickets', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const deep = JSON.stringify(anOrder({ AssignedResourceTypeId: 'deep' })).replace(
    '"Changes":',
    `"More":${'['.repeat(1_000)}${']'.repeat(1_000)},"Changes":`,
  );
  const neighbour = JSON.stringify(anOrder({ AssignedResourceTypeId: 'neighbour' }));
  const send = (text: string) =>
    environment.queue('provisioning-orders').sendMessage(Buffer.from(text, 'utf8').toString('base64'));
  await send(`{"ProvisioningOrdersList":[${deep},${neighbour}]}`);
  await send('['.repeat(1_000) + ']'.repeat(1_000));
  await scenario.until(async () => results.length === 2 && (await environment.peekPoison()).length === 2);
  expect(new Map(results.map(({ AssignmentId, ProvisioningState }) => [AssignmentId, ProvisioningState]))).toEqual(
    new Map([
      ['deep', 'Errored'],
      ['neighbour', 'Transmitted'],
    ]),
  );
  for (const message of await environment.peekPoison())
    expect(message).toMatchObject({ Reason: expect.stringContaining('at most 32 levels of nesting') });
});

test('whatever JSON is sent ends in poison of ours with a reason, and the platform gives nothing up', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const bodies = fc.sample(fc.oneof(hostileJson, fc.jsonValue()), { numRuns: 30, seed: 20261125 });
  for (const body of bodies) await environment.sendOrder(body);
  await environment.sendOrder(anOrder());
  await scenario.until(async () => results.length > 0 && (await queueLength(environment)) === 0);
  const kept = new Map(
    (await environment.peekPoison()).map((message) => {
      const envelope = readEnvelope(message);
      expect(envelope?.Reason).toMatch(/^Expected .+, (got|found) /);
      return [envelope?.DeliveryId, envelope];
    }),
  );
  expect(kept.size).toBe(bodies.length);
  expect(environment.servicenow.records('incident')).toHaveLength(1);
});

test('members that imitate trigger metadata change nothing about what a repeat is', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  await environment.sendOrder(anOrder({ Id: 'x', dequeueCount: 99, INSERTIONTIME: 'never', popReceipt: 'p' }));
  await scenario.until(() => results.length === 1);
  expect(results[0]).toMatchObject({ ProvisioningState: 'Transmitted' });
  expect(environment.servicenow.records('incident')).toHaveLength(1);
});

test('orders too large for a message come and go by blob', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const large = (id: string) =>
    anOrder({ AssignedResourceTypeId: id, Changes: { identifier: id, comment: 'é'.repeat(40_000) } });
  await environment
    .container('provisioning-orders')
    .getBlockBlobClient('lists/1.json')
    .uploadData(Buffer.from(JSON.stringify({ ProvisioningOrdersList: [large('1'), large('2')] })));
  await environment.sendOrder({ OrdersBlob: 'lists/1.json' });
  await scenario.until(() => results.length === 2);
  const incidents = environment.servicenow.records('incident');
  expect(incidents).toHaveLength(2);
  for (const { description } of incidents) expect(description?.length).toBeLessThanOrEqual(4_000);
});

async function ledgerRow(
  environment: { table(name: string): { getEntity(partition: string, row: string): Promise<Record<string, unknown>> } },
  key: string | undefined,
) {
  return environment
    .table('tickets')
    .getEntity('ServiceNowFulfillManual', key ?? '')
    .catch(() => undefined);
}

async function queueLength(environment: {
  queue(name: string): { getProperties(): Promise<{ approximateMessagesCount?: number }> };
}) {
  return (await environment.queue('provisioning-orders').getProperties()).approximateMessagesCount;
}

test('an order waits without an Errored while nothing is mapped, can be seen waiting, and goes on when it is', async () => {
  await using scenario = await startScenario({ agentSettings: {} });
  const { environment, results } = scenario;
  await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '0.1' });
  await environment.sendOrder(anOrder());
  await scenario.until(() => (scenario.logs().match(/order\.held/g) ?? []).length >= 2);
  const waiting = async () => {
    const rows = [];
    for await (const row of environment.table('tickets').listEntities())
      if (row.rowKey?.startsWith('_waiting.')) rows.push(row);
    return rows;
  };
  expect(await waiting()).toMatchObject([
    {
      partitionKey: '_none',
      State: 'waiting',
      Reason: expect.stringContaining('add a mapping'),
      NotBefore: expect.any(String),
      Since: expect.any(String),
    },
  ]);
  expect(results).toEqual([]);
  const mapping = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };
  const settings = JSON.stringify({ ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: mapping } });
  await environment
    .container('settings')
    .getBlockBlobClient('appsettings.agent.json')
    .uploadData(Buffer.from(settings));
  await scenario.until(() => results.length === 1);
  expect(results[0]?.ProvisioningState).toBe('Transmitted');
  expect(await waiting()).toEqual([]);
});

test('two orders of one assignment that arrive at the same moment know of each other', async () => {
  await using scenario = await startScenario({ servicenow: { latencyInMs: 100 } });
  const { environment, results } = scenario;
  for (let round = 0; round < 8; round += 1) {
    const order = anOrder({ AssignedResourceTypeId: `8${round}` });
    const removal = { ...order, ChangeType: 'Deleted', Changes: {}, Resource: { identifier: 'x' } };
    await environment.sendOrder({ ProvisioningOrdersList: [order, removal] });
  }
  await scenario.startHost();
  await scenario.until(() => results.length === 16, 35_000);
  const notes = environment.servicenow
    .records('incident')
    .filter(({ description }) => description?.startsWith('NOTE: '));
  expect(notes).toHaveLength(8);
});

test('an order that can not be recorded as it is, is recorded as well as can be', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  await scenario.startHost();
  const long = 'x'.repeat(40_000);
  const odd = [
    anOrder({ AssignedResourceTypeId: '1', ChangeType: long }),
    anOrder({ AssignedResourceTypeId: '2', ResourceType: { Identifier: `\ud800${long}` } }),
    anOrder({ AssignedResourceTypeId: '3', Owner: { Id: '9', ServiceNowUserName: long } }),
  ];
  for (const order of odd) {
    const path = `${order.AssignedResourceTypeId}.json`;
    const blob = environment.container('provisioning-orders').getBlockBlobClient(path);
    await blob.uploadData(Buffer.from(JSON.stringify(order)));
    await environment.sendOrder({ OrdersBlob: path });
  }
  await environment.sendOrder({ OrdersBlob: '../settings/appsettings.agent.json' });
  await scenario.until(async () => results.length === 3 && (await environment.peekPoison()).length === 3);
  const states = new Map(results.map((result) => [result.AssignmentId, result.ProvisioningState]));
  expect(states).toEqual(
    new Map([
      ['1', 'Errored'],
      ['2', 'Errored'],
      ['3', 'Transmitted'],
    ]),
  );
});

test('an order is not given up, and not poisoned by the platform, while that can not be written down', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  const tickets = environment.table('tickets');
  await tickets.deleteTable();
  await scenario.startHost();
  await environment.sendOrder(await sample('unknown-resource-type'));
  await scenario.until(() => (scenario.logs().match(/order\.deferred/g) ?? []).length >= 2);
  expect(await environment.peekPoison()).toEqual([]);
  await tickets.createTable();
  await scenario.until(async () => results.length === 1 && (await environment.peekPoison()).length === 1);
  expect(results[0]?.ProvisioningState).toBe('Errored');
});
