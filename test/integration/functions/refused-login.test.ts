import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { startServiceNow } from '../../../infra/local/servicenow/start-servicenow.ts';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

const PASSWORD = 'Connections--ServiceNowFulfillManual--Password';
const CLIENT_SECRET = 'Connections--ServiceNowFulfillManual--ClientSecret';
const TOKEN_PATH = '/oauth_token.do';

/** Long waits for permits, so that work does not come back for the sake of a busy machine. */
const PATIENT = {
  REQUEST_TIMEOUT_SECONDS: '8',
  CLAIM_MARGIN_SECONDS: '16',
  PERMIT_WAIT_SECONDS: '8',
  LIMITS_MAX_AGE_SECONDS: '4',
};
/** Nobody waits for what a killed host was at, and a busy machine may take its time. */
const HIDDEN_FOR_IN_MS = 30_000;
const LONG = { timeout: 120_000 };

const incidents = ({ environment }: Scenario) => environment.servicenow.records('incident');
const refusals = ({ environment }: Scenario) => environment.servicenow.requests.filter(({ status }) => status === 401);
const tokenRefusals = (scenario: Scenario) => refusals(scenario).filter(({ path }) => path === TOKEN_PATH);
const seen = ({ results }: Scenario) => new Set(results.map(({ AssignmentId }) => AssignmentId));
/** Orders that are put back for their login, and none of them for want of a permit. */
const heldForLogin = (scenario: Scenario) => scenario.logs().split('ServiceNow refused the login').length - 1;

async function sendOrders({ environment }: Scenario, count: number, name = 'o'): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `${name}${index}` }));
}

async function queueIsEmpty({ environment }: Scenario): Promise<boolean> {
  return (await environment.queue('provisioning-orders').getProperties()).approximateMessagesCount === 0;
}

/** What stands in table `limits`, by the end of the row's key: `stop`, `slot.0` and so on. */
async function limits({ environment }: Scenario): Promise<Map<string, Record<string, unknown>>> {
  const rows = new Map<string, Record<string, unknown>>();
  for await (const row of environment.table('limits').listEntities())
    rows.set((row.rowKey ?? '').replace(/^[0-9a-f]{32}\./, ''), row);
  return rows;
}

/** Checks that every order has its ticket and its state; neither is there twice, and nothing went to poison. */
async function expectEveryOrderDone(scenario: Scenario, orders: number): Promise<void> {
  await scenario.until(() => seen(scenario).size === orders, 60_000);
  await scenario.until(() => queueIsEmpty(scenario));
  expect(incidents(scenario)).toHaveLength(orders);
  expect(new Set(incidents(scenario).map(({ correlation_id }) => correlation_id)).size).toBe(orders);
  expect(new Set(scenario.results.map(({ ResultId }) => ResultId)).size).toBe(orders);
  expect(new Set(scenario.results.map(({ ProvisioningState }) => ProvisioningState))).toEqual(new Set(['Transmitted']));
  expect(await scenario.environment.peekPoison()).toEqual([]);
}

function expectNeverLocked({ environment: { servicenow } }: Scenario): void {
  const [account] = servicenow.records('sys_user', `user_name=${servicenow.login}`);
  expect(account?.locked_out).not.toBe('true');
  expect(servicenow.mostFailedLogins).toBeLessThan(5);
}

