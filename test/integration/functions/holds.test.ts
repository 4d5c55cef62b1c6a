import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { runTool, settingsOf } from '../infra/tools/run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const HIDDEN_FOR_IN_MS = 30_000;
const LONG = { timeout: 120_000 };

const incidents = ({ environment }: Scenario) => environment.servicenow.records('incident');
const posts = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/incident'));
const seen = ({ results }: Scenario) => new Set(results.map(({ AssignmentId }) => AssignmentId));
const count = (scenario: Scenario, text: string) => scenario.logs().split(text).length - 1;
const placed = (scenario: Scenario) => count(scenario, '"event":"hold.placed"');
const ended = (scenario: Scenario) => count(scenario, '"event":"hold.ended"');
const held = (scenario: Scenario) => count(scenario, '"event":"order.held"');

async function sendOrders({ environment }: Scenario, many: number, name = 'o'): Promise<void> {
  for (let index = 0; index < many; index += 1)
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `${name}${index}` }));
}

async function startHosts(scenario: Scenario, hosts: number, settings = {}) {
  return Promise.all(Array.from({ length: hosts }, () => scenario.startHost(settings, HIDDEN_FOR_IN_MS)));
}

/** Runs an operator's command. */
async function run({ environment }: Scenario, tool: 'connections' | 'orders', ...args: string[]) {
  return runTool(tool, args, settingsOf(environment));
}

/** Every order has its one ticket and its state, and nothing was given up. */
async function expectEveryOrderDone(scenario: Scenario, orders: number): Promise<void> {
  await scenario.until(() => seen(scenario).size === orders);
  expect(incidents(scenario)).toHaveLength(orders);
  expect(new Set(incidents(scenario).map(({ correlation_id }) => correlation_id)).size).toBe(orders);
  expect(new Set(scenario.results.map(({ ProvisioningState }) => ProvisioningState))).toEqual(new Set(['Transmitted']));
  expect(await scenario.environment.peekPoison()).toEqual([]);
}

/** What lies hidden in the queue of orders, as the ledger keeps it. */
async function waitingEnvelopes({ environment }: Scenario): Promise<unknown[]> {
  const envelopes: unknown[] = [];
  for await (const { Envelope } of environment.table('tickets').listEntities()) {
    if (Envelope instanceof Uint8Array) envelopes.push(JSON.parse(Buffer.from(Envelope).toString()));
  }
  return envelopes;
}

/** The most POSTs of one moment. */
function mostAtOnce(scenario: Scenario): number {
  const spans = posts(scenario).map(({ at, durationInMs }) => ({
    from: Date.parse(at),
    to: Date.parse(at) + durationInMs,
  }));
  return Math.max(...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
}

test.concurrent(
  'an account refused for a while: two hosts and many orders, one probe at a time, one alert; then all tickets are made',
  LONG,
  async () => {
    await using scenario = await startScenario({ servicenow: { latencyInMs: 100 } });
    const { servicenow } = scenario.environment;
    const restore = servicenow.addFault({ match: { method: 'POST', table: 'incident' }, action: { status: 403 } });
    await sendOrders(scenario, 1);
    await startHosts(scenario, 2);
    await scenario.until(() => placed(scenario) > 0);
    const before = posts(scenario).length;
    const since = Date.now();
    await sendOrders(scenario, 12, 'p');
    // Every order has been looked at several times.
    await scenario.until(() => held(scenario) >= 60);
    const probes = posts(scenario).slice(before);
    const seconds = (Date.now() - since) / 1000;
    expect(probes.length).toBeGreaterThan(0);
    // Storage's clock shows whole seconds, and HOLD_SECONDS is one here: one probe a second at the most.
    expect(probes.length).toBeLessThanOrEqual(seconds + 2);
    expect(mostAtOnce(scenario)).toBe(1);
    expect(scenario.results).toEqual([]);
    restore();
    await expectEveryOrderDone(scenario, 13);
    expect([placed(scenario), ended(scenario)]).toEqual([1, 1]);
  },
);

test.concurrent('a hold outlives the process that placed it', LONG, async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const restore = servicenow.addFault({ match: { method: 'POST', table: 'incident' }, action: { status: 403 } });
  await sendOrders(scenario, 1);
  const killed = await scenario.startHost({ HOLD_SECONDS: '5' });
  await scenario.until(() => placed(scenario) > 0 && held(scenario) > 0);
  await killed.kill();
  await sendOrders(scenario, 3, 'p');
  const before = posts(scenario).length;
  const since = Date.now();
  await scenario.startHost({ HOLD_SECONDS: '5', DEFERRAL_FIRST_SECONDS: '5' });
  await scenario.until(() => held(scenario) >= 4);
  // A probe every five seconds, by storage's clock of whole seconds, instead of one for each order.
  expect(posts(scenario).length - before).toBeLessThanOrEqual(1 + (Date.now() - since) / 4_000);
  restore();
  await expectEveryOrderDone(scenario, 4);
  expect([placed(scenario), ended(scenario)]).toEqual([1, 1]);
});

