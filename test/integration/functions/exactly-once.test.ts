import { expect, test } from 'vitest';
import type { FaultRule } from '../../../infra/local/servicenow/start-servicenow.ts';
import { anEnvelope, anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { close, count, ids, incidents, posts, queueIsEmpty, rowIs } from './tickets-of.ts';

/** Leaves an order behind whose ticket was made, and whose host died before it could write that down. */
async function loseHostAfterPost(scenario: Scenario): Promise<void> {
  const { servicenow, sendOrder } = scenario.environment;
  const match = { method: 'POST', table: 'incident' };
  servicenow.addFault({ match, times: 1, phase: 'after', action: { hang: true } });
  const host = await scenario.startHost();
  const committed = servicenow.waitForCommit();
  await sendOrder(anOrder());
  await committed;
  await host.kill();
  expect(incidents(scenario)).toHaveLength(1);
  expect(await rowIs(scenario, 'creating')).toBe(true);
}

test.concurrent('a host killed between the POST and the ledger update leaves one ticket and the right result', async () => {
  await using scenario = await startScenario();
  await loseHostAfterPost(scenario);
  await scenario.startHost();
  await scenario.until(() => rowIs(scenario, 'open'));
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(1);
  expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
});

test.concurrent('a host killed right after it sent the state leaves one ticket, and the same result at most once more', async () => {
  await using scenario = await startScenario();
  const host = await scenario.startHost();
  const sent = host.waitFor((event) => event.event === 'log' && event.message.includes('result.sent'));
  await scenario.environment.sendOrder(anOrder());
  await sent;
  await host.kill();
  await scenario.startHost();
  await scenario.until(() => rowIs(scenario, 'open'));
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(1);
  expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
});

test.concurrent('a ticket closed while its row is still creating ends as a poll of it would', async () => {
  await using scenario = await startScenario();
  await loseHostAfterPost(scenario);
  close(scenario, incidents(scenario)[0]);

  await scenario.startHost();
  await scenario.until(() => rowIs(scenario, 'closed'));
  await scenario.until(() => ids(scenario).length >= 2);
  // Each may come twice where a busy machine lets the message be delivered again.
  const states = scenario.results.map(({ Sequence, ProvisioningState }) => `${Sequence} ${ProvisioningState}`);
  expect([...new Set(states)]).toEqual(['1 Transmitted', '2 Executed']);
});

test.concurrent('a list half split when the host is killed becomes one ticket per order', {
  timeout: 240_000,
}, async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  const list = Array.from({ length: 120 }, (_, index) => anOrder({ AssignedResourceTypeId: `9${index}` }));
  const host = await scenario.startHost({
    AzureFunctionsJobHost__extensions__queues__batchSize: '1',
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '0',
  });
  const queue = environment.queue('provisioning-orders');
  await environment.sendOrder({ ProvisioningOrdersList: list });
  // The list is one message; as soon as there are more, its splitting is under way.
  let waiting = 0;
  while (waiting < 4) waiting = (await queue.getProperties()).approximateMessagesCount ?? 0;
  await host.kill();
  const half = (await queue.getProperties()).approximateMessagesCount ?? 0;
  expect(half).toBeGreaterThan(2);
  expect(half).toBeLessThan(121);

  await scenario.startHost();
  await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 120, 200_000);
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(120);
  expect(new Set(incidents(scenario).map(({ correlation_id }) => correlation_id)).size).toBe(120);
  expect(ids(scenario)).toHaveLength(120);
});

