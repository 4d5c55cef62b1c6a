import { describe, expect, it } from 'vitest';
import { type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { makeLedger } from '../../../../shared/tickets/ledger.ts';
import type { DeliveryRow } from '../../../../shared/tickets/ledger-row.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { CANARY, expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';

describe('npm run orders', { timeout: 120_000 }, () => {
  it.concurrent('lists what waits in every connection and in none, oldest order first, without a secret', async () => {
    await using started = await start();
    await started.wait(CONNECTION, '1', { OrderedAt: '2026-11-23T10:00:00.000Z#000002', DeliveryId: 'second' });
    await started.wait('_none', '2', {
      OrderedAt: '2026-11-23T10:00:00.000Z#000001',
      DeliveryId: 'first',
      Reason: `password: ${CANARY}`,
    });
    await started.wait('Abandoned', '3', { DeliveryId: 'elsewhere' });
    expect(await started.json('waiting')).toEqual({
      orders: [
        {
          deliveryId: 'first',
          summary: 'Added SAP_User (assignment 2)',
          reason: 'password: ***',
          orderedAt: '2026-11-23T10:00:00.000Z#000001',
          since: '2026-11-23T10:01:00.000Z',
          notBefore: '2026-11-23T10:16:00.000Z',
        },
        expect.objectContaining({ connection: CONNECTION, deliveryId: 'second' }),
      ],
      unread: [],
    });
    expect(await started.json('waiting', '--connection', 'Abandoned')).toMatchObject({
      orders: [{ connection: 'Abandoned', deliveryId: 'elsewhere' }],
    });
  });

  it.concurrent('reads as text for people, and forgets what goes on', async () => {
    await using started = await start();
    await started.wait(CONNECTION, '1');
    expect((await started.run('waiting')).stdout).toBe(`Added SAP_User (assignment 1), connection ${CONNECTION}
  ordered 2026-11-23T10:00:00.000Z, waits since 2026-11-23T10:01:00.000Z, comes back 2026-11-23T10:16:00.000Z
  Reason: ServiceNow is away
  DeliveryId: delivery-1
`);
    await started.ledger.forgetWaiting(CONNECTION, '1', 'delivery-1');
    expect(await started.run('waiting')).toMatchObject({ exitCode: 0, stdout: 'No order waits.\n', stderr: '' });
  });

  it.concurrent('lists more than one answer of storage holds', async () => {
    await using started = await start();
    const table = started.environment.table('tickets');
    for (let from = 0; from < 1_200; from += 100) {
      const rows = Array.from({ length: 100 }, (_, index) => ({
        partitionKey: CONNECTION,
        rowKey: `_waiting.1.delivery.${from + index}`,
        ...rowOf('1', { DeliveryId: `${from + index}` }),
      }));
      await table.submitTransaction(rows.map((row) => ['create', row]));
    }
    expect(await started.json('waiting')).toMatchObject({ orders: { length: 1_200 } });
  });

  it.concurrent('names settings files that can not be read and may name more connections', async () => {
    await using started = await start();
    const broken = started.environment.container('settings').getBlockBlobClient('appsettings.agent.json');
    await broken.upload('{', 1);
    const run = await started.run('waiting');
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(
      /^No order waits\.\nappsettings\.agent\.json can't be read and may name more connections/,
    );
  });

  it.concurrent('tells that it can not reach the ledger', async () => {
    await using started = await start();
    await started.environment.table('tickets').deleteTable();
    const run = await started.run('waiting');
    expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('read table tickets') });
  });

  it.concurrent('sends an order again at once as it was put back, and all of a connection', async () => {
    await using started = await start();
    const kept = (id: string) => Buffer.from(JSON.stringify(anEnvelope(anOrder(), { DeliveryId: id, Attempt: 3 })));
    for (const id of ['a', 'b']) await started.wait(CONNECTION, id, { DeliveryId: id, Envelope: kept(id) });
    await started.wait('_none', 'c', { DeliveryId: 'c', Envelope: kept('c') });
    expect(await started.json('release', 'a')).toEqual({
      released: [{ deliveryId: 'a', connection: CONNECTION }],
      refused: [],
    });
    const [released] = await started.orders();
    expect(released).toMatchObject({ DeliveryId: 'a', Attempt: 3, Order: anOrder(), NotBefore: expect.any(String) });
    // What was sent and not worked on yet is not sent again; what can't be read keeps nothing else waiting.
    await started.wait(CONNECTION, 'broken', { DeliveryId: '0', Envelope: Buffer.from('{"v":1') });
    const all = await started.run('release', '--all', '--connection', CONNECTION);
    expect(all).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Comes back now: .*DeliveryId b\n$/) });
    expect(all.stderr).toMatch(/^Not released: .*DeliveryId a: it was sent again at 20.*, and waits for its turn$/m);
    expect(all.stderr).toMatch(/^Not released: .*DeliveryId 0: what is kept of it can not be read/m);
    expect(await started.orders()).toMatchObject([{ DeliveryId: 'a' }, { DeliveryId: 'b' }]);
    expect(await started.json('waiting')).toMatchObject({ orders: { length: 4 } });
    expect(await started.run('release', 'd')).toMatchObject({
      exitCode: 1,
      stderr: 'No order with that DeliveryId waits.\n',
    });
  });

  it.concurrent('drops an order: Errored, in poison with the reason, and it waits no more', async () => {
    await using started = await start();
    const envelope = anEnvelope(anOrder({ AssignedResourceTypeId: '1' }), { DeliveryId: 'a' });
    await started.wait(CONNECTION, '1', { DeliveryId: 'a', Envelope: Buffer.from(JSON.stringify(envelope)) });
    expect(await started.json('drop', 'a')).toEqual({
      dropped: [{ deliveryId: 'a', connection: CONNECTION }],
      refused: [],
    });
    expect(await started.environment.receiveResults()).toMatchObject([
      { AssignmentId: '1', ProvisioningState: 'Errored', Message: 'dropped by an operator' },
    ]);
    expect(await started.environment.peekPoison()).toMatchObject([
      { DeliveryId: 'a', Reason: 'dropped by an operator' },
    ]);
    expect(await started.json('waiting')).toMatchObject({ orders: [] });
    expect((await started.run('drop', 'a')).exitCode).toBe(1);
    expect(await started.environment.receiveResults()).toEqual([]);
  });

  it.concurrent('does nothing with an order that an older version put back, and says why', async () => {
    await using started = await start();
    await started.wait(CONNECTION, '1', { DeliveryId: 'a' });
    for (const verb of ['release', 'drop']) {
      const run = await started.run(verb, 'a');
      expect(run).toMatchObject({ exitCode: 1, stdout: '' });
      expect(run.stderr).toContain('put back by an older version');
    }
    expect(await started.orders()).toEqual([]);
  });

  it.concurrent('keeps envelopes out of what a list reads', async () => {
    await using started = await start();
    await started.wait(CONNECTION, '1', { DeliveryId: 'a', Envelope: Buffer.alloc(48 * 1024, 'x') });
    const [listed] = await started.ledger.listWaiting(CONNECTION);
    expect(listed).toMatchObject({ DeliveryId: 'a' });
    expect(listed?.Envelope).toBeUndefined();
    expect((await started.ledger.readWaiting(CONNECTION, listed?.rowKey ?? ''))?.row.Envelope).toHaveLength(48 * 1024);
  });

  it.concurrent.each([
    { args: [] },
    { args: ['waiting', 'more'] },
    { args: ['waiting', '--connection', ''] },
    { args: ['waiting', '--all'] },
    { args: ['release'] },
    { args: ['release', 'one', '--all'] },
    { args: ['drop', 'one', 'two'] },
  ])('does not understand $args, and says how it is used', async ({ args }) => {
    const { exitCode, stdout, stderr } = await runTool('orders', args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: npm run orders');
  });
});

