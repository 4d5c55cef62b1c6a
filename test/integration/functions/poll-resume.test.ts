import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { queueIsEmpty } from './request-scenario.ts';

const DONE = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
const IDS = ['1', '2', '3', '4', '5', '6'];

const tickets = ({ environment }: Scenario) =>
  environment.servicenow.records('incident').toSorted((a, b) => ((a.sys_id ?? '') < (b.sys_id ?? '') ? -1 : 1));
const ended = ({ results }: Scenario) =>
  results.filter(({ ProvisioningState: state }) => state === 'Executed').map(({ ResultId }) => ResultId);
const reads = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(
    ({ method, table, query }) =>
      method === 'GET' && table === 'incident' && query.sysparm_query?.includes('ORDERBYsys_id'),
  );

async function withOpenTickets(pageSize: string) {
  const scenario = await startScenario({ connectionSettings: { ResponseSizeLimit: pageSize } });
  const host = await scenario.startHost();
  for (const id of IDS) await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: id }));
  await scenario.until(() => scenario.results.length >= IDS.length);
  await scenario.until(() => queueIsEmpty(scenario));
  return { scenario, host };
}

test('a poll that is cut short by a page of nonsense says so, and the next one carries on where it stopped', async () => {
  const { scenario, host } = await withOpenTickets('2');
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  for (const { sys_id: sysId } of tickets(scenario)) servicenow.update('incident', sysId ?? '', DONE);
  const fourth = tickets(scenario)[3]?.sys_id ?? '';
  const broken = servicenow.addFault({
    match: { method: 'GET', table: 'incident', query: `sys_id>${fourth}` },
    action: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"result":[{"sys_id":"a' },
  });
  expect(await host.runNow('pollTickets')).toMatchObject({ succeeded: false });
  expect(scenario.logs()).toContain('"event":"poll.failed"');
  broken();
  const before = reads(scenario).length;
  await scenario.poll(host);
  const [first] = reads(scenario).slice(before);
  expect(first?.query.sysparm_query).toContain('sys_id>');
  expect(scenario.logs()).toContain('"resumed":true');
  expect(new Set(ended(scenario)).size).toBe(IDS.length);
  // What changes behind the point it went on from comes with the poll after it.
  const [early] = tickets(scenario);
  servicenow.update('incident', early?.sys_id ?? '', { close_notes: 'Once more.' });
  const later = reads(scenario).length;
  await scenario.poll(host);
  expect(reads(scenario)[later]?.query.sysparm_query).not.toContain('sys_id>');
  expect(ended(scenario)).toHaveLength(IDS.length);
});

test('a poll that is killed between two pages loses nothing, and what the overlap brings again sends nothing', {
  timeout: 90_000,
}, async () => {
  const { scenario, host } = await withOpenTickets('2');
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  for (const { sys_id: sysId } of tickets(scenario)) servicenow.update('incident', sysId ?? '', DONE);
  const third = tickets(scenario)[3]?.sys_id ?? '';
  const release = servicenow.addFault({
    match: { method: 'GET', table: 'incident', query: `sys_id>${third}` },
    action: { hang: true },
  });
  const sent = scenario.until(() => ended(scenario).length >= 4);
  const poll = host.runNow('pollTickets').catch(() => undefined);
  await sent;
  await host.kill();
  await poll;
  release();
  const second = await scenario.startHost();
  // The killed one holds its permits until their lease ends.
  const succeeds = async () => (await second.runNow('pollTickets')).succeeded;
  await expect.poll(succeeds, { timeout: 60_000, interval: 500 }).toBe(true);
  await scenario.poll(second);
  expect(new Set(ended(scenario)).size).toBe(IDS.length);
  const { length } = ended(scenario);
  await scenario.poll(second);
  await scenario.poll(second);
  const finished = scenario
    .logs()
    .split('\n')
    .filter((line) => line.includes('poll.finished'))
    .map((line): { seen?: number; changed?: number } => JSON.parse(line.slice(line.indexOf('{'))));
  expect(finished.at(-1)).toMatchObject({ seen: IDS.length, changed: 0 });
  expect(ended(scenario)).toHaveLength(length);
});
