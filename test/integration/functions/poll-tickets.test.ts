import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

const DONE = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
const byAssignment = ({ environment }: Scenario, id: string) =>
  environment.servicenow.records('incident').find(({ correlation_id }) => correlation_id?.startsWith(`${id}.`));
const change = (scenario: Scenario, id: string, values: Record<string, string>, as?: string) =>
  scenario.environment.servicenow.update('incident', byAssignment(scenario, id)?.sys_id ?? '', values, as);
const statesOf = ({ results }: Scenario, id: string) =>
  results
    .filter(({ AssignmentId }) => AssignmentId === id)
    .map(({ Sequence, ProvisioningState }) => `${Sequence} ${ProvisioningState}`);

async function withOpenTickets(scenario: Scenario, ids: readonly string[], changes: Record<string, unknown> = {}) {
  const host = await scenario.startHost();
  for (const id of ids) await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: id, ...changes }));
  await scenario.until(() => ids.every((id) => statesOf(scenario, id).length > 0));
  await scenario.until(async () => {
    const { approximateMessagesCount } = await scenario.environment.queue('provisioning-orders').getProperties();
    return approximateMessagesCount === 0;
  });
  return host;
}

test('each way a ticket can end becomes its provisioning state, once', async () => {
  await using scenario = await startScenario();
  const host = await withOpenTickets(scenario, ['1', '2', '3', '4', '5', '6']);
  change(scenario, '1', DONE);
  change(scenario, '2', { state: '8', close_notes: 'Not wanted. The password is hunter2 by the way' });
  change(scenario, '3', { ...DONE, close_code: 'Duplicate' });
  change(scenario, '4', { ...DONE, state: '6' });
  change(scenario, '5', { state: '2', work_notes: 'on it' });
  change(scenario, '6', DONE, scenario.environment.servicenow.login);
  await scenario.poll(host);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
  expect(statesOf(scenario, '2')).toEqual(['1 Transmitted', '2 Errored']);
  expect(statesOf(scenario, '3')).toEqual(['1 Transmitted', '2 Errored']);
  expect(statesOf(scenario, '4')).toEqual(['1 Transmitted']);
  expect(statesOf(scenario, '5')).toEqual(['1 Transmitted']);
  expect(statesOf(scenario, '6')).toEqual(['1 Transmitted', '2 Errored']);

  const closed = scenario.results.find(({ AssignmentId, Sequence }) => AssignmentId === '1' && Sequence === 2);
  expect(closed?.Ticket).toMatchObject({ State: '7', ClosedBy: expect.any(String) });
  const cancelled = scenario.results.find(({ AssignmentId, Sequence }) => AssignmentId === '2' && Sequence === 2);
  expect(cancelled?.Message).toContain('Not wanted');
  expect(cancelled?.Message).not.toContain('hunter2');
});

test('a closed ticket of a type that is not synchronized is Verified', async () => {
  await using scenario = await startScenario();
  const host = await withOpenTickets(scenario, ['1'], { ResourceType: { Identifier: 'Badge_User_NominativeUser' } });
  change(scenario, '1', DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Verified']);
});

test('a resolved ticket counts where its mapping says so, and is Transmitted again when it is reopened', async () => {
  const mapping = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName', ResolvedCounts: true };
  await using scenario = await startScenario({
    agentSettings: { ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: mapping } },
  });
  const host = await withOpenTickets(scenario, ['1']);
  change(scenario, '1', { ...DONE, state: '6' });
  await scenario.poll(host);
  change(scenario, '1', { state: '2' });
  await scenario.poll(host);
  change(scenario, '1', DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed', '3 Transmitted', '4 Executed']);
});

test("a poll costs one call, asks only for what changed since the last one, and remembers the instance's own clock", async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await withOpenTickets(scenario, ['1', '2', '3']);
  const reads = () => servicenow.requests.filter(({ method, table }) => method === 'GET' && table === 'incident');
  await scenario.poll(host);
  // The first poll of a process also proves, with one ticket, that times mean GMT.
  expect(reads().map(({ query }) => query.sysparm_query?.includes('sys_created_on'))).toEqual([false, true, false]);
  const cookie = await scenario.environment
    .container('connector-state')
    .getBlobClient('ServiceNowFulfillManual_incident.json')
    .downloadToBuffer();
  const { PolledAt } = JSON.parse(cookie.toString());
  await scenario.poll(host);
  expect(reads()).toHaveLength(4);
  expect(reads()[2]?.query.sysparm_query).not.toContain('sys_updated_on');
  const since = new Date(Date.parse(PolledAt) - 300_000).toISOString().slice(0, 19).replace('T', ' ');
  expect(reads()[3]?.query.sysparm_query).toContain(`sys_updated_on>=${since}`);
});

