import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';

const mapping = (connection: string) => ({ Connection: connection, TicketCallerId: 'ServiceNowUserName' });

test('orders of a connection with faults wait, with all of them in the reason, and those of another go on', async () => {
  await using scenario = await startScenario({
    agentSettings: {
      Connections: { Broken: { Server: 'http://contoso.service-now.com/api/now/table', ClientId: 'half', Logn: 'x' } },
      ServiceNowResourceTypeMappings: {
        SAP_User_NominativeUser: mapping('ServiceNowFulfillManual'),
        Badge: mapping('Broken'),
      },
    },
  });
  const { environment, results } = scenario;
  const { servicenow, vault } = environment;
  await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '1' });
  await environment.sendOrder(anOrder({ AssignedResourceTypeId: '1', ResourceType: { Identifier: 'Badge' } }));
  await scenario.until(() => scenario.logs().includes('order.held'));
  await environment.sendOrder(anOrder({ AssignedResourceTypeId: '2' }));
  await scenario.until(() => results.length === 1);
  expect(results[0]).toMatchObject({ AssignmentId: '2', ProvisioningState: 'Transmitted' });

  const [held = ''] = scenario.logs().match(/"event":"order\.held".*/) ?? [];
  for (const fault of [
    /Server: expected a URL that starts with https:\/\/.*\(appsettings\.agent\.json\)/,
    /ClientSecret: expected a value, got nothing/,
    /OAuth2Url: expected a value, got nothing/,
    /Login: expected a user name, got nothing/,
  ]) {
    expect(held).toMatch(fault);
  }
  expect(held).toContain('connection \\"Broken\\"');
  expect(scenario.logs()).not.toContain('order.deferred');
  expect(await environment.peekPoison()).toEqual([]);

  // What is put right is noticed by itself, whatever source it is put into.
  const settings = {
    Server: servicenow.server,
    Login: servicenow.login,
    Password: servicenow.password,
    ClientId: servicenow.clientId,
    ClientSecret: servicenow.clientSecret,
    OAuth2Url: servicenow.oauth2Url,
  };
  for (const [name, value] of Object.entries(settings)) vault.set(`Connections--Broken--${name}`, value);
  await scenario.until(() => results.length === 2);
  expect(results[1]).toMatchObject({ AssignmentId: '1', ProvisioningState: 'Transmitted' });
  expect(scenario.logs()).toMatch(/settings\.warning.*\\"Logn\\" is no setting of a connection; did you mean Login\?/);
});
