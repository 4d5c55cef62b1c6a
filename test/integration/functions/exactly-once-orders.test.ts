import { expect, test } from 'vitest';
import { anEnvelope, anOrder } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { close, count, ids, incidents, posts, queueIsEmpty, rowIs, waitForRow } from './tickets-of.ts';

const POST = { method: 'POST', table: 'incident' } as const;
/** Where no host is killed nothing comes back by itself, however long a busy machine takes. */
const LONG_HIDDEN_IN_MS = 60_000;
const AT_10 = '2026-11-23T10:00:00.000Z#000000';
const AT_11 = '2026-11-23T11:00:00.000Z#000000';
const AT_12 = '2026-11-23T12:00:00.000Z#000000';

/** The order to add an account as delivery `id`, given at that time. */
const added = (id: string, orderedAt = AT_10) => anEnvelope(anOrder(), { DeliveryId: id, OrderedAt: orderedAt });
/** The order to remove the account of the same assignment. */
const deleted = (id: string, orderedAt: string) =>
  anEnvelope(anOrder({ ChangeType: 'Deleted', Changes: {}, Resource: { identifier: '007' } }), {
    DeliveryId: id,
    OrderedAt: orderedAt,
  });

async function send(scenario: Scenario, envelope: unknown, isDone: () => boolean | Promise<boolean>): Promise<void> {
  await scenario.environment.sendOrder(envelope);
  await scenario.until(isDone);
}

/** Sends the first order of an assignment and waits until its ticket is open. */
async function openFirst(scenario: Scenario): Promise<void> {
  await send(scenario, added('first'), () => rowIs(scenario, 'open'));
}

/** Waits until nothing is left to do and tells what came of the orders: change type, generation and state, each once. */
async function outcomes(scenario: Scenario): Promise<string[]> {
  await scenario.until(() => queueIsEmpty(scenario));
  expect(await scenario.environment.peekPoison()).toEqual([]);
  return [
    ...new Set(
      scenario.results.map(
        ({ ChangeType, Generation, ProvisioningState }) => `${ChangeType} ${Generation} ${ProvisioningState}`,
      ),
    ),
  ];
}

test.concurrent('redelivery before creation: a host that died before its POST leaves the order to the next', async () => {
  await using scenario = await startScenario();
  scenario.environment.servicenow.addFault({ match: POST, times: 1, action: { hang: true } });
  const host = await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '4' });
  await scenario.environment.sendOrder(added('first'));
  await waitForRow(scenario, 'creating');
  await host.kill();
  expect(incidents(scenario)).toEqual([]);
  await scenario.startHost();
  await scenario.until(() => rowIs(scenario, 'open'));
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted']);
  expect(incidents(scenario)).toHaveLength(1);
});

test.concurrent('redelivery during creation: the copy waits for the claim and then has nothing to do', async () => {
  await using scenario = await startScenario();
  scenario.environment.servicenow.addFault({ match: POST, times: 1, action: { delayInMs: 2_000 } });
  await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '4' }, LONG_HIDDEN_IN_MS);
  await scenario.environment.sendOrder(added('first'));
  await waitForRow(scenario, 'creating');
  await send(scenario, added('first'), () => count(scenario, 'order.waiting') >= 1);
  await scenario.until(() => count(scenario, 'delivery.repeated') >= 1);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted']);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent('redelivery after creation, and after the ticket was closed meanwhile, makes no ticket', async () => {
  await using scenario = await startScenario();
  const host = await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await openFirst(scenario);
  await send(scenario, added('first'), () => count(scenario, 'delivery.repeated') >= 1);
  close(scenario, incidents(scenario)[0]);
  // It comes before anybody has seen the ticket closed, and again after that.
  await send(scenario, added('first'), () => count(scenario, 'delivery.repeated') >= 2);
  await scenario.poll(host);
  await send(scenario, added('first'), () => count(scenario, 'delivery.repeated') >= 3);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted', 'Added 1 Executed']);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent('the same order sent twice by the producer in one list leads to one ticket', async () => {
  await using scenario = await startScenario();
  await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await send(scenario, { ProvisioningOrdersList: [anOrder(), anOrder()] }, () => rowIs(scenario, 'open'));
  await scenario.until(() => count(scenario, 'delivery.repeated') >= 1);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted']);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent('the same order sent twice by the producer, hours apart, leads to one ticket while that is open', async () => {
  await using scenario = await startScenario();
  await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await openFirst(scenario);
  await send(scenario, added('hours later', AT_12), () => count(scenario, 'delivery.absorbed') >= 1);
  await send(scenario, anOrder(), () => count(scenario, 'delivery.absorbed') >= 2);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted']);
  expect(posts(scenario)).toHaveLength(1);
});