test('more tickets than a page holds are all seen, those behind rows we may not read too', async () => {
  await using scenario = await startScenario({ connectionSettings: { ResponseSizeLimit: '2' } });
  const ids = ['1', '2', '3', '4', '5', '6', '7'];
  const host = await withOpenTickets(scenario, ids);
  for (const id of ids) change(scenario, id, DONE);
  const sorted = [...scenario.environment.servicenow.records('incident')].sort((a, b) =>
    (a.sys_id ?? '') < (b.sys_id ?? '') ? -1 : 1,
  );
  const hidden = sorted.slice(0, 4);
  for (const { sys_id } of hidden) scenario.environment.servicenow.hide('incident', sys_id ?? '');
  await scenario.poll(host);
  const visible = sorted.slice(4).map(({ correlation_id }) => correlation_id?.split('.')[0] ?? '');
  for (const id of visible) expect(statesOf(scenario, id)).toEqual(['1 Transmitted', '2 Executed']);
});

test('a ticket with our marker that the ledger does not know is reported and not adopted', async () => {
  await using scenario = await startScenario();
  const host = await withOpenTickets(scenario, ['1']);
  const marker = byAssignment(scenario, '1')?.correlation_display ?? '';
  for (const key of ['', 'made up', `77.A.${'0'.repeat(32)}.1`]) {
    scenario.environment.servicenow.insert('incident', {
      short_description: 'x',
      correlation_display: marker,
      correlation_id: key,
    });
  }
  change(scenario, '1', DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
  expect(scenario.logs().match(/ticket\.unknown/g)).toHaveLength(3);
  expect(statesOf(scenario, '77')).toEqual([]);
});

test('an answer to another question than the one asked is not believed', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await withOpenTickets(scenario, ['1']);
  servicenow.insert('incident', { short_description: 'somebody else' });
  const all = { result: servicenow.records('incident') };
  servicenow.addFault({
    match: { method: 'GET', table: 'incident', query: 'ORDERBYsys_id' },
    times: 1,
    action: { status: 200, headers: { 'Content-Type': 'application/json' }, body: all },
  });
  change(scenario, '1', DONE);
  expect(await host.runNow('pollTickets')).toMatchObject({ succeeded: false });
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
});

test('one connection that can not be polled does not keep another from it, and the next poll catches up', async () => {
  const mapping = (Connection: string) => ({ Connection, TicketCallerId: 'ServiceNowUserName' });
  await using scenario = await startScenario({
    agentSettings: {
      Connections: { Broken: { Server: 'https://127.0.0.1:9/api/now/table', Login: 'x', Password: 'y' } },
      ServiceNowResourceTypeMappings: {
        Aaa: mapping('Broken'),
        SAP_User_NominativeUser: mapping('ServiceNowFulfillManual'),
      },
    },
  });
  const host = await withOpenTickets(scenario, ['1']);
  change(scenario, '1', DONE);
  const poll = await host.runNow('pollTickets');
  expect(poll).toMatchObject({ succeeded: false, error: expect.stringContaining('"Broken"') });
  await scenario.until(() => statesOf(scenario, '1').length === 2);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
});

