import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Environment } from '../../../infra/local/environment.ts';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { readMessage } from '../../../infra/local/receive-results.ts';
import { anEnvelope, anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';

const POISON = 'provisioning-orders-poison';

describe('watchQueues', { timeout: 120_000 }, () => {
  it.concurrent('makes its one ticket of an order that the platform poisoned, also when it was interrupted', async () => {
    await using scenario = await startScenario();
    const { environment, results } = scenario;
    const id = await poisonAsPlatform(environment, anOrder());
    const host = await scenario.startHost();
    await watch(host);
    await scenario.until(() => results.length === 1);
    expect(results[0]).toMatchObject({ ProvisioningState: 'Transmitted', AssignmentId: '3930001' });
    expect(await inPoison(environment)).toEqual([]);
    const [ticket] = environment.servicenow.records('incident');
    await scenario.until(() => isOpen(environment, ticket?.correlation_id));
    expect(await ticketRow(environment, ticket?.correlation_id)).toMatchObject({ DeliveryId: id });

    // As a run leaves it that ended between sending and removing: the same message is put back once more.
    await environment.sendOrder(anEnvelope(anOrder(), { DeliveryId: id, PutBack: true, Unsure: true }));
    await scenario.until(() => scenario.logs().includes('delivery.repeated'));
    expect(environment.servicenow.records('incident')).toHaveLength(1);
    expect(await inPoison(environment)).toEqual([]);
    expect(results).toHaveLength(1);
  });

  it.concurrent('keeps in poison for ever what may be a repeat, order by order, and sends no result for it', async () => {
    await using scenario = await startScenario();
    const { environment, results } = scenario;
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => results.length === 1);
    const [ticket] = environment.servicenow.records('incident');
    await scenario.until(() => isOpen(environment, ticket?.correlation_id));

    const known = anOrder();
    const fresh = anOrder({ AssignedResourceTypeId: '2' });
    const id = await poisonAsPlatform(environment, { ProvisioningOrdersList: [known, fresh] });
    await watch(host);
    await scenario.until(async () => results.length === 2 && (await inPoison(environment)).length === 1);
    expect(results[1]).toMatchObject({ ProvisioningState: 'Transmitted', AssignmentId: '2' });
    expect(environment.servicenow.records('incident')).toHaveLength(2);
    const kept = await inPoison(environment);
    expect(kept).toEqual([
      {
        endless: true,
        body: expect.objectContaining({
          Order: known,
          DeliveryId: `${id}.0`,
          Unsure: true,
          Reason: expect.stringMatching(`may be a repeat: .* what led to ${ticket?.number} \\(open\\)`),
        }),
      },
    ]);
    await watch(host);
    expect(await inPoison(environment)).toEqual(kept);
    expect(results).toHaveLength(2);
  });

  it.concurrent('gives a reason to what is nested too deeply for the platform itself, and its neighbours their tickets', async () => {
    await using scenario = await startScenario();
    const { environment, results } = scenario;
    const deep = JSON.stringify(anOrder({ AssignedResourceTypeId: 'deep' })).replace(
      '"Changes":',
      `"More":${'['.repeat(15_000)}${']'.repeat(15_000)},"Changes":`,
    );
    const list = `{"ProvisioningOrdersList":[${deep},${JSON.stringify(anOrder())}]}`;
    await environment
      .queue('provisioning-orders')
      .sendMessage(Buffer.from(list, 'utf8').toString('base64'), { messageTimeToLive: 3_600 });
    const host = await scenario.startHost();
    const isPoisoned = async () => (await environment.queue(POISON).getProperties()).approximateMessagesCount === 1;
    await scenario.until(isPoisoned);
    await watch(host);
    await scenario.until(async () => results.length === 2 && (await inPoison(environment)).length === 1);
    expect(results.find(({ AssignmentId }) => AssignmentId === 'deep')).toMatchObject({
      ProvisioningState: 'Errored',
      Message: expect.stringContaining('at most 32 levels of nesting'),
    });
    expect(environment.servicenow.records('incident')).toHaveLength(1);
    expect(await inPoison(environment)).toEqual([
      {
        endless: true,
        body: expect.objectContaining({
          Order: `Nested too deeply: ${deep}`,
          Reason: expect.stringContaining('32 levels'),
        }),
      },
    ]);
  });

  it.concurrent('does not make a second ticket of an order whose ticket is closed by now', async () => {
    await using scenario = await startScenario();
    const { environment, results } = scenario;
    const host = await scenario.startHost();
    await environment.sendOrder(anOrder());
    await scenario.until(() => results.length === 1);
    const [ticket] = environment.servicenow.records('incident');
    await scenario.until(() => isOpen(environment, ticket?.correlation_id));
    const closing = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
    await fetch(`${environment.servicenow.controlUrl}/records/incident/${ticket?.sys_id}`, {
      method: 'PATCH',
      body: JSON.stringify(closing),
    });
    await scenario.poll(host);
    expect(results.at(-1)).toMatchObject({ ProvisioningState: 'Executed' });
    await poisonAsPlatform(environment, anOrder());
    await watch(host);
    await scenario.until(async () => (await inPoison(environment)).some(({ endless }) => endless));
    expect(environment.servicenow.records('incident')).toHaveLength(1);
    expect(results.at(-1)).toMatchObject({ ProvisioningState: 'Executed' });
  });

  it.concurrent('puts messages back a minute apart, and finds them behind any number of others', async () => {
    await using scenario = await startScenario();
    const { environment } = scenario;
    const host = await scenario.startHost();
    for (let index = 0; index < 40; index += 1) {
      const text = base64(anEnvelope(anOrder(), { DeliveryId: `kept-${index}` }));
      await environment.queue(POISON).sendMessage(text, { messageTimeToLive: -1 });
    }
    await poisonAsPlatform(environment, anOrder({ AssignedResourceTypeId: '1' }));
    await poisonAsPlatform(environment, anOrder({ AssignedResourceTypeId: '2' }));
    await watch(host);
    await poisonAsPlatform(environment, anOrder({ AssignedResourceTypeId: '3' }));
    await watch(host);
    const delays = eventsOf(scenario, 'poison.found').map(({ delayInSeconds }) =>
      Math.round(Number(delayInSeconds) / 60),
    );
    expect(delays).toEqual([0, 1, 2]);
    // Two of them are hidden for now.
    await scenario.until(async () => (await lengthOf(environment, 'provisioning-orders')) === 2);
    expect(scenario.results).toMatchObject([{ AssignmentId: '1' }]);
    expect(await lengthOf(environment, POISON)).toBe(40);
    // All of them show, for an operator to see.
    expect(await inPoison(environment)).toHaveLength(32);
  });

  it.concurrent('keeps for ever, with a reason, what the platform poisoned again, whatever it is', async () => {
    await using scenario = await startScenario();
    const { environment } = scenario;
    const host = await scenario.startHost();
    const envelope = anEnvelope(anOrder(), { DeliveryId: 'again', PutBack: true, Reason: 'away' });
    await poisonAsPlatform(environment, envelope);
    await environment.queue(POISON).sendMessage('<order>not Base64</order>');
    await watch(host);
    await scenario.until(async () => {
      const messages = await inPoison(environment);
      return messages.length === 2 && messages.every(({ endless }) => endless);
    });
    const kept = await inPoison(environment);
    expect(kept).toContainEqual({
      endless: true,
      body: { ...envelope, Reason: expect.stringContaining('gave it up again after it was put back') },
    });
    expect(kept).toContainEqual({
      endless: true,
      body: expect.objectContaining({
        Order: '<order>not Base64</order>',
        Reason: expect.stringContaining('Expected a provisioning order'),
      }),
    });
    await watch(host);
    expect(await inPoison(environment)).toEqual(kept);
  });

  it.concurrent('says how long queues are and how long orders wait, hidden ones too', async () => {
    await using scenario = await startScenario({ agentSettings: {} });
    const { environment } = scenario;
    const host = await scenario.startHost({ HOLD_SECONDS: '600' });
    const orderedAt = new Date(Date.now() - 3_600_000).toISOString();
    await environment.sendOrder(anEnvelope(anOrder(), { OrderedAt: `${orderedAt}#000000` }));
    await scenario.until(() => scenario.logs().includes('order.held'));
    for (const result of [1, 2, 3]) await environment.queue('provisioning-results').sendMessage(base64(result));
    await watch(host);
    expect(eventsOf(scenario, 'queue.watched')).toEqual([
      // The held order, and for a moment the message that it was before.
      { event: 'queue.watched', queue: 'provisioning-orders', length: expect.any(Number) },
      { event: 'queue.watched', queue: POISON, length: 0 },
      { event: 'queue.watched', queue: 'provisioning-results', length: 3 },
      ...['password-resets', 'password-resets-poison', 'password-results'].map((queue) => ({
        ...{ event: 'queue.watched', queue, length: 0 },
      })),
    ]);
    expect(eventsOf(scenario, 'queue.watched')[0]?.length).toBeGreaterThanOrEqual(1);
    const [waiting] = eventsOf(scenario, 'orders.waiting');
    expect(waiting).toMatchObject({ orders: 1 });
    expect(waiting?.oldestAgeInSeconds).toBeGreaterThanOrEqual(3_600);
    expect(waiting?.oldestAgeInSeconds).toBeLessThan(3_700);
  });
});

