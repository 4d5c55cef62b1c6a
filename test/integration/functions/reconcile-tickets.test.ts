import { expect, test } from 'vitest';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { startServiceNow } from '../../../infra/local/servicenow/start-servicenow.ts';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { runTool, settingsOf } from '../infra/tools/run-tool.ts';
import { queueIsEmpty } from './request-scenario.ts';
import { waitForRow } from './tickets-of.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const MAPPING = { Connection: CONNECTION, TicketCallerId: 'ServiceNowUserName' };
const DONE = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };

async function startWith(count: number, mapping: object = {}) {
  const scenario = await startScenario({
    agentSettings: { ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: { ...MAPPING, ...mapping } } },
  });
  const host = await scenario.startHost();
  const ids = await order(scenario, 1, count);
  // The second one remembers its readings, and drops what comes again.
  for (let poll = 0; poll < 2; poll += 1) await scenario.poll(host);
  return { scenario, host, ids };
}

/** Sends orders with these numbers as their assignments and waits for their tickets. */
async function order(scenario: Scenario, from: number, to: number) {
  const ids = Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  for (const id of ids) await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: id }));
  await scenario.until(() => ids.every((id) => statesOf(scenario, id).length > 0));
  await scenario.until(() => queueIsEmpty(scenario));
  return ids;
}

const incidentOf = ({ environment }: Scenario, id: string) =>
  environment.servicenow.records('incident').find(({ correlation_id: key }) => key?.startsWith(`${id}.`));
const sysIdOf = (scenario: Scenario, id: string) => incidentOf(scenario, id)?.sys_id ?? '';
const statesOf = ({ results }: Scenario, id: string) =>
  results.filter(({ AssignmentId }) => AssignmentId === id).map(({ ProvisioningState }) => ProvisioningState);
const lastOf = ({ results }: Scenario, id: string) => results.filter(({ AssignmentId }) => AssignmentId === id).at(-1);
const linesWith = (scenario: Scenario, event: string) =>
  scenario
    .logs()
    .split('\n')
    .filter((line) => line.includes(event));
const decide = ({ environment }: Scenario, verb: 'accept-loss' | 'keep') =>
  runTool('tickets', [verb, CONNECTION], settingsOf(environment));
/** How many calls it cost. */
const reconciledCalls = async (scenario: Scenario, host: FunctionsHost) => {
  const before = scenario.environment.servicenow.requests.length;
  await scenario.reconcile(host);
  return scenario.environment.servicenow.requests.length - before;
};

