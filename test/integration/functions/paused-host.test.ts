import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

const ORDERS = 8;
const LONG = { timeout: 120_000 };

async function sendOrders({ environment }: Scenario): Promise<void> {
  for (let index = 0; index < ORDERS; index += 1)
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `o${index}` }));
}

const seen = ({ results }: Scenario) => new Set(results.map(({ AssignmentId }) => AssignmentId));
const times = (scenario: Scenario, text: string) => scenario.logs().split(text).length - 1;

test('a Retry-After keeps every host from calling until then; orders wait, and spend no attempt', LONG, async () => {
  await using scenario = await startScenario({ oauth: 'client_credentials' });
  const { servicenow } = scenario.environment;
  servicenow.addFault({
    times: 1,
    match: { method: 'POST', table: 'incident' },
    action: { status: 429, headers: { 'Retry-After': '12' } },
  });
  await Promise.all([scenario.startHost(), scenario.startHost()]);
  await sendOrders(scenario);
  await scenario.until(() => seen(scenario).size === ORDERS);
  const at = ({ at: time }: { readonly at: string }) => Date.parse(time);
  const refusedAt = at(servicenow.requests.find(({ status }) => status === 429) ?? { at: '' });
  // What other hosts know may be as old as `LIMITS_MAX_AGE_SECONDS`; what they do by it takes a moment.
  const meanwhile = servicenow.requests.filter((one) => at(one) > refusedAt + 4_000 && at(one) < refusedAt + 12_000);
  expect(meanwhile).toEqual([]);
  expect(servicenow.records('incident')).toHaveLength(ORDERS);
  expect(times(scenario, '"event":"host.paused"')).toBe(1);
  expect(times(scenario, '"event":"order.deferred"')).toBe(1);
  expect(times(scenario, 'asked to be sent nothing for a while')).toBeGreaterThan(1);
});

test(
  'a host that fails again and again is left alone but for one call at a time; orders spend few attempts',
  LONG,
  async () => {
    await using scenario = await startScenario({ oauth: 'client_credentials' });
    const { servicenow } = scenario.environment;
    const mend = servicenow.addFault({ action: { status: 503, body: 'maintenance' } });
    await Promise.all([scenario.startHost(), scenario.startHost()]);
    await sendOrders(scenario);
    // The third pause follows on two looks, each by one call.
    await scenario.until(() => times(scenario, '"event":"host.paused"') >= 3);
    const callsWhileDown = servicenow.requests.length;
    mend();
    await scenario.until(() => seen(scenario).size === ORDERS);
    expect(servicenow.records('incident')).toHaveLength(ORDERS);
    expect(callsWhileDown).toBeLessThan(30);
    expect(times(scenario, 'one call at a time looks whether that is over')).toBeGreaterThan(3);
    expect(times(scenario, '"event":"host.resumed"')).toBeGreaterThanOrEqual(1);
  },
);