/** The most requests for a token that were under way at once. */
function mostTokenRequests({ environment }: Scenario): number {
  const requests = environment.servicenow.requests.filter(({ path }) => path === TOKEN_PATH);
  const spans = requests.map(({ at, durationInMs }) => ({ from: Date.parse(at), to: Date.parse(at) + durationInMs }));
  return Math.max(...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
}

async function commits({ environment }: Scenario, count: number): Promise<void> {
  for (let commit = 0; commit < count; commit += 1) await environment.servicenow.waitForCommit();
}

test(
  'a password rotated under load, three hosts with Basic: three in flight, no order lost or doubled',
  LONG,
  async () => {
    await using scenario = await startScenario({
      connectionSettings: { ConcurrencyLimit: '16' },
      servicenow: { latencyInMs: 100 },
    });
    const { servicenow, vault } = scenario.environment;
    await sendOrders(scenario, 60);
    const started = commits(scenario, 15);
    for (let host = 0; host < 3; host += 1) await scenario.startHost(PATIENT, HIDDEN_FOR_IN_MS);
    await started;
    servicenow.setPassword(servicenow.login, 'rotated-canary-1');
    await scenario.until(() => refusals(scenario).length > 0);
    vault.set(PASSWORD, 'rotated-canary-1');
    await expectEveryOrderDone(scenario, 60);
    expectNeverLocked(scenario);
    expect(servicenow.maxInFlight).toBeLessThanOrEqual(3);
    // One for each password in flight, whatever settings the other hosts still had when the new ones were accepted.
    expect(refusals(scenario).length).toBeLessThanOrEqual(3);
    expect(servicenow.mostFailedLogins).toBeLessThanOrEqual(3);
  },
);

test(
  'a password rotated under load, three hosts with OAuth: one refused request for a token for all',
  LONG,
  async () => {
    await using scenario = await startScenario({
      oauth: 'password',
      connectionSettings: { ConcurrencyLimit: '16' },
      servicenow: { latencyInMs: 300, accessTokenLifetimeInSeconds: 8 },
    });
    const { servicenow, vault } = scenario.environment;
    await sendOrders(scenario, 240);
    const started = commits(scenario, 40);
    for (let host = 0; host < 3; host += 1) await scenario.startHost(PATIENT, HIDDEN_FOR_IN_MS);
    await started;
    servicenow.setPassword(servicenow.login, 'rotated-canary-1');
    await scenario.until(() => tokenRefusals(scenario).length > 0);
    vault.set(PASSWORD, 'rotated-canary-1');
    await expectEveryOrderDone(scenario, 240);
    expectNeverLocked(scenario);
    // Beyond what one password may be sent at a time, and within what the host may be.
    expect(servicenow.maxInFlight).toBeGreaterThan(3);
    expect(servicenow.maxInFlight).toBeLessThanOrEqual(16);
    expect(mostTokenRequests(scenario)).toBe(1);
    expect(tokenRefusals(scenario)).toHaveLength(1);
    expect(servicenow.mostFailedLogins).toBe(1);
  },
);

const GRANTS = [
  { way: 'Basic', environment: {} },
  { way: 'OAuth by password', environment: { oauth: 'password' } },
] as const;

test.concurrent.for(GRANTS)(
  'a password changed in ServiceNow first, with $way: tried once, then when the vault has it',
  LONG,
  async ({ environment }) => {
    await using scenario = await startScenario(environment);
    const { servicenow, vault } = scenario.environment;
    servicenow.setPassword(servicenow.login, 'rotated-canary-1');
    for (let host = 0; host < 2; host += 1) await scenario.startHost({}, HIDDEN_FOR_IN_MS);
    await sendOrders(scenario, 1);
    await scenario.until(() => heldForLogin(scenario) > 0);
    await sendOrders(scenario, 6, 'p');
    // Every order has been looked at several times in the seconds until somebody changes the vault.
    await scenario.until(() => heldForLogin(scenario) >= 15);
    expect(servicenow.mostFailedLogins).toBe(1);
    expect(servicenow.requests).toHaveLength(1);
    vault.set(PASSWORD, 'rotated-canary-1');
    await expectEveryOrderDone(scenario, 7);
    expect([servicenow.mostFailedLogins, refusals(scenario).length]).toEqual([1, 1]);
  },
);

test.concurrent.for(GRANTS)(
  'a password changed in the vault first, with $way: tried once, and again when the vault has a new version or an operator says so',
  LONG,
  async ({ environment }) => {
    await using scenario = await startScenario(environment);
    const { servicenow, vault } = scenario.environment;
    vault.set(PASSWORD, 'rotated-canary-1');
    for (let host = 0; host < 2; host += 1)
      await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '1' }, HIDDEN_FOR_IN_MS);
    await sendOrders(scenario, 1);
    await scenario.until(() => heldForLogin(scenario) > 0);
    servicenow.setPassword(servicenow.login, 'rotated-canary-1');
    await sendOrders(scenario, 4, 'p');
    await scenario.until(() => heldForLogin(scenario) >= 12);
    // It would be right now; but nobody can know, and five guesses lock the account.
    expect(servicenow.requests).toHaveLength(1);
    if (environment === GRANTS[0].environment) vault.set(PASSWORD, 'rotated-canary-1');
    else expect(await runConnections(scenario, 'release')).toBe(0);
    await expectEveryOrderDone(scenario, 5);
    expect([servicenow.mostFailedLogins, refusals(scenario).length]).toEqual([1, 1]);
  },
);

test.concurrent.for([
  { way: 'Basic', environment: {}, secret: PASSWORD },
  { way: 'OAuth by password', environment: { oauth: 'password' }, secret: PASSWORD },
  { way: 'OAuth by client', environment: { oauth: 'client_credentials' }, secret: CLIENT_SECRET },
] as const)(
  'a secret that is wrong and stays so, with $way: one try, whatever is sent or restarted, and other connections go on',
  LONG,
  async ({ environment, secret }) => {
    await using another = await anotherInstance();
    await using scenario = await startScenario({ ...environment, agentSettings: another.agentSettings });
    const { servicenow, vault } = scenario.environment;
    another.connect(vault);
    vault.set(secret, 'wrong-canary-1');
    const killed = await scenario.startHost({}, HIDDEN_FOR_IN_MS);
    await sendOrders(scenario, 1);
    await scenario.until(() => heldForLogin(scenario) > 0);
    await sendOrders(scenario, 10, 'p');
    await scenario.until(() => heldForLogin(scenario) >= 15);

    await killed.kill();
    await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '0.1' }, HIDDEN_FOR_IN_MS);
    const before = heldForLogin(scenario);
    for (let index = 0; index < 3; index += 1) await scenario.environment.sendOrder(another.order(`x${index}`));
    await scenario.until(() => seen(scenario).size === 3 && heldForLogin(scenario) >= before + 15);

    expect(another.servicenow.records('incident')).toHaveLength(3);
    expect(servicenow.requests).toHaveLength(1);
    expect(servicenow.mostFailedLogins).toBe(secret === PASSWORD ? 1 : 0);
    expect(incidents(scenario)).toEqual([]);
    expect(scenario.results.map(({ ProvisioningState }) => ProvisioningState)).toEqual(Array(3).fill('Transmitted'));
    expect(await scenario.environment.peekPoison()).toEqual([]);
  },
);

