import { expect, test } from 'vitest';
import { readMessage } from '../../../../infra/local/receive-results.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { type Scenario, startScenario } from '../../../scenario.ts';
import { close, count, incidents } from '../../functions/tickets-of.ts';
import { expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

const PERSON = { Id: '7001', InternalDisplayName: 'Moneypenny-canary', ServiceNowUserName: 'james.bond' };
const MAPPING = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };

test("a person's data is blanked where work is done, and what is still worked on is left and named", {
  timeout: 180_000,
}, async () => {
  await using scenario = await startScenario({
    agentSettings: { ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: MAPPING, Badge: MAPPING } },
  });
  const { environment, results } = scenario;
  const run = async (tool: 'tickets' | 'orders' | 'poison' | 'connections', ...args: string[]) => {
    const ran = await runTool(tool, args, settingsOf(environment));
    expectNoSecrets(environment, ran.stdout + ran.stderr);
    return ran;
  };
  const erase = (...more: string[]) => run('tickets', 'erase', '--owner', PERSON.Id, ...more);
  const orders = environment.container('provisioning-orders');
  const theirs = (id: string, changes = {}) =>
    anOrder({
      AssignedResourceTypeId: id,
      Owner: PERSON,
      Changes: { lastName: PERSON.InternalDisplayName },
      ...changes,
    });
  expect(await run('tickets', 'erase')).toMatchObject({ exitCode: 2 });
  expect(await erase()).toMatchObject({ exitCode: 0, stdout: '0 blanked, 0 left.\n' });

  // One that is closed, one in a list with somebody else's, one in poison, one in poison by blob, one that waits.
  const host = await scenario.startHost({ HOLD_SECONDS: '900' });
  const list = JSON.stringify({ ProvisioningOrdersList: [theirs('2'), anOrder({ AssignedResourceTypeId: '3' })] });
  await orders.getBlockBlobClient('lists/1.json').uploadData(Buffer.from(list));
  await orders.getBlockBlobClient('torn.json').uploadData(Buffer.from('{"Provis'));
  await run('connections', 'pause', MAPPING.Connection, '--resource-type', 'Badge');
  await environment.sendOrder(theirs('1'));
  await environment.sendOrder({ OrdersBlob: 'lists/1.json' });
  const unmapped = { ResourceType: { Identifier: 'Unmapped' } };
  await environment.sendOrder(anEnvelope(theirs('4', unmapped), { DeliveryId: 'four' }));
  const large = { ...unmapped, Changes: { lastName: PERSON.InternalDisplayName, comment: 'é'.repeat(40_000) } };
  await orders.getBlockBlobClient('five.json').uploadData(Buffer.from(JSON.stringify(theirs('5', large))));
  await environment.sendOrder({ OrdersBlob: 'five.json' });
  await environment.sendOrder(
    anEnvelope(theirs('6', { ResourceType: { Identifier: 'Badge' } }), { DeliveryId: 'six' }),
  );
  await scenario.until(() => results.length === 5 && count(scenario, 'order.held') === 1);
  await scenario.until(async () => (await lengthOf(scenario, 'provisioning-orders')) === 1);
  const ticket = incidents(scenario).find(({ correlation_id: key }) => key?.startsWith('1.'));
  close(scenario, ticket);
  await scenario.poll(host);
  const before = await everything(scenario);
  expect(before.match(/Moneypenny-canary/g)?.length).toBeGreaterThan(5);

  const dry = await erase('--dry-run');
  expect(dry).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('would be blanked') });
  expect(await everything(scenario)).toBe(before);

  const first = await erase();
  expect(first.stderr.trimEnd().split('\n').sort()).toEqual([
    expect.stringMatching(/^Left: blob torn\.json: whom it tells of can't be told/),
    expect.stringMatching(/^Left: waiting order six: it waits/),
  ]);
  expect(first).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^\d+ blanked, 2 left\.$/m) });
  expect(await rowOf(scenario, '2')).toMatchObject({ OwnerId: '', State: 'open', OwnerType: '51' });
  expect(await rowOf(scenario, '1')).toMatchObject({ OwnerId: '', State: 'closed', Number: ticket?.number });
  expect(await rowOf(scenario, '3')).toMatchObject({ OwnerId: '21511' });
  const left = JSON.parse((await orders.getBlockBlobClient('lists/1.json').downloadToBuffer()).toString());
  expect(left.ProvisioningOrdersList).toEqual([
    {
      AssignedResourceTypeId: '2',
      ChangeType: 'Added',
      ResourceType: { Identifier: 'SAP_User_NominativeUser' },
      Erased: true,
    },
    anOrder({ AssignedResourceTypeId: '3' }),
  ]);

  // What is left of them can not become a ticket, however it comes back.
  expect(await run('poison', 'replay', 'four', '--again')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("its person's data was erased"),
  });
  const made = incidents(scenario).length;
  await environment.sendOrder({ OrdersBlob: 'lists/1.json' });
  await scenario.until(() => count(scenario, 'order.erased') === 1 && count(scenario, 'delivery.absorbed') === 1);
  expect(incidents(scenario)).toHaveLength(made);

  expect(await run('orders', 'drop', 'six')).toMatchObject({ exitCode: 0 });
  await orders.getBlockBlobClient('torn.json').delete();
  const second = await erase('--json');
  expect(second).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await everything(scenario)).match(/.{40}(Moneypenny-canary|"7001").{40}/g) ?? []).toEqual([]);
  const { steps } = JSON.parse((await run('tickets', 'show', '6', '--json')).stdout)[0];
  expect(steps.map(({ What }: { What: string }) => What)).toEqual(['waiting', 'rejected', 'sent']);
  expect(steps.map(({ Reason }: { Reason?: string }) => Reason)).toEqual([undefined, undefined, undefined]);
  expect(await erase()).toMatchObject({ exitCode: 0, stdout: '0 blanked, 0 left.\n' });

  // The ticket that is open is followed on.
  close(
    scenario,
    incidents(scenario).find(({ correlation_id: key }) => key?.startsWith('2.')),
  );
  await scenario.poll(host);
  expect(results.filter(({ AssignmentId }) => AssignmentId === '2').at(-1)).toMatchObject({
    ProvisioningState: 'Executed',
    OwnerId: '',
  });
});

/** All that ledger, blobs and poison hold, as text. */
async function everything({ environment }: Scenario): Promise<string> {
  const texts: string[] = [];
  for await (const { etag: _, timestamp: __, ...row } of environment.table('tickets').listEntities())
    texts.push(
      JSON.stringify(row, (_name, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)),
    );
  for await (const { name } of environment.container('provisioning-orders').listBlobsFlat())
    texts.push(
      (await environment.container('provisioning-orders').getBlockBlobClient(name).downloadToBuffer()).toString(),
    );
  const { peekedMessageItems } = await environment
    .queue('provisioning-orders-poison')
    .peekMessages({ numberOfMessages: 32 });
  texts.push(...peekedMessageItems.map(({ messageText }) => JSON.stringify(readMessage(messageText))).sort());
  return texts.join('\n');
}

async function rowOf({ environment }: Scenario, assignment: string) {
  for await (const row of environment.table('tickets').listEntities())
    if (new RegExp(`^${assignment}\\.[AMD]\\.`).test(row.rowKey ?? '')) return row;
  return undefined;
}

async function lengthOf({ environment }: Scenario, queue: string): Promise<number | undefined> {
  return (await environment.queue(queue).getProperties()).approximateMessagesCount;
}
