import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Environment, type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { readMessage } from '../../../../infra/local/receive-results.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { anEnvelope, anOrder } from '../../../orders.ts';
import { startScenario } from '../../../scenario.ts';
import { CANARY, expectNoSecrets, runTool, settingsOf, type ToolRun } from './run-tool.ts';

const listed = z.strictObject({
  n: z.int().optional(),
  deliveryId: z.string(),
  summary: z.string(),
  orderedAt: z.string(),
  poisonedAt: z.iso.datetime(),
  reason: z.string(),
  expiresAt: z.iso.datetime().optional(),
  replays: z.int().optional(),
  putBack: z.literal(true).optional(),
  unsure: z.literal(true).optional(),
});
const list = z.strictObject({ messages: z.array(listed) });
const shown = listed.extend({ content: z.array(z.string()) });
const replayed = z.strictObject({
  replayed: z.array(z.strictObject({ deliveryId: z.string(), as: z.string() })),
  refused: z.array(z.strictObject({ deliveryId: z.string(), refused: z.string() })),
});

describe('npm run poison', { timeout: 120_000 }, () => {
  it.concurrent('lists what was given up and why, oldest first, and leaves it there', async () => {
    await using started = await start();
    const { environment, run } = started;
    expect(await run('list')).toMatchObject({ exitCode: 0, stdout: 'Poison is empty.\n' });
    await started.give(anEnvelope(anOrder(), { DeliveryId: 'first', Reason: 'no such\ncaller', Replay: 1 }));
    await started.poison.sendMessage('not JSON');

    const program = list.parse(JSON.parse((await run('list', '--json')).stdout));
    const [first, second] = program.messages;
    expect(first).toEqual({
      n: 1,
      deliveryId: 'first',
      summary: 'Added SAP_User_NominativeUser (assignment 3930001)',
      orderedAt: '2026-11-23T10:00:00.000Z#000000',
      poisonedAt: expect.any(String),
      reason: 'no such caller',
      replays: 1,
    });
    expect(second).toMatchObject({ n: 2, summary: 'not an order', unsure: true, expiresAt: expect.any(String) });

    const people = await run('list');
    expect(people).toMatchObject({ exitCode: 0, stderr: '' });
    expect(people.stdout).toMatch(
      /^1\. first\n {3}Added SAP_\S+ \(assignment 3930001\)\n {3}ordered 2026-11-23T10:00:00\.000Z, in poison since \S+Z; replayed once\n {3}Reason: no such caller\n2\. /,
    );
    expect(people.stdout).toMatch(/given up by the platform, gone on \S+ unless the app or you act; may be a repeat/);
    expect(await environment.peekPoison().catch(() => 'not JSON')).toBe('not JSON');
    expect(await started.lengthOf('provisioning-orders-poison')).toBe(2);
  });

  it.concurrent('shows one message by its place or its DeliveryId, without a secret', async () => {
    await using started = await start();
    await started.give(anEnvelope(anOrder(), { DeliveryId: 'first' }));
    const order = anOrder({
      Changes: { lastName: 'Moneypenny', initialPassword: CANARY, note: `password: ${CANARY}` },
    });
    const second = { DeliveryId: 'second', OrderedAt: '2026-11-23T10:00:00.000Z#000001' };
    await started.give(anEnvelope(order, { ...second, Reason: `got password=${CANARY}` }));
    const byPlace = await started.run('show', '2');
    expect(byPlace).toMatchObject({ exitCode: 0, stderr: '' });
    expect(byPlace.stdout).toMatch(/^2\. second\n/);
    expect(byPlace.stdout).toContain('     Changes.lastName: Moneypenny\n');
    const program: unknown = JSON.parse((await started.run('show', 'second', '--json')).stdout);
    const { messages } = z.strictObject({ messages: z.array(shown) }).parse(program);
    expect(messages.map(({ deliveryId }) => deliveryId)).toEqual(['second']);
    expect(await started.run('show', '3')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('Found no such message'),
    });
  });

  it.concurrent('shows orders in a blob, and what is wrong with the blob', async () => {
    await using started = await start();
    const text = JSON.stringify({ ProvisioningOrdersList: [anOrder(), anOrder({ ChangeType: 'Deleted' })] });
    await started.environment.container('provisioning-orders').getBlockBlobClient('a.json').upload(text, text.length);
    await started.give({ ...envelopeOf('there'), OrdersBlob: 'a.json' });
    await started.give({ ...envelopeOf('gone'), OrdersBlob: 'b.json' });
    expect((await started.run('show', 'there')).stdout).toMatch(
      / {3}orders in blob a\.json\n[\s\S]* {5}Added SAP\S+ \(assignment 3930001\)\n {5}Deleted SAP/,
    );
    expect((await started.run('show', 'gone')).stdout).toMatch(/ {5}Expected the orders in blob "b\.json"/);
  });

  it.concurrent('replays one as a new delivery, and twice is a repeat', async () => {
    await using started = await start();
    const envelope = anEnvelope(anOrder(), {
      DeliveryId: 'one',
      Attempt: 3,
      WaitedSeconds: 90,
      NotBefore: '2026-11-23T11:00:00.000Z',
      Reason: 'no such caller',
    });
    await started.give(envelope);
    await started.give(anEnvelope(anOrder(), { DeliveryId: 'other' }));
    const people = await started.run('replay', 'one');
    expect(people).toEqual({ exitCode: 0, stdout: 'Replayed one as one~r1\n', stderr: '' });
    // As if the process had ended before it removed the message.
    await started.give(envelope);
    const program = replayed.parse(JSON.parse((await started.run('replay', 'one', '--json')).stdout));
    expect(program).toEqual({ replayed: [{ deliveryId: 'one', as: 'one~r1' }], refused: [] });
    const again = anEnvelope(anOrder(), { DeliveryId: 'one~r1', Replay: 1 });
    expect(await started.sent()).toEqual([again, again]);
    expect(await started.names()).toEqual(['other']);
  });

  it.concurrent('replays all, more than storage gives at a time, and what it leaves shows at once', async () => {
    await using started = await start();
    const names = Array.from({ length: 40 }, (_, index) => `d-${index}`);
    for (const name of names) await started.give(anEnvelope(anOrder(), { DeliveryId: name }));
    await started.give(
      anEnvelope(anOrder({ ResourceType: { Identifier: 'Nobody_Mapped' } }), { DeliveryId: 'unmapped' }),
    );
    const run = await started.run('replay', '--all');
    expect(run.exitCode).toBe(1);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(40);
    expect(run.stderr).toMatch(
      /^Not replayed unmapped: whether a ticket exists can't be told: Expected a mapping of resource type "Nobody_Mapped"/,
    );
    expect(await started.names()).toEqual(['unmapped']);
    expect(await started.lengthOf('provisioning-orders')).toBe(40);
    expect(await started.run('replay', '--all', '--again')).toMatchObject({
      exitCode: 0,
      stdout: 'Replayed unmapped as unmapped~r1\n',
    });
    expect(await started.names()).toEqual([]);
  });

  it.concurrent('drops exactly what it is told to, and says what that was', async () => {
    await using started = await start();
    for (const name of ['one', 'one', 'one~r1']) await started.give(anEnvelope(anOrder(), { DeliveryId: name }));
    expect(await started.run('drop', '1')).toMatchObject({ exitCode: 1, stdout: '' });
    const run = await started.run('drop', 'one');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^Dropped:\n- one\n[\s\S]*Changes\.lastName: Bond\n[\s\S]*- one\n/);
    expect(await started.names()).toEqual(['one~r1']);
    const program: unknown = JSON.parse((await started.run('drop', 'one~r1', '--json')).stdout);
    expect(z.strictObject({ dropped: z.array(shown) }).parse(program).dropped).toHaveLength(1);
    expect(await started.lengthOf('provisioning-orders')).toBe(0);
  });

  it.concurrent('repairs and replays: the mapping is added, and the order becomes its one ticket', async () => {
    const mapping = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };
    await using scenario = await startScenario({ agentSettings: settingsWith({ Other: mapping }) });
    const { environment, results } = scenario;
    // Hidden for long, so that it is delivered once.
    await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '0.1' }, 60_000);
    await environment.sendOrder(anEnvelope(anOrder(), { DeliveryId: 'one' }));
    await scenario.until(async () => results.length === 1 && (await environment.peekPoison()).length === 1);
    expect(results[0]).toMatchObject({ ProvisioningState: 'Errored' });
    // Until its message is gone it may be delivered again, and would be made a ticket of once it is mapped.
    const orders = environment.queue('provisioning-orders');
    await scenario.until(async () => (await orders.getProperties()).approximateMessagesCount === 0);

    const settings = JSON.stringify(settingsWith({ Other: mapping, SAP_User_NominativeUser: mapping }));
    await environment
      .container('settings')
      .getBlockBlobClient('appsettings.agent.json')
      .uploadData(Buffer.from(settings));
    const run = (...args: string[]) => runTool('poison', args, settingsOf(environment));
    const first = await run('replay', 'one');
    expect(`${first.exitCode} ${first.stdout}${first.stderr}`).toContain('0 Replayed one as one~r1');
    await scenario.until(() => results.length === 2);
    expect(results[1]).toMatchObject({ ProvisioningState: 'Transmitted', AssignmentId: '3930001' });
    expect(await environment.peekPoison()).toEqual([]);

    // A copy of it in poison is not made a second ticket of.
    const [ticket] = environment.servicenow.records('incident');
    await scenario.until(async () => await isOpen(environment, ticket?.correlation_id));
    const copy = Buffer.from(JSON.stringify(anOrder())).toString('base64');
    const { messageId } = await environment.queue('provisioning-orders-poison').sendMessage(copy);
    const refused = await run('replay', messageId);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain(`a ticket exists already: ${ticket?.number} (open)`);
    const again = await run('replay', messageId, '--again');
    expect(`${again.exitCode} ${again.stdout}${again.stderr}`).toContain(`0 Replayed ${messageId} as ${messageId}~r1`);
    await scenario.until(() => scenario.logs().includes('delivery.absorbed'));
    expect(environment.servicenow.records('incident')).toHaveLength(1);
  });

  it.concurrent('tells that it can not reach the queue', async () => {
    await using started = await start();
    await started.poison.delete();
    expect(await started.run('list')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('queue provisioning-orders-poison (404 QueueNotFound)'),
    });
  });

  it.concurrent.each([
    { args: [] },
    { args: ['list', '--again'] },
    { args: ['drop', '--all'] },
    { args: ['drop', ''] },
    { args: ['replay'] },
    { args: ['replay', 'one', '--all'] },
  ])('does not understand $args, and says how it is used', async ({ args }) => {
    const { exitCode, stdout, stderr } = await runTool('poison', args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: npm run poison');
  });

  it.concurrent('can not run without an environment', async () => {
    const { exitCode, stderr } = await runTool('poison', ['list']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Run `npm start`');
  });
});

