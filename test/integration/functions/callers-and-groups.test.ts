import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';

const RESOURCE_TYPE = 'SAP_User_NominativeUser';
const mapped = (members: object) => ({
  ServiceNowResourceTypeMappings: {
    [RESOURCE_TYPE]: {
      Connection: 'ServiceNowFulfillManual',
      TicketCallerId: ['Nickname', 'ServiceNowUserName'],
      CallerWait: 0,
      ...members,
    },
  },
});
const stranger = anOrder({
  AssignedResourceTypeId: '77',
  Owner: { Id: '9', InternalDisplayName: 'Nemo', ServiceNowUserName: 'nemo' },
});

test('a ticket goes to the group of its mapping, named by name or sys_id, which is looked for once', async () => {
  await using scenario = await startScenario({ agentSettings: mapped({ AssignmentGroup: 'identity and access' }) });
  const { environment, results } = scenario;
  const { servicenow } = environment;
  await scenario.startHost();
  await environment.sendOrder(anOrder());
  await scenario.until(() => results.length === 1);
  await environment.sendOrder(anOrder({ AssignedResourceTypeId: '78' }));
  await scenario.until(() => results.length === 2);
  const [group] = servicenow.records('sys_user_group', 'name=Identity and Access');
  expect(servicenow.records('incident').map((incident) => incident.assignment_group)).toEqual([
    group?.sys_id,
    group?.sys_id,
  ]);
  expect(servicenow.requests.filter(({ path }) => path.endsWith('/sys_user_group'))).toHaveLength(1);
});

test('the caller of a person whom ServiceNow does not know is the fallback caller, and the text names the person', async () => {
  await using scenario = await startScenario({ agentSettings: mapped({ FallbackCaller: 'beth.anglin@contoso.com' }) });
  const { environment, results } = scenario;
  await scenario.startHost();
  await environment.sendOrder(stranger);
  await scenario.until(() => results.length === 1);
  const [beth] = environment.servicenow.records('sys_user', 'user_name=beth.anglin');
  const [incident] = environment.servicenow.records('incident');
  expect(incident?.caller_id).toBe(beth?.sys_id);
  expect(incident?.description).toContain('for Nemo');
  expect(incident?.description).toContain('so somebody else is the caller of the ticket');
});

test('a joiner is waited for until ServiceNow knows the person, and nobody else waits meanwhile', async () => {
  await using scenario = await startScenario({
    agentSettings: mapped({ CallerWait: { Added: 1 }, FallbackCaller: 'elise' }),
  });
  const { environment, results } = scenario;
  const { servicenow } = environment;
  const first = await scenario.startHost();
  await environment.sendOrder(stranger);
  await scenario.until(() => scenario.logs().includes('is not known to ServiceNow yet'));
  await environment.sendOrder({
    ...stranger,
    AssignedResourceTypeId: '79',
    ChangeType: 'Deleted',
    Resource: { login: 'n' },
  });
  await environment.sendOrder(anOrder());
  await scenario.until(() => results.length === 2);
  expect(results.map(({ AssignmentId }) => AssignmentId).toSorted()).toEqual(['3930001', '79']);
  // What was not found is remembered for a minute; another process asks anew.
  await first.stop();
  const nemo = servicenow.insert('sys_user', { user_name: 'nemo' });
  await scenario.startHost();
  await scenario.until(() => results.length === 3);
  const callers = servicenow.records('incident').map(({ caller_id: caller }) => caller);
  expect(callers.filter((caller) => caller === nemo.sys_id)).toHaveLength(1);
  expect(scenario.logs()).not.toContain('order.deferred');
});

test('a person whom the order gives no name for is not waited for', async () => {
  await using scenario = await startScenario({ agentSettings: mapped({ CallerWait: 1, FallbackCaller: 'elise' }) });
  const { environment, results } = scenario;
  await scenario.startHost();
  await environment.sendOrder(anOrder({ Owner: { Id: '9', InternalDisplayName: 'Nemo' } }));
  await scenario.until(() => results.length === 1);
  const [elise] = environment.servicenow.records('sys_user', 'user_name=elise');
  expect(environment.servicenow.records('incident')[0]?.caller_id).toBe(elise?.sys_id);
});

test.each([
  { member: 'AssignmentGroup', value: 'Nobody at all' },
  { member: 'FallbackCaller', value: 'nobody.at.all' },
])('orders wait while $member names nothing in ServiceNow, and go on when the mapping is right', async (wrong) => {
  await using scenario = await startScenario({ agentSettings: mapped({ [wrong.member]: wrong.value }) });
  const { environment, results } = scenario;
  await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '1' });
  await environment.sendOrder(stranger);
  await scenario.until(() => scenario.logs().includes('order.held'));
  expect(scenario.logs()).toContain(`${wrong.member} of the mapping of resource type \\"${RESOURCE_TYPE}\\"`);
  expect(environment.servicenow.records('incident')).toEqual([]);
  const text = JSON.stringify(mapped({}));
  await environment.container('settings').getBlockBlobClient('appsettings.agent.json').upload(text, text.length);
  await scenario.until(() => results.length === 1);
  expect(results[0]?.ProvisioningState).toBe('Transmitted');
  expect(await environment.peekPoison()).toEqual([]);
});