test.concurrent(
  'an order that is refused while others are not holds them once, and is then given up alone',
  LONG,
  async () => {
    const mapping = { Connection: CONNECTION, TicketCallerId: 'ServiceNowUserName' };
    await using scenario = await startScenario({
      agentSettings: {
        ServiceNowResourceTypeMappings: {
          SAP_User_NominativeUser: mapping,
          Requested: { ...mapping, TicketType: 'request', AllowBareRequestItem: true },
        },
      },
    });
    const { environment } = scenario;
    environment.servicenow.addFault({ match: { method: 'POST', table: 'sc_request' }, action: { status: 403 } });
    await startHosts(scenario, 2);
    const alone = anOrder({ AssignedResourceTypeId: 'alone', ResourceType: { Identifier: 'Requested' } });
    await environment.sendOrder(alone);
    await scenario.until(() => placed(scenario) === 1);
    await sendOrders(scenario, 3);
    await scenario.until(() => seen(scenario).size === 4);
    expect(incidents(scenario)).toHaveLength(3);
    expect(scenario.results.filter(({ AssignmentId }) => AssignmentId === 'alone')).toMatchObject([
      { ProvisioningState: 'Errored' },
    ]);
    // It goes there once its result is sent.
    await scenario.until(async () => (await environment.peekPoison()).length === 1);
    expect(await environment.peekPoison()).toMatchObject([{ Reason: expect.stringContaining('403') }]);
    expect([placed(scenario), ended(scenario)]).toEqual([1, 1]);
  },
);

test.concurrent(
  'the same refusal five times running holds the resource type; no further order is given up',
  LONG,
  async () => {
    await using scenario = await startScenario();
    const { servicenow } = scenario.environment;
    const refused = { error: { message: 'Operation Failed', detail: 'Category is not allowed' }, status: 'failure' };
    const restore = servicenow.addFault({
      match: { method: 'POST', table: 'incident' },
      action: { status: 400, body: refused },
    });
    await startHosts(scenario, 2);
    for (let order = 0; order < 4; order += 1) {
      await sendOrders(scenario, 1, `r${order}`);
      await scenario.until(() => scenario.results.length === order + 1);
    }
    await sendOrders(scenario, 6, 'p');
    await scenario.until(() => placed(scenario) === 1 && held(scenario) >= 20);
    expect(scenario.results.map(({ ProvisioningState }) => ProvisioningState)).toEqual(Array(4).fill('Errored'));
    restore();
    await scenario.until(() => seen(scenario).size === 10);
    expect(incidents(scenario)).toHaveLength(6);
    expect(scenario.results.filter(({ ProvisioningState }) => ProvisioningState === 'Errored')).toHaveLength(4);
    expect([placed(scenario), ended(scenario)]).toEqual([1, 1]);
  },
);

test.concurrent(
  'paused by an operator: no call to ServiceNow, no attempt spent; resumed, everything goes on',
  LONG,
  async () => {
    await using scenario = await startScenario();
    const { servicenow } = scenario.environment;
    const paused = await run(scenario, 'connections', 'pause', CONNECTION, '--reason', 'maintenance');
    expect(paused).toMatchObject({ exitCode: 0 });
    await sendOrders(scenario, 3);
    await startHosts(scenario, 2);
    await scenario.until(() => held(scenario) >= 15);
    expect(servicenow.requests).toEqual([]);
    expect(scenario.logs()).toContain('maintenance');
    expect(scenario.logs()).not.toMatch(/"event":"order.held".*"attempt":[1-9]/);
    expect(await run(scenario, 'connections', 'resume', CONNECTION)).toMatchObject({ exitCode: 0 });
    await expectEveryOrderDone(scenario, 3);
    expect([placed(scenario), ended(scenario)]).toEqual([0, 1]);
  },
);