function rowOf(assignmentId: string, members: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    v: 1,
    State: 'waiting',
    DeliveryId: 'delivery-1',
    OrderedAt: '2026-11-23T10:00:00.000Z#000000',
    Reason: 'ServiceNow is away',
    Since: '2026-11-23T10:01:00.000Z',
    NotBefore: '2026-11-23T10:16:00.000Z',
    Summary: `Added SAP_User (assignment ${assignmentId})`,
    ...members,
  };
}

async function start(options: EnvironmentOptions = {}) {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  const credential = makeIdentityCredential(environment.identity);
  const ledger = makeLedger(
    entityTable(environment.azurite.tableUrl(), 'tickets', async () => credential),
    systemClock,
  );
  const run = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await runTool('orders', args, settingsOf(environment));
    expectNoSecrets(environment, stdout + stderr);
    return { exitCode, stdout, stderr: stderr.replace(/^Warning: Ignoring extra certs.*\n/gm, '') };
  };
  return {
    environment,
    ledger,
    run,
    /** What lies on the queue of orders. */
    async orders(): Promise<unknown[]> {
      const { peekedMessageItems } = await environment
        .queue('provisioning-orders')
        .peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
    },
    /** Writes down, as putting back does, that an order waits. */
    wait: (partition: string, assignmentId: string, members: Partial<DeliveryRow> = {}) =>
      ledger.write(partition, { delivery: { assignmentId, row: rowOf(assignmentId, members) } }),
    json: async (...args: string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).stdout),
    [Symbol.asyncDispose]: () => environment.close(),
  };
}