test('a deleted ticket ends as Errored, by whom and when where the account may read that', async () => {
  const { scenario, host } = await startWith(3);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const [first, second] = ['1', '2'].map((id) => incidentOf(scenario, id));
  servicenow.remove('incident', first?.sys_id ?? '', 'beth.anglin');
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted']);
  await scenario.reconcile(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted', 'Errored']);
  expect(lastOf(scenario, '1')?.Message).toBe(
    `${first?.number} was deleted in ServiceNow; ServiceNow does not say by whom`,
  );

  const acl = servicenow
    .records('sys_security_acl')
    .find(({ name, operation }) => name === 'sys_audit_delete' && operation === 'read');
  const role = servicenow.records('sys_user_role').find(({ name }) => name === 'sn_incident_read');
  servicenow.insert('sys_security_acl_role', {
    sys_security_acl: acl?.sys_id ?? '',
    sys_user_role: role?.sys_id ?? '',
  });
  servicenow.remove('incident', second?.sys_id ?? '', 'beth.anglin');
  await scenario.reconcile(host);
  expect(lastOf(scenario, '2')?.Message).toMatch(
    /^INC\d+ was deleted in ServiceNow by beth\.anglin at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
  );
  await scenario.reconcile(host);
  expect(['1', '2', '3'].map((id) => statesOf(scenario, id).length)).toEqual([2, 2, 1]);
});

test('a ticket whose update moved no time is seen, and one that nobody may read is warned of and concludes nothing', async () => {
  const { scenario, host } = await startWith(3);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  servicenow.overwrite('incident', sysIdOf(scenario, '1'), DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted']);
  servicenow.hide('incident', sysIdOf(scenario, '2'));
  expect(await reconciledCalls(scenario, host)).toBe(3);
  // What is gone beside a hidden one is found out one by one.
  servicenow.remove('incident', sysIdOf(scenario, '3'));
  await scenario.reconcile(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted', 'Executed']);
  expect(statesOf(scenario, '3')).toEqual(['Transmitted', 'Errored']);
  expect(statesOf(scenario, '2')).toEqual(['Transmitted']);
  expect(linesWith(scenario, 'ticket.hidden')).toHaveLength(1);

  servicenow.hide('incident', sysIdOf(scenario, '2'), false);
  servicenow.update('incident', sysIdOf(scenario, '2'), DONE);
  await scenario.reconcile(host);
  expect(statesOf(scenario, '2')).toEqual(['Transmitted', 'Executed']);
});

test('a ticket whose correlation somebody changed is followed by its sys_id, and told of', async () => {
  const { scenario, host } = await startWith(2);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const ids = ['1', '2'].map((id) => sysIdOf(scenario, id));
  servicenow.update('incident', ids[0] ?? '', { correlation_display: 'Monitoring', correlation_id: 'E-17' });
  servicenow.update('incident', ids[1] ?? '', { correlation_display: '' });
  await scenario.reconcile(host);
  expect(linesWith(scenario, 'ticket.keyChanged')).toHaveLength(2);
  for (const sysId of ids) servicenow.update('incident', sysId, DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted']);
  await scenario.reconcile(host);
  expect(['1', '2'].map((id) => statesOf(scenario, id))).toEqual([
    ['Transmitted', 'Executed'],
    ['Transmitted', 'Executed'],
  ]);
});

test('a ticket that carries our marks and that nobody follows is reported once, and taken over by nobody', async () => {
  const { scenario, host } = await startWith(2);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const { correlation_display = '', correlation_id = '', caller_id = '' } = incidentOf(scenario, '1') ?? {};
  const key = `77.A.${'0'.repeat(32)}.1`;
  const unknown = servicenow.insert('incident', { correlation_display, correlation_id: key, caller_id });
  const doubled = servicenow.insert('incident', { correlation_display, correlation_id, caller_id });
  for (const { sys_id: sysId = '' } of [unknown, doubled])
    servicenow.overwrite('incident', sysId, { sys_updated_on: '2020-01-01 00:00:00' });
  await scenario.poll(host);
  expect(scenario.logs()).not.toMatch(/ticket\.(unknown|doubled)/);
  for (let run = 0; run < 2; run += 1) await scenario.reconcile(host);
  expect(linesWith(scenario, 'ticket.unknown')).toEqual([expect.stringContaining(`"ticket":"${unknown.number}"`)]);
  expect(linesWith(scenario, 'ticket.doubled')).toEqual([expect.stringContaining(`"other":"${doubled.number}"`)]);
  expect(scenario.results).toHaveLength(2);
});

test('an order whose ticket is open for too long is given up, and counts again when somebody closes the ticket', async () => {
  const { scenario, host } = await startWith(1, { ExpireAfterDays: 1 });
  await using _ = scenario;
  await scenario.reconcile(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted']);
  const later = await scenario.startHost({
    NODE_OPTIONS: `--import=${new URL('../../skewed-clock.ts', import.meta.url)}`,
    SKEW_SECONDS: String(2 * 86_400),
  });
  await scenario.reconcile(later);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted', 'Errored']);
  expect(lastOf(scenario, '1')?.Message).toMatch(/^INC\d+ is still open after 1 days/);
  await scenario.reconcile(host);
  scenario.environment.servicenow.update('incident', sysIdOf(scenario, '1'), DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted', 'Errored', 'Executed']);
});

test('where another instance is cloned over this one, nothing is concluded until an operator accepts the loss', async () => {
  const { scenario, host, ids } = await startWith(7);
  await using _ = scenario;
  const other = await startServiceNow({ seed: 77 });
  try {
    for (const id of ids) {
      const values = { short_description: 'Another one', correlation_display: 'IdentityManager/other/Manual' };
      other.insert('incident', { ...values, correlation_id: `${id}.A.${'0'.repeat(32)}.1` });
    }
    scenario.environment.servicenow.cloneOver(other);
  } finally {
    await other.close();
  }
  await scenario.reconcile(host);
  await scenario.reconcile(host);
  expect(ids.flatMap((id) => statesOf(scenario, id))).toEqual(ids.map(() => 'Transmitted'));
  const alerts = linesWith(scenario, 'clone, restore or ACL change?').filter((line) => line.includes('hold.placed'));
  expect(alerts).toHaveLength(1);
  // Nothing is made in the meantime.
  await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: '99' }));
  await scenario.until(() => linesWith(scenario, 'order.held').length > 0);

  const accepted = await decide(scenario, 'accept-loss');
  expect(accepted).toMatchObject({ exitCode: 0, stderr: '' });
  await scenario.reconcile(host);
  for (const id of ids) expect(statesOf(scenario, id)).toEqual(['Transmitted', 'Errored']);
  await scenario.until(() => statesOf(scenario, '99').includes('Transmitted'));
  expect(await decide(scenario, 'keep')).toMatchObject({ exitCode: 1 });
});

test('tickets that an operator keeps are followed as soon as they are back, and nothing is concluded before', async () => {
  const { scenario, host, ids } = await startWith(6);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const saved = await startServiceNow({ seed: 78 });
  const empty = await startServiceNow({ seed: 79 });
  try {
    saved.cloneOver(servicenow);
    servicenow.cloneOver(empty);
    await scenario.reconcile(host);
    expect(await decide(scenario, 'keep')).toMatchObject({ exitCode: 0, stderr: '' });
    await scenario.reconcile(host);
    await scenario.reconcile(host);
    expect(linesWith(scenario, 'ticket.kept')).toHaveLength(6);
    servicenow.cloneOver(saved);
  } finally {
    await saved.close();
    await empty.close();
  }
  servicenow.overwrite('incident', sysIdOf(scenario, '1'), DONE);
  await scenario.reconcile(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted', 'Executed']);
  // Kept no more: from now on its absence counts again.
  servicenow.remove('incident', sysIdOf(scenario, '2'));
  await scenario.reconcile(host);
  expect(statesOf(scenario, '2')).toEqual(['Transmitted', 'Errored']);
  expect(ids.slice(2).flatMap((id) => statesOf(scenario, id))).toEqual(ids.slice(2).map(() => 'Transmitted'));
});

test('an unchanged ticket costs its share of a call, and what the instance answers by mistake concludes nothing', async () => {
  const { scenario, host, ids } = await startWith(6);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  await scenario.reconcile(host);
  // One for all tickets, one that counts what is ours, one for those of other installations.
  expect(await reconciledCalls(scenario, host)).toBe(3);
  const heal = servicenow.addFault({ match: { method: 'GET', table: 'incident' }, action: { status: 503 } });
  const { succeeded, error } = await host.runNow('reconcileTickets');
  heal();
  expect(succeeded).toBe(false);
  expect(error).toContain('the next one carries on');
  await scenario.reconcile(host);
  expect(ids.flatMap((id) => statesOf(scenario, id))).toEqual(ids.map(() => 'Transmitted'));
});

test('what was made under a claim that nobody holds any more is followed, and what was not is told of and never made', async () => {
  await using scenario = await startScenario();
  const { servicenow, sendOrder } = scenario.environment;
  const leave = async (id: string, phase: 'before' | 'after', reached: () => Promise<unknown>) => {
    servicenow.addFault({ times: 1, match: { method: 'POST', table: 'incident' }, phase, action: { hang: true } });
    // Its message stays hidden for longer than the test takes.
    const host = await scenario.startHost({}, 600_000);
    const isThere = reached();
    await sendOrder(anOrder({ AssignedResourceTypeId: id }));
    await isThere;
    await host.kill();
  };
  await leave('2', 'before', () => waitForRow(scenario, 'creating'));
  await leave('1', 'after', () => servicenow.waitForCommit());
  const host = await scenario.startHost({ TAKE_OVER_AFTER_SECONDS: '0.001' });
  await scenario.until(async () => {
    await scenario.reconcile(host);
    return statesOf(scenario, '1').length > 0 && linesWith(scenario, 'ticket.unfinished').length > 0;
  });
  await scenario.reconcile(host);
  expect(statesOf(scenario, '1')).toEqual(['Transmitted']);
  expect(linesWith(scenario, 'ticket.unfinished')).toHaveLength(1);
  expect(servicenow.records('incident').filter(({ correlation_id: key }) => key?.startsWith('2.'))).toEqual([]);
});