test.concurrent(
  'a host killed with all permits in its hands: they come back, and the other host makes its tickets',
  LONG,
  async () => {
    await using scenario = await startScenario({ connectionSettings: { ConcurrencyLimit: '3' } });
    const { servicenow } = scenario.environment;
    const hung = servicenow.addFault({
      match: { method: 'POST', table: 'incident' },
      phase: 'after',
      action: { hang: true },
    });
    const killed = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '5' });
    const committed = commits(scenario, 3);
    await sendOrders(scenario, 3);
    await committed;
    await killed.kill();
    hung();
    const owners = async () =>
      [...(await limits(scenario))].filter(([key]) => key.startsWith('slot.')).map(([, row]) => row.Owner);
    const [owner] = await owners();
    expect(owner).toMatch(/./);
    expect(await owners()).toEqual([owner, owner, owner]);
    await scenario.startHost();
    await sendOrders(scenario, 3, 'p');
    await expectEveryOrderDone(scenario, 6);
    expect((await owners()).some((other) => other !== owner)).toBe(true);
  },
);

test.concurrent(
  'a host killed while it asks for a token: another one asks when that request must be over',
  LONG,
  async () => {
    await using scenario = await startScenario({ oauth: 'password' });
    const { servicenow } = scenario.environment;
    const hung = servicenow.addFault({ match: { path: TOKEN_PATH }, action: { hang: true } });
    const killed = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '5' });
    await sendOrders(scenario, 3);
    const isAsking = async () => Boolean((await limits(scenario)).get('slot.0')?.Owner);
    await scenario.until(isAsking);
    await killed.kill();
    hung();
    expect(await isAsking()).toBe(true);
    await scenario.startHost();
    await expectEveryOrderDone(scenario, 3);
  },
);

test.concurrent(
  'a host killed while it has the turn to try again: another one has it afterwards, and the work goes on',
  LONG,
  async () => {
    await using scenario = await startScenario();
    const { servicenow, vault } = scenario.environment;
    servicenow.setPassword(servicenow.login, 'rotated-canary-1');
    // Long enough at it to be seen and killed.
    const killed = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '5' });
    await sendOrders(scenario, 1);
    await scenario.until(() => heldForLogin(scenario) > 0);
    const hung = servicenow.addFault({ match: { table: 'sys_user' }, action: { hang: true } });
    vault.set(PASSWORD, 'rotated-canary-1');
    const isTrying = async () => Boolean((await limits(scenario)).get('stop')?.Holder);
    await vi.waitUntil(isTrying, { timeout: 60_000, interval: 20 });
    await killed.kill();
    hung();
    expect(await isTrying()).toBe(true);
    await scenario.startHost();
    await expectEveryOrderDone(scenario, 1);
    expect(servicenow.mostFailedLogins).toBe(1);
  },
);

/** Runs the command for operators. */
async function runConnections({ environment: { settings, caFile } }: Scenario, verb: 'release'): Promise<number> {
  const path = fileURLToPath(new URL('../../../infra/tools/connections.ts', import.meta.url));
  const env = { PATH: process.env.PATH, ...settings, NODE_EXTRA_CA_CERTS: caFile };
  const child = spawn(process.execPath, [path, verb, 'ServiceNowFulfillManual'], { env, stdio: 'ignore' });
  const [exitCode] = await once(child, 'close');
  return Number(exitCode);
}

/** One more instance of ServiceNow, with a connection, a mapping and orders of its own. */
async function anotherInstance() {
  const servicenow = await startServiceNow({ seed: 2 });
  const mapping = { TicketCallerId: 'ServiceNowUserName', FallbackCaller: 'identity.manager' };
  const resourceType = 'Another_User_NominativeUser';
  return {
    servicenow,
    agentSettings: {
      ServiceNowResourceTypeMappings: {
        SAP_User_NominativeUser: { ...mapping, Connection: 'ServiceNowFulfillManual' },
        [resourceType]: { ...mapping, Connection: 'Another' },
      },
    },
    connect(vault: { set(name: string, value: string): void }): void {
      const { server, login, password } = servicenow;
      for (const [setting, value] of Object.entries({ Server: server, Login: login, Password: password }))
        vault.set(`Connections--Another--${setting}`, value);
    },
    order: (id: string) => anOrder({ AssignedResourceTypeId: id, ResourceType: { Identifier: resourceType } }),
    [Symbol.asyncDispose]: () => servicenow.close(),
  };
}
