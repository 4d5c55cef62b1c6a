import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';
import { idOf } from '../infra/local/servicenow/administer.ts';

const mapped = (members: object) => ({
  ServiceNowResourceTypeMappings: {
    SAP_User_NominativeUser: {
      Connection: 'ServiceNowFulfillManual',
      TicketCallerId: 'ServiceNowUserName',
      ...members,
    },
  },
});

test('fields of the mapping are filled from the order, references found, and what the instance drops is said once', async () => {
  const agentSettings = mapped({
    Fields: {
      contact_type: 'email',
      watch_list: { Added: '{{ProvisioningOrder.Owner.EmployeeId}}' },
      opened_by: { Table: 'sys_user', Key: 'user_name', Value: '{{ProvisioningOrder.Owner.Login}}' },
      u_no_such_field: 'x',
      location: '',
    },
    TicketAttributes: ['Login'],
    TitleTemplate: 'New account for {{Username}}',
    DetailsIn: 'work_notes',
  });
  await using scenario = await startScenario({ agentSettings });
  const { environment, results } = scenario;
  const { servicenow } = environment;
  await scenario.startHost();
  const Owner = {
    Id: '7',
    InternalDisplayName: 'Elise',
    ServiceNowUserName: 'elise',
    Login: 'beth.anglin',
    EmployeeId: 'E1',
  };
  await environment.sendOrder(anOrder({ Owner }));
  await scenario.until(() => results.length === 1);
  await environment.sendOrder(anOrder({ Owner, AssignedResourceTypeId: '2' }));
  await scenario.until(() => results.length === 2);

  const [incident] = servicenow.records('incident');
  expect(incident).toMatchObject({
    short_description: 'New account for Elise',
    contact_type: 'email',
    opened_by: idOf(servicenow, 'sys_user', 'user_name=beth.anglin'),
  });
  expect(incident?.description).not.toContain('firstName');
  const [notes] = servicenow.records('sys_journal_field', `element_id=${incident?.sys_id}^element=work_notes`);
  expect(notes?.value).toContain('- firstName: James');
  const told = scenario.logs().match(/"event":"ticket\.changedByInstance".*"fields":"[^"]*"/g);
  expect(told).toHaveLength(1);
  expect(told?.[0]).toContain('u_no_such_field');
  // One look-up for each of caller and reference, however many orders name them.
  expect(servicenow.requests.filter(({ path }) => path.endsWith('/table/sys_user'))).toHaveLength(2);
});

test('details that a ticket has no room for are attached to it, once, also where its maker was killed', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  const { servicenow } = environment;
  const Changes = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`attribute${index}`, `value ${index}`]),
  );
  const host = await scenario.startHost();
  const remove = servicenow.addFault({
    match: { method: 'POST', path: '/api/now/attachment' },
    action: { hang: true },
  });
  await environment.sendOrder(anOrder({ Changes }));
  await servicenow.waitForRequest(({ method, path }) => method === 'POST' && path.endsWith('/table/incident'));
  await host.kill();
  remove();
  await scenario.startHost();
  await scenario.until(() => results.length >= 1);
  await scenario.until(() => servicenow.records('sys_attachment').length === 1);
  const [attachment] = servicenow.records('sys_attachment');
  const [incident, ...more] = servicenow.records('incident');
  expect(more).toEqual([]);
  expect(attachment).toMatchObject({
    table_name: 'incident',
    table_sys_id: incident?.sys_id,
    file_name: 'order-details.txt',
  });
  const authorization = `Basic ${Buffer.from(`${servicenow.login}:${servicenow.password}`).toString('base64')}`;
  const file = await fetch(`${servicenow.url}/api/now/attachment/${attachment?.sys_id}/file`, {
    headers: { authorization },
  });
  expect((await file.text()).match(/^- attribute\d+: value \d+$/gm)).toHaveLength(300);
});

test('a ticket is a ticket although its details can not be attached', async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  environment.servicenow.addFault({ match: { path: '/api/now/attachment' }, action: { status: 403 } });
  await scenario.startHost();
  await environment.sendOrder(anOrder({ Changes: { comment: 'x'.repeat(9_000) } }));
  await scenario.until(() => results.length === 1);
  expect(scenario.logs()).toContain('"event":"ticket.notAttached"');
  expect(results[0]?.ProvisioningState).toBe('Transmitted');
});

test('orders of one list for one person in one workflow know of each other', async () => {
  await using scenario = await startScenario({ agentSettings: mapped({ WorkflowField: 'u_workflow' }) });
  const { environment, results } = scenario;
  await scenario.startHost();
  const orders = ['1', '2'].map((id) => anOrder({ AssignedResourceTypeId: id }));
  await environment.sendOrder({ ProvisioningOrdersList: orders });
  await scenario.until(() => results.length === 2);
  for (const { description = '', correlation_id: key = '' } of environment.servicenow.records('incident')) {
    const other = key.startsWith('1.') ? '2' : '1';
    expect(description).toContain(`- Added SAP_User_NominativeUser (assignment ${other})`);
  }
});