const AFTER_COMMIT: readonly (readonly [string, FaultRule['action']])[] = [
  ['is answered too late', { hang: true }],
  ['is answered by a cut connection', { cut: true }],
  [
    'is answered 502 by a gateway',
    { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<html>Bad gateway</html>' },
  ],
  ['is answered 202', { status: 202, body: 'empty' }],
  ['is answered 200 with broken JSON', { status: 200, body: 'broken-json' }],
  [
    'is refused 403 by a rule that ran after the insert',
    {
      status: 403,
      body: {
        error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' },
        status: 'failure',
      },
    },
  ],
  [
    'fails with 500 after the insert',
    {
      status: 500,
      body: {
        error: { message: 'Transaction cancelled: maximum execution time exceeded', detail: '' },
        status: 'failure',
      },
    },
  ],
];

test.concurrent.for(AFTER_COMMIT)('a POST that is done and %s makes one ticket', async ([, action]) => {
  await using scenario = await startScenario();
  scenario.environment.servicenow.addFault({
    match: { method: 'POST', table: 'incident' },
    times: 1,
    phase: 'after',
    action,
  });
  await scenario.startHost();
  await scenario.environment.sendOrder(anOrder());
  await scenario.until(() => rowIs(scenario, 'open'));
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(1);
  expect(posts(scenario)).toHaveLength(1);
  expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
});

test.concurrent('a POST that timed out and succeeds later makes one ticket', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({ match: { method: 'POST', table: 'incident' }, times: 1, action: { delayInMs: 3_000 } });
  await scenario.startHost({ CLAIM_MARGIN_SECONDS: '4' });
  const appeared = servicenow.waitForRequest(({ method, fault }) => method === 'POST' && fault !== undefined, 90_000);
  await scenario.environment.sendOrder(anEnvelope(anOrder()));
  await scenario.until(() => scenario.logs().includes('no answer in time'));
  // Nor does another copy make one that comes in between.
  await scenario.environment.sendOrder(anEnvelope(anOrder()));
  await appeared;
  await scenario.until(() => rowIs(scenario, 'open'));
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(1);
  expect(posts(scenario)).toHaveLength(1);
  expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
});

test.concurrent('a misspelt CorrelationField and an answer that was lost: the order waits, and no second ticket is made', async () => {
  const mapping = {
    Connection: 'ServiceNowFulfillManual',
    TicketCallerId: 'ServiceNowUserName',
    CorrelationField: 'corelation_id',
  };
  await using scenario = await startScenario({
    agentSettings: { ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: mapping } },
  });
  const match = { method: 'POST', table: 'incident' };
  scenario.environment.servicenow.addFault({ match, times: 1, phase: 'after', action: { cut: true } });
  await scenario.startHost();
  await scenario.environment.sendOrder(anOrder());
  await scenario.until(() => count(scenario, 'order.held') >= 2);
  expect(scenario.logs()).toMatch(/does not understand the query: check that the account may read corelation_id/);
  expect(incidents(scenario)).toHaveLength(1);
  expect(scenario.results).toEqual([]);
});

const BEFORE_COMMIT: readonly (readonly [string, FaultRule['action'], number])[] = [
  ['never answered', { hang: true }, 1],
  ['answered 202 and dropped', { status: 202, body: 'empty' }, 1],
  ['answered 500', { status: 500, body: { error: { message: 'Failure', detail: '' }, status: 'failure' } }, 2],
  [
    'answered 429 without headers',
    { status: 429, body: { error: { message: 'Too many', detail: '' }, status: 'failure' } },
    4,
  ],
  [
    'answered 429 with a long Retry-After',
    {
      status: 429,
      headers: { 'Retry-After': '6' },
      body: { error: { message: 'Rate limit exceeded', detail: '' }, status: 'failure' },
    },
    1,
  ],
  ['answered by a hibernating instance', { status: 200, body: 'hibernation' }, 1],
  ['answered by a maintenance page', { status: 503, body: 'maintenance' }, 2],
];