test('a host killed while it polls loses no state, and two polls at once send each at most under one ResultId', async () => {
  await using scenario = await startScenario();
  const ids = Array.from({ length: 20 }, (_, index) => `4${index}`);
  const first = await withOpenTickets(scenario, ids);
  for (const id of ids) change(scenario, id, DONE);
  const sent = first.waitFor(({ event, ...rest }) => event === 'log' && JSON.stringify(rest).includes('result.sent'));
  const poll = first.runNow('pollTickets').catch(() => undefined);
  await sent;
  await first.kill();
  await poll;
  const [second, third] = await Promise.all([scenario.startHost(), scenario.startHost()]);
  await Promise.allSettled([scenario.poll(second), scenario.poll(third)]);
  await scenario.poll(second);
  for (const id of ids) expect([...new Set(statesOf(scenario, id))].sort()).toEqual(['1 Transmitted', '2 Executed']);
});

test('an API user with another time zone than GMT is a clear error, and no change is passed over because of it', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await withOpenTickets(scenario, ['1']);
  change(scenario, '1', DONE);
  // What an instance answers that reads the time in the query some hours later than it was meant.
  const zone = servicenow.addFault({
    match: { method: 'GET', table: 'incident', query: 'sys_created_on<=' },
    action: {
      status: 200,
      headers: { 'Content-Type': 'application/json', 'X-Total-Count': '0' },
      body: { result: [] },
    },
  });
  expect(await host.runNow('pollTickets')).toMatchObject({
    succeeded: false,
    error: expect.stringContaining('set it to GMT'),
  });
  zone();
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
});

test('a ticket whose marker differs in case alone, or is hidden, does not keep the others from being followed', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await withOpenTickets(scenario, ['1']);
  const marker = byAssignment(scenario, '1')?.correlation_display ?? '';
  servicenow.insert('incident', { short_description: 'x', correlation_display: marker.toUpperCase() });
  change(scenario, '1', DONE);
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
  expect(scenario.logs()).toContain('ticket.foreign');
});

test('another time zone is found out before the first ticket is missed, though the cookie is ahead of all tickets', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await scenario.startHost();
  await scenario.poll(host);
  await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: '1' }));
  await scenario.until(() => statesOf(scenario, '1').length === 1);
  change(scenario, '1', DONE);
  const nothing = {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'X-Total-Count': '0' },
    body: { result: [] },
  };
  const zone = ['sys_created_on<=', 'sys_updated_on>='].map((query) =>
    servicenow.addFault({ match: { method: 'GET', query }, action: nothing }),
  );
  expect(await host.runNow('pollTickets')).toMatchObject({ succeeded: false });
  for (const end of zone) end();
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
});

test('a ticket whose marker is hidden from us is followed where its sys_id says it is ours, and holds the cookie where not', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const host = await withOpenTickets(scenario, ['1', '2']);
  change(scenario, '1', DONE);
  const hidden = (id: string): Record<string, string> => ({ ...byAssignment(scenario, id), correlation_display: '' });
  const [ticket, other] = [hidden('1'), hidden('2')];
  const answer = (...records: object[]) => ({
    status: 200,
    headers: { 'Content-Type': 'application/json', 'X-Total-Count': String(records.length) },
    body: { result: records },
  });
  const match = { method: 'GET', table: 'incident', query: 'ORDERBYsys_id' };
  servicenow.addFault({ match, times: 1, action: answer({ ...other, sys_id: ticket.sys_id ?? '' }) });
  expect(await host.runNow('pollTickets')).toMatchObject({
    succeeded: false,
    error: expect.stringContaining('correlation_display'),
  });
  servicenow.addFault({ match, times: 1, action: answer({ ...ticket, 'closed_by.user_name': 'beth.anglin' }) });
  await scenario.poll(host);
  expect(statesOf(scenario, '1')).toEqual(['1 Transmitted', '2 Executed']);
  expect(statesOf(scenario, '2')).toEqual(['1 Transmitted']);
});