function settingsWith(mappings: Readonly<Record<string, object>>) {
  return { ServiceNowResourceTypeMappings: mappings };
}

function envelopeOf(deliveryId: string): Record<string, unknown> {
  const { Order: _, ...rest } = anEnvelope(undefined, { DeliveryId: deliveryId });
  return rest;
}

async function isOpen(environment: Environment, key: string | undefined): Promise<boolean> {
  const row = await environment.table('tickets').getEntity<{ State: string }>('ServiceNowFulfillManual', key ?? '');
  return row.State === 'open';
}

async function start(options: EnvironmentOptions = {}) {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  const poison = environment.queue('provisioning-orders-poison');
  const peek = async (name: string) => {
    const { peekedMessageItems } = await environment.queue(name).peekMessages({ numberOfMessages: 32 });
    return peekedMessageItems.map(({ messageText }) => readMessage(messageText));
  };
  return {
    environment,
    poison,
    /** Puts a message into poison as the app does. */
    give: (body: unknown) =>
      poison.sendMessage(Buffer.from(JSON.stringify(body)).toString('base64'), { messageTimeToLive: -1 }),
    sent: () => peek('provisioning-orders'),
    names: async () =>
      (await peek('provisioning-orders-poison')).map(
        (body) => z.looseObject({ DeliveryId: z.string() }).parse(body).DeliveryId,
      ),
    lengthOf: async (name: string) => (await environment.queue(name).getProperties()).approximateMessagesCount,
    run: async (...args: string[]): Promise<ToolRun> => {
      const run = await runTool('poison', args, settingsOf(environment));
      expectNoSecrets(environment, run.stdout + run.stderr);
      return { ...run, stderr: run.stderr.replace(/^Warning: Ignoring extra certs.*\n/gm, '') };
    },
    [Symbol.asyncDispose]: () => environment.close(),
  };
}
