import { expect, test } from 'vitest';
import { startStorageProxy } from '../../chaos/run/storage-proxy.ts';
import { leaseAccount } from '../../lease-account.ts';
import { anEnvelope, anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { count, ids, incidents, posts, queueIsEmpty, rowIs, waitForRow } from './tickets-of.ts';

const HOUR = 3_600;
const POST = { method: 'POST', table: 'incident' } as const;
/** A host that works on one message at a time. */
const ONE_AT_A_TIME = {
  AzureFunctionsJobHost__extensions__queues__batchSize: '1',
  AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '0',
} as const;

/** Settings of a host whose wall clock is wrong by so many seconds. */
const skewed = (seconds: number) => ({
  NODE_OPTIONS: `--import=${new URL('../../skewed-clock.ts', import.meta.url)}`,
  SKEW_SECONDS: `${seconds}`,
});

async function expectOneTicket(scenario: Scenario): Promise<void> {
  await scenario.until(() => rowIs(scenario, 'open'));
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(1);
  expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
  expect(await scenario.environment.peekPoison()).toEqual([]);
}

test.concurrent('two instances with the same message at the same time make one ticket per order', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  const orders = Array.from({ length: 12 }, (_, index) => anOrder({ AssignedResourceTypeId: `7${index}` }));
  for (const copy of [1, 2]) {
    for (const [index, order] of orders.entries())
      await environment.sendOrder(anEnvelope(order, { DeliveryId: `d-${index}`, Copy: copy }));
  }
  await Promise.all([scenario.startHost(), scenario.startHost()]);
  await scenario.until(() => new Set(results.map(({ AssignmentId }) => AssignmentId)).size === 12);
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(12);
  expect(ids(scenario)).toHaveLength(12);
  await scenario.until(() => count(scenario, 'delivery.repeated') >= 12);
});

test.concurrent.for([
  ['an hour behind', 'an hour ahead', -HOUR, HOUR],
  ['two days ahead', 'an hour behind', 48 * HOUR, -HOUR],
] as const)(
  'clock skew between instances: the claim of one that is %s is neither ended early nor kept for ever by one that is %s',
  async ([, , first, second]) => {
    await using scenario = await startScenario();
    // The ticket appears after the time-out, within the claim: whoever looked before would make a second one.
    const { servicenow } = scenario.environment;
    servicenow.addFault({ match: POST, times: 1, action: { delayInMs: 4_000 } });
    const settings = { CLAIM_MARGIN_SECONDS: '4' };
    const heir = await scenario.startHost({ ...settings, ...skewed(second) });
    process.kill(heir.pid, 'SIGSTOP');
    const owner = await scenario.startHost({ ...settings, ...skewed(first) });
    const appeared = servicenow.waitForRequest(({ method, fault }) => method === 'POST' && fault !== undefined, 90_000);
    await scenario.environment.sendOrder(anEnvelope(anOrder()));
    await waitForRow(scenario, 'creating');
    await owner.kill();
    // A copy comes at once, the message of the dead host somewhat later.
    await scenario.environment.sendOrder(anEnvelope(anOrder()));
    process.kill(heir.pid, 'SIGCONT');
    await appeared;
    await expectOneTicket(scenario);
    expect(posts(scenario)).toHaveLength(1);
    // It tells its own time in what it sends, and never judges by it.
    const toldAheadInSeconds = (Date.parse(scenario.results[0]?.OccurredAt ?? '') - Date.now()) / 1000;
    expect(Math.abs(toldAheadInSeconds - second)).toBeLessThan(300);
  },
);

test.concurrent('a claim that runs out while its owner lives: the owner sends nothing any more under it', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({ match: POST, times: 1, action: { status: 429, headers: { 'Retry-After': '4' } } });
  const owner = await scenario.startHost({ CLAIM_MARGIN_SECONDS: '8' });
  await scenario.environment.sendOrder(anOrder());
  // It stands still between an answer that allows it to send again, which it has read, and that sending.
  await scenario.until(() => count(scenario, 'host.paused') > 0);
  process.kill(owner.pid, 'SIGSTOP');
  await scenario.startHost();
  await scenario.until(() => rowIs(scenario, 'open'));
  const deferred = count(scenario, 'order.deferred');
  process.kill(owner.pid, 'SIGCONT');
  await scenario.until(() => count(scenario, 'order.deferred') > deferred);
  await expectOneTicket(scenario);
  expect(scenario.logs()).toContain('The claim on this order is too old');
});