test.concurrent(
  'a limit of three new tickets a day: two hosts make exactly three; a release lets as many go again',
  LONG,
  async () => {
    await using scenario = await startScenario({ connectionSettings: { MaxNewTicketsPerDay: '3' } });
    await sendOrders(scenario, 8);
    await startHosts(scenario, 2);
    await scenario.until(() => seen(scenario).size === 3 && held(scenario) >= 25);
    expect(incidents(scenario)).toHaveLength(3);
    expect(posts(scenario)).toHaveLength(3);
    expect(placed(scenario)).toBe(1);
    const released = await run(scenario, 'connections', 'release', CONNECTION);
    expect(released).toMatchObject({ exitCode: 0 });
    expect(released.stdout).toContain('3 more');
    await scenario.until(() => seen(scenario).size === 6);
    const before = held(scenario);
    await scenario.until(() => held(scenario) >= before + 8);
    expect(incidents(scenario)).toHaveLength(6);
    expect(await run(scenario, 'connections', 'release', CONNECTION)).toMatchObject({ exitCode: 0 });
    await expectEveryOrderDone(scenario, 8);
  },
);

test.concurrent(
  'a limit counts new tickets only: repeats, absorbed orders and adopted tickets are free',
  LONG,
  async () => {
    await using scenario = await startScenario({ connectionSettings: { MaxNewTicketsPerDay: '2' } });
    const { servicenow } = scenario.environment;
    // Made, and the answer lost: it is looked for, and adopted.
    servicenow.addFault({
      match: { method: 'POST', table: 'incident' },
      phase: 'after',
      times: 1,
      action: { cut: true },
    });
    await startHosts(scenario, 1);
    await sendOrders(scenario, 1);
    await scenario.until(() => seen(scenario).size === 1);
    for (let again = 0; again < 3; again += 1) await sendOrders(scenario, 1);
    await scenario.until(() => count(scenario, '"event":"delivery.absorbed"') === 3);
    await sendOrders(scenario, 1, 'p');
    await expectEveryOrderDone(scenario, 2);
    expect(placed(scenario)).toBe(0);
  },
);

test.concurrent(
  'an operator sends one waiting order at once and drops another: one ticket, one Errored, and no repeat of either',
  LONG,
  async () => {
    await using scenario = await startScenario();
    const { environment } = scenario;
    // Nothing comes back by itself while the test runs.
    const slow = { HOLD_SECONDS: '900' };
    await run(scenario, 'connections', 'pause', CONNECTION);
    const host = await scenario.startHost(slow, HIDDEN_FOR_IN_MS);
    await sendOrders(scenario, 2);
    await scenario.until(() => held(scenario) === 2);
    const listed: { orders: { deliveryId: string; summary: string }[] } = JSON.parse(
      (await run(scenario, 'orders', 'waiting', '--json')).stdout,
    );
    const idOf = (name: string) => listed.orders.find(({ summary }) => summary.includes(name))?.deliveryId ?? '';
    const originals = await waitingEnvelopes(scenario);
    expect(await run(scenario, 'orders', 'drop', idOf('o1'))).toMatchObject({ exitCode: 0 });
    await run(scenario, 'connections', 'resume', CONNECTION);
    // What it knew of the pause is a second old at the most.
    await host.kill();
    await scenario.startHost(slow, HIDDEN_FOR_IN_MS);
    expect(await run(scenario, 'orders', 'release', idOf('o0'))).toMatchObject({ exitCode: 0 });
    await scenario.until(() => seen(scenario).size === 2);
    expect(incidents(scenario)).toHaveLength(1);
    // The hidden originals come back at last.
    for (const original of originals) await environment.sendOrder(original);
    await scenario.until(() => count(scenario, '"event":"delivery.repeated"') === 2);
    expect(incidents(scenario)).toHaveLength(1);
    const states = scenario.results.map(({ AssignmentId, ProvisioningState }) => [AssignmentId, ProvisioningState]);
    expect(states.sort()).toEqual([
      ['o0', 'Transmitted'],
      ['o1', 'Errored'],
    ]);
    expect(await environment.peekPoison()).toMatchObject([
      { DeliveryId: idOf('o1'), Reason: 'dropped by an operator' },
    ]);
  },
);

test.concurrent(
  'what was dropped is finished when it comes back, although its hold is still in place',
  LONG,
  async () => {
    await using scenario = await startScenario();
    await run(scenario, 'connections', 'pause', CONNECTION);
    await scenario.startHost({ HOLD_SECONDS: '5' }, HIDDEN_FOR_IN_MS);
    await sendOrders(scenario, 1);
    await scenario.until(() => held(scenario) > 0);
    expect(await run(scenario, 'orders', 'drop', '--all')).toMatchObject({ exitCode: 0 });
    await scenario.until(() => count(scenario, '"event":"delivery.repeated"') === 1);
    const queue = scenario.environment.queue('provisioning-orders');
    await scenario.until(async () => (await queue.getProperties()).approximateMessagesCount === 0);
    expect(scenario.environment.servicenow.requests).toEqual([]);
  },
);