async function watch(host: FunctionsHost): Promise<void> {
  expect(await host.runNow('watchQueues')).toMatchObject({ succeeded: true });
}

/** Puts a body into poison as the platform does: without a name of its own and with an end. */
async function poisonAsPlatform(environment: Environment, body: unknown): Promise<string> {
  return (await environment.queue(POISON).sendMessage(base64(body))).messageId;
}

function base64(body: unknown): string {
  return Buffer.from(JSON.stringify(body)).toString('base64');
}

async function inPoison(environment: Environment): Promise<{ endless: boolean; body: unknown }[]> {
  const { peekedMessageItems } = await environment.queue(POISON).peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText, expiresOn }) => ({
    endless: expiresOn.getUTCFullYear() === 9999,
    body: messageText.startsWith('<') ? messageText : readMessage(messageText),
  }));
}

async function lengthOf(environment: Environment, queue: string): Promise<number | undefined> {
  return (await environment.queue(queue).getProperties()).approximateMessagesCount;
}

async function ticketRow(environment: Environment, key: string | undefined) {
  const tickets = environment.table('tickets');
  return tickets.getEntity<Record<string, unknown>>('ServiceNowFulfillManual', key ?? '').catch(() => undefined);
}

async function isOpen(environment: Environment, key: string | undefined): Promise<boolean> {
  return (await ticketRow(environment, key))?.State === 'open';
}

/** What the app logged under one event name, in order. */
function eventsOf(scenario: Scenario, event: string) {
  return scenario
    .logs()
    .split('\n')
    .flatMap((line) => /\{"event":.*\}/.exec(line) ?? [])
    .map((text) => z.looseObject({ event: z.string() }).parse(JSON.parse(text)))
    .filter((fields) => fields.event === event);
}