/** A scenario, and settings by which a host reaches the ledger through a proxy that can fail. */
async function startBehindProxy() {
  await using starting = new AsyncDisposableStack();
  const { azurite, certificate } = leaseAccount();
  const proxy = starting.adopt(await startStorageProxy(azurite, certificate), ({ close }) => close());
  const scenario = starting.use(await startScenario({ storage: { azurite, certificate } }));
  const started = starting.move();
  const settings = { ConnectorStorage__tableServiceUri: proxy.tableUrl };
  return { scenario, proxy, settings, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

const LEDGER_AWAY = { service: 'table', how: 'reset', requests: 1_000_000 } as const;

test.concurrent('the ledger unreachable before the POST: nothing is posted, and the order waits until it is back', async () => {
  await using away = await startBehindProxy();
  const { scenario, proxy } = away;
  proxy.fail(LEDGER_AWAY);
  await scenario.startHost(away.settings);
  await scenario.environment.sendOrder(anOrder());
  await scenario.until(() => count(scenario, 'order.deferred') >= 2);
  expect(posts(scenario)).toEqual([]);
  proxy.recover();
  await expectOneTicket(scenario);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent('the ledger unreachable before the POST, with the claim written: it is known again, and posted under once', async () => {
  await using away = await startBehindProxy();
  const { scenario, proxy } = away;
  // The last thing before the claim.
  const { servicenow } = scenario.environment;
  const looked = servicenow.waitForRequest(({ table }) => table === 'sys_user', 60_000);
  await scenario.startHost(away.settings, 60_000);
  await scenario.environment.sendOrder(anOrder());
  await looked;
  proxy.fail({ service: 'table', how: 'answerLost', requests: 1 });
  await expectOneTicket(scenario);
  expect(proxy.failed).toBe(1);
  expect(posts(scenario)).toHaveLength(1);
  expect(count(scenario, 'order.waiting')).toBe(0);
});

test.concurrent('the ledger unreachable after the POST: the ticket is found when it is back, and none made', async () => {
  await using away = await startBehindProxy();
  const { scenario, proxy } = away;
  const committed = scenario.environment.servicenow.waitForCommit();
  await scenario.startHost(away.settings);
  await scenario.environment.sendOrder(anOrder());
  await committed;
  proxy.fail(LEDGER_AWAY);
  await scenario.until(() => count(scenario, 'order.deferred') >= 2);
  expect(await rowIs(scenario, 'creating')).toBe(true);
  proxy.recover();
  await expectOneTicket(scenario);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent('an order given up by one copy while another is in its POST is not given up', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  // Whoever looks the caller up first is told late, and of two, which no order can be made with.
  const caller = { sys_id: '0'.repeat(32), user_name: 'james.bond' };
  servicenow.addFault({
    match: { method: 'GET', table: 'sys_user' },
    times: 1,
    action: { status: 200, delayInMs: 2_500, body: { result: [caller, { ...caller, sys_id: '1'.repeat(32) }] } },
  });
  servicenow.addFault({ match: POST, times: 1, action: { delayInMs: 5_000 } });
  const settings = { ...ONE_AT_A_TIME, REQUEST_TIMEOUT_SECONDS: '8' };
  await Promise.all([scenario.startHost(settings, 60_000), scenario.startHost(settings, 60_000)]);
  await scenario.environment.sendOrder(anEnvelope(anOrder()));
  await scenario.environment.sendOrder(anEnvelope(anOrder()));
  await scenario.until(() => count(scenario, 'order.waiting') >= 1);
  await waitForRow(scenario, 'creating');
  await expectOneTicket(scenario);
  expect(new Set(scenario.results.map(({ ProvisioningState }) => ProvisioningState))).toEqual(new Set(['Transmitted']));
});