test.concurrent.for(BEFORE_COMMIT)(
  'a POST that is %s is made again when it is clear that there is no ticket',
  async ([, action, times]) => {
    await using scenario = await startScenario();
    scenario.environment.servicenow.addFault({ match: { method: 'POST', table: 'incident' }, times, action });
    await scenario.startHost();
    await scenario.environment.sendOrder(anOrder());
    await scenario.until(() => rowIs(scenario, 'open'), 35_000);
    await scenario.until(() => queueIsEmpty(scenario));
    expect(incidents(scenario)).toHaveLength(1);
    expect(ids(scenario)).toEqual([`${incidents(scenario)[0]?.correlation_id}:1`]);
    expect(await scenario.environment.peekPoison()).toEqual([]);
  },
);

test("a refusal of this one order is an Errored result with the instance's reason, and the order in poison", async () => {
  await using scenario = await startScenario();
  const refusal = {
    error: {
      message: 'Operation Failed',
      detail: 'Data Policy Exception: The following fields are mandatory: Assignment group',
    },
    status: 'failure',
  };
  scenario.environment.servicenow.addFault({
    match: { method: 'POST', table: 'incident' },
    times: 1,
    action: { status: 403, body: refusal },
  });
  await scenario.startHost();
  await scenario.environment.sendOrder(anOrder());
  await scenario.until(
    async () => scenario.results.length === 1 && (await scenario.environment.peekPoison()).length === 1,
  );
  expect(scenario.results[0]).toMatchObject({
    ProvisioningState: 'Errored',
    Sequence: 1,
    Message: expect.stringContaining('Assignment group'),
  });
  await scenario.until(() => rowIs(scenario, 'rejected'));
  // The same order again is a new generation, and succeeds now.
  await scenario.environment.sendOrder(anOrder());
  await scenario.until(() => scenario.results.length === 2);
  expect(scenario.results[1]).toMatchObject({ ProvisioningState: 'Transmitted', Generation: 2 });
});

test.concurrent('a ticket hidden from us by an ACL is never made a second time', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({
    match: { method: 'POST', table: 'incident' },
    times: 1,
    phase: 'after',
    action: { cut: true },
  });
  const committed = servicenow.waitForCommit();
  await scenario.startHost();
  await scenario.environment.sendOrder(anOrder());
  await committed;
  const sysId = incidents(scenario)[0]?.sys_id ?? '';
  servicenow.hide('incident', sysId);
  await scenario.until(() => /order\.held.*may not read/.test(scenario.logs()));
  expect(posts(scenario)).toHaveLength(1);
  servicenow.hide('incident', sysId, false);
  await scenario.until(() => rowIs(scenario, 'open'));
  expect(incidents(scenario)).toHaveLength(1);
});

test.concurrent('a password changed under load loses no order, doubles none, and never comes near a lockout', async () => {
  await using scenario = await startScenario({ connectionSettings: { ConcurrencyLimit: '8' } });
  const { environment } = scenario;
  const { servicenow, vault } = environment;
  for (let index = 0; index < 40; index += 1)
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `6${index}` }));
  const tenth = Array.from({ length: 10 }).reduce<Promise<void>>(
    (before) => before.then(servicenow.waitForCommit),
    Promise.resolve(),
  );
  await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '5' });
  await tenth;
  servicenow.setPassword(servicenow.login, 'rotated-canary-1');
  await scenario.until(() => /login\.refused/.test(scenario.logs()));
  vault.set('Connections--ServiceNowFulfillManual--Password', 'rotated-canary-1');
  await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 40, 35_000);
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(40);
  expect(servicenow.mostFailedLogins).toBeLessThan(5);
  expect(servicenow.maxInFlight).toBeLessThanOrEqual(3);
  expect(await environment.peekPoison()).toEqual([]);
});

test.concurrent('orders wait while ServiceNow is away, and none is lost or poisoned', async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  const back = environment.servicenow.addFault({ action: { cut: true } });
  await scenario.startHost();
  for (let index = 0; index < 5; index += 1)
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `5${index}` }));
  await scenario.until(() => (scenario.logs().match(/order\.deferred/g) ?? []).length >= 10);
  back();
  await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 5);
  expect(incidents(scenario)).toHaveLength(5);
  expect(await environment.peekPoison()).toEqual([]);
});
