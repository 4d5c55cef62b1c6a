import { expect } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

export const SECONDS_90 = { timeout: 90_000 };
export const VARIABLES = { details: '{{ProvisioningOrder.ChangeType}} {{ResourceType}}', account: '{{Username}}' };
export const FROM_CATALOG = {
  TicketType: 'request',
  CatalogItem: 'Access Request',
  CatalogCorrelationVariable: 'correlation',
  CatalogVariables: VARIABLES,
};
export const UNTRACEABLE = { TicketType: 'request', CatalogItem: 'Access Request', CatalogVariables: VARIABLES };
export const BARE = { TicketType: 'request', AllowBareRequestItem: true, AssignmentGroup: 'Service Desk' };

export const start = (mapping: object) =>
  startScenario({
    agentSettings: {
      ServiceNowResourceTypeMappings: {
        SAP_User_NominativeUser: {
          Connection: 'ServiceNowFulfillManual',
          TicketCallerId: 'ServiceNowUserName',
          ...mapping,
        },
      },
    },
  });

export const records = ({ environment }: Scenario, table: string) => environment.servicenow.records(table);
export const items = (scenario: Scenario) => records(scenario, 'sc_req_item');
export const states = ({ results }: Scenario) =>
  [...new Map(results.map(({ ResultId, ProvisioningState }) => [ResultId, ProvisioningState])).values()].sort();
export const userNamed = (scenario: Scenario, name: string) =>
  records(scenario, 'sys_user').find(({ user_name: userName }) => userName === name)?.sys_id;

/** Everything the app asked the instance for while making tickets, look-ups of persons and names aside. */
export const ticketCalls = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ table }) =>
    ['sc_request', 'sc_req_item', 'sc_task', 'sc_item_option_mtom', 'incident'].includes(table ?? ''),
  );

export async function queueIsEmpty({ environment }: Scenario): Promise<boolean> {
  return (await environment.queue('provisioning-orders').getProperties()).approximateMessagesCount === 0;
}

/** Both parts of the one request that there is carry the ticket key; the field is one of the requested item. */
export function expectOneMarked(scenario: Scenario, field = 'correlation_id'): string {
  const [item, ...more] = items(scenario);
  expect(more).toEqual([]);
  const key = item?.[field] ?? '';
  expect(key).toMatch(/^3930001\.A\.[0-9a-f]{32}\.1$/);
  const [request, ...others] = records(scenario, 'sc_request');
  expect(others).toEqual([]);
  const correlation_display = 'IdentityManager/local/ServiceNowFulfillManual';
  expect(item).toMatchObject({ [field]: key, correlation_display });
  expect(request).toMatchObject({ correlation_id: key, correlation_display });
  return key;
}

/** Starts a host, sends an order, and kills the host while what `match` picks hangs: before it, or after it was carried out. */
export async function killAt(
  scenario: Scenario,
  match: { readonly method: string; readonly table: string },
  phase: 'before' | 'after' = 'before',
): Promise<void> {
  const { environment } = scenario;
  const release = environment.servicenow.addFault({ match, phase, action: { hang: true } });
  const killed = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '20', CLAIM_MARGIN_SECONDS: '2' });
  const committed = environment.servicenow.waitForCommit();
  await environment.sendOrder(anOrder());
  await committed;
  const made = phase === 'after' ? match.table : match.method === 'POST' ? 'sc_request' : 'sc_req_item';
  await expect.poll(() => records(scenario, made).length, { interval: 20 }).toBe(1);
  await killed.kill();
  release();
}
