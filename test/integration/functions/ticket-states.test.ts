import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { BARE, items, queueIsEmpty } from './request-scenario.ts';

const MAPPING = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };
const CANARY = 'Sunflower-4471';
const DONE = { state: '7', close_code: 'Solution provided', close_notes: `Done ${CANARY}.` };

async function startWith(mapping: object, ids: readonly string[]) {
  const scenario = await startScenario({
    agentSettings: { ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: { ...MAPPING, ...mapping } } },
  });
  const host = await scenario.startHost();
  for (const id of ids) await scenario.environment.sendOrder(anOrder({ AssignedResourceTypeId: id }));
  await scenario.until(() => ids.every((id) => statesOf(scenario, id).length > 0));
  await scenario.until(() => queueIsEmpty(scenario));
  return { scenario, host };
}

const incidentOf = ({ environment }: Scenario, id: string) =>
  environment.servicenow.records('incident').find(({ correlation_id }) => correlation_id?.startsWith(`${id}.`));
const change = (scenario: Scenario, id: string, values: Record<string, string>) =>
  scenario.environment.servicenow.update('incident', incidentOf(scenario, id)?.sys_id ?? '', values);
const statesOf = ({ results }: Scenario, id: string) =>
  results.filter(({ AssignmentId }) => AssignmentId === id).map(({ ProvisioningState }) => ProvisioningState);
const lastOf = ({ results }: Scenario, id: string) => results.filter(({ AssignmentId }) => AssignmentId === id).at(-1);

test("a mapping's StateMap comes before what states mean by themselves, and close notes stay where it says so", async () => {
  const { scenario, host } = await startWith(
    {
      IncludeCloseNotes: false,
      StateMap: [
        { State: '3', ProvisioningState: 'Errored' },
        { State: '7', CloseCode: 'Known error', ProvisioningState: 'Verified' },
        { ClosedThroughParent: true, ProvisioningState: 'Errored' },
      ],
    },
    ['1', '2', '3', '4'],
  );
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  change(scenario, '1', DONE);
  change(scenario, '2', { ...DONE, close_code: 'Known error' });
  change(scenario, '3', { state: '3', hold_reason: '1', comments: 'Waiting' });
  const parent = servicenow.insert('incident', { short_description: 'All of them' });
  change(scenario, '4', { ...DONE, parent_incident: parent.sys_id ?? '' });
  servicenow.update('incident', parent.sys_id ?? '', DONE);
  await scenario.poll(host);
  expect(['1', '2', '3', '4'].map((id) => statesOf(scenario, id).at(-1))).toEqual([
    'Executed',
    'Verified',
    'Errored',
    'Errored',
  ]);
  expect(lastOf(scenario, '3')?.Message).toMatch(/^INC\d+ On Hold$/);
  expect(lastOf(scenario, '4')?.Message).toContain(`together with ${parent.number}`);
  expect(lastOf(scenario, '1')?.Message).toMatch(/^INC\d+ Closed by .+ \(Solution provided\)$/);
  expect(JSON.stringify(scenario.results) + scenario.logs()).not.toContain(CANARY);
});

test('a close code that nobody knows follows the state and is warned of once, by its name', async () => {
  const { scenario, host } = await startWith({}, ['1', '2']);
  await using _ = scenario;
  for (const id of ['1', '2']) {
    change(scenario, id, { ...DONE, close_code: 'Handed over' });
    await scenario.poll(host);
  }
  expect(['1', '2'].map((id) => statesOf(scenario, id).at(-1))).toEqual(['Executed', 'Executed']);
  const warnings = scenario
    .logs()
    .split('\n')
    .filter((line) => line.includes('closeCode.unknown'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('Handed over to a partner');
});

test('a rejection says who rejected and why, and without the right to read that it is a rejection still', async () => {
  const { scenario, host } = await startWith(BARE, ['1', '2']);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const [first, second] = ['1', '2'].map((id) =>
    items(scenario).find(({ correlation_id: key }) => key?.startsWith(`${id}.`)),
  );
  const approver = servicenow.records('sys_user').find(({ user_name: name }) => name === 'beth.anglin');
  servicenow.insert('sysapproval_approver', {
    sysapproval: first?.sys_id ?? '',
    approver: approver?.sys_id ?? '',
    state: 'rejected',
    comments: 'Leaves the company.\nThe password: hunter2',
  });
  servicenow.update('sc_req_item', first?.sys_id ?? '', { approval: 'rejected' });
  await scenario.poll(host);
  expect(lastOf(scenario, '1')).toMatchObject({
    ProvisioningState: 'Errored',
    Message: expect.stringMatching(
      /^RITM\d+ Rejected.*, rejected by Beth Anglin: Leaves the company\. The password: \*\*\*$/,
    ),
  });

  const forbidden = servicenow.addFault({
    match: { method: 'GET', table: 'sysapproval_approver' },
    action: {
      status: 403,
      headers: { 'Content-Type': 'application/json' },
      body: { error: { message: 'Operation Failed', detail: 'ACL Exception Read Failed' }, status: 'failure' },
    },
  });
  servicenow.update('sc_req_item', second?.sys_id ?? '', { approval: 'rejected' });
  await scenario.poll(host);
  forbidden();
  expect(lastOf(scenario, '2')).toMatchObject({
    ProvisioningState: 'Errored',
    Message: expect.stringMatching(/^RITM\d+ Rejected/),
  });
});

test('what a cancelled request leaves undone is Errored, once the item is looked at', async () => {
  const { scenario, host } = await startWith(BARE, ['1']);
  await using _ = scenario;
  const { servicenow } = scenario.environment;
  const [item] = items(scenario);
  servicenow.update('sc_request', item?.request ?? '', { request_state: 'closed_cancelled' });
  servicenow.update('sc_req_item', item?.sys_id ?? '', { work_notes: 'Its request was cancelled' });
  await scenario.poll(host);
  expect(lastOf(scenario, '1')).toMatchObject({
    ProvisioningState: 'Errored',
    Message: expect.stringMatching(/^RITM\d+ (Cancelled|Closed)/),
  });
});

test('results and ledger carry who resolved and who closed it, and the ledger what open tickets are at', async () => {
  const { scenario, host } = await startWith({}, ['1', '2']);
  await using _ = scenario;
  change(scenario, '1', { ...DONE, state: '6' });
  change(scenario, '1', { state: '7' });
  change(scenario, '2', { state: '3', hold_reason: '1', comments: 'Waiting' });
  await scenario.poll(host);
  const { Ticket } = lastOf(scenario, '1') ?? {};
  expect(Ticket).toMatchObject({ State: '7', ResolvedBy: expect.any(String), ClosedBy: expect.any(String) });
  const row = async (id: string) => {
    const key = incidentOf(scenario, id)?.correlation_id ?? '';
    return scenario.environment.table('tickets').getEntity('ServiceNowFulfillManual', key);
  };
  expect(await row('1')).toMatchObject({
    State: 'closed',
    CloseCode: 'Solution provided',
    ResolvedBy: Ticket?.ResolvedBy,
    ClosedBy: Ticket?.ClosedBy,
  });
  expect(await row('2')).toMatchObject({ State: 'open', TicketState: '3', Sequence: 1, SeenAt: expect.any(String) });
});