test.concurrent.for([
  ['closed', { state: '7', close_code: 'Solution provided', close_notes: 'Done.' }, 'Executed'],
  ['cancelled', { state: '8' }, 'Errored'],
] as const)(
  'the same order after its ticket was %s is the next generation, a new ticket',
  async ([, values, state]) => {
    await using scenario = await startScenario();
    const host = await scenario.startHost({}, LONG_HIDDEN_IN_MS);
    await openFirst(scenario);
    scenario.environment.servicenow.update('incident', incidents(scenario)[0]?.sys_id ?? '', values);
    await scenario.poll(host);
    await send(scenario, added('again', AT_11), () => scenario.results.length >= 3);
    expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted', `Added 1 ${state}`, 'Added 2 Transmitted']);
    expect(incidents(scenario)).toHaveLength(2);
  },
);

test.concurrent('a newer order while a ticket is open makes its own, which begins with the older one', async () => {
  await using scenario = await startScenario();
  await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await openFirst(scenario);
  await send(scenario, deleted('removal', AT_11), () => scenario.results.length >= 2);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted', 'Deleted 1 Transmitted']);
  const [older, newer, ...more] = incidents(scenario);
  expect(newer?.description).toMatch(new RegExp(`^NOTE: ${older?.number} for an older order`));
  expect(more).toEqual([]);
});

test.concurrent('an older order arriving after a newer one makes its ticket too, which begins with the newer one', async () => {
  await using scenario = await startScenario();
  await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await send(scenario, deleted('removal', AT_11), () => rowIs(scenario, 'open'));
  await send(scenario, added('late', AT_10), () => scenario.results.length >= 2);
  expect(await outcomes(scenario)).toEqual(['Deleted 1 Transmitted', 'Added 1 Transmitted']);
  const [newer, older, ...more] = incidents(scenario);
  expect(older?.description).toMatch(new RegExp(`^NOTE: ${newer?.number} is for a newer order`));
  expect(more).toEqual([]);
});

test.concurrent('Added, Deleted and the same Added again are three tickets, all open at once', async () => {
  await using scenario = await startScenario();
  await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await openFirst(scenario);
  await send(scenario, deleted('removal', AT_11), () => scenario.results.length >= 2);
  await send(scenario, added('again', AT_12), () => scenario.results.length >= 3);
  // Copies of all three change nothing, whatever became newer meanwhile.
  for (const copy of [added('first'), deleted('removal', AT_11), added('again', AT_12)])
    await scenario.environment.sendOrder(copy);
  await scenario.until(() => count(scenario, 'delivery.repeated') >= 3);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted', 'Deleted 1 Transmitted', 'Added 2 Transmitted']);
  expect(posts(scenario)).toHaveLength(3);
  expect(incidents(scenario)[2]?.description).toContain(`NOTE: ${incidents(scenario)[1]?.number} for an older order`);
});

test.concurrent('an absorbed order delivered again after the ticket closed makes no ticket; another sending does', async () => {
  await using scenario = await startScenario();
  const host = await scenario.startHost({}, LONG_HIDDEN_IN_MS);
  await openFirst(scenario);
  await send(scenario, added('absorbed', AT_11), () => count(scenario, 'delivery.absorbed') >= 1);
  close(scenario, incidents(scenario)[0]);
  await scenario.poll(host);
  await send(scenario, added('absorbed', AT_11), () => count(scenario, 'delivery.repeated') >= 1);
  expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted', 'Added 1 Executed']);
  expect(posts(scenario)).toHaveLength(1);
  await send(scenario, added('new', AT_12), () => ids(scenario).length === 3);
  expect(await outcomes(scenario)).toContain('Added 2 Transmitted');
  expect(posts(scenario)).toHaveLength(2);
});

test.concurrent.for([
  ['the original overtakes the copy that was put back', 0],
  ['a copy that was put back more often overtakes the one put back before', 7],
] as const)(
  'a copy of a deferred message overtaking another: %s, and the last one has nothing to do',
  async ([, attempt]) => {
    await using scenario = await startScenario();
    const { environment } = scenario;
    const failure = { error: { message: 'Failure', detail: '' }, status: 'failure' };
    environment.servicenow.addFault({ match: POST, times: 1, action: { status: 500, body: failure } });
    const late = { DEFERRAL_FIRST_SECONDS: '8', DEFERRAL_LONGEST_SECONDS: '8' };
    await scenario.startHost(late, LONG_HIDDEN_IN_MS);
    await send(scenario, added('first'), () => count(scenario, 'order.deferred') >= 1);
    await scenario.environment.sendOrder({ ...added('first'), Attempt: attempt, NotBefore: AT_10 });
    await scenario.until(() => rowIs(scenario, 'open'));
    await scenario.until(() => count(scenario, 'delivery.repeated') >= 1);
    expect(await outcomes(scenario)).toEqual(['Added 1 Transmitted']);
    expect(incidents(scenario)).toHaveLength(1);
    // Nor does anything say any more that the order waits.
    for await (const { rowKey } of environment.table('tickets').listEntities()) expect(rowKey).not.toMatch(/^_waiting/);
  },
);
