import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, startEnvironment } from '../../../../infra/local/environment.ts';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { isRunning } from '../../../is-running.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { makeApp } from './functions-host/make-app.ts';

let environment: Environment;

beforeAll(async () => {
  environment = await startEnvironment({ storage: leaseAccount() });
});
afterAll(() => environment.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const secretOf = (setting: string) => `Connections--ServiceNowFulfillManual--${setting}`;

const result = {
  v: 1,
  ResultId: '42.A.0.1:1',
  Sequence: 1,
  Generation: 1,
  OrderKey: '42.A.0',
  OrderedAt: '2026-01-02T03:04:05.678Z#000000',
  AssignmentId: '42',
  ChangeType: 'Added',
  OwnerId: '7',
  OwnerType: 'Directory_User',
  ResourceType: 'SAP_User_NominativeUser',
  ProvisioningState: 'Transmitted',
  Message: 'A ticket was made.',
  OccurredAt: '2026-01-02T03:04:06.000Z',
};

/** Reads what the product will read, as it will: with its own identity, from the vault and from storage. */
const readingApp = `
  import { ManagedIdentityCredential } from '@azure/identity';
  import { SecretClient } from '@azure/keyvault-secrets';
  import { ContainerClient } from '@azure/storage-blob';
  app.storageQueue('readEverything', {
    queueName: 'provisioning-orders',
    connection: 'ConnectorStorage',
    handler: async (order, context) => {
      const credential = new ManagedIdentityCredential();
      const options = { disableChallengeResourceVerification: true };
      const vault = new SecretClient(process.env.KEY_VAULT_URL, credential, options);
      const { value: server } = await vault.getSecret('Connections--ServiceNowFulfillManual--Server');
      const settings = new ContainerClient(process.env.APPSETTINGS_URL, credential);
      const file = await settings.getBlobClient('appsettings.agent.json').downloadToBuffer();
      context.log(JSON.stringify({ order, server, mappings: Object.keys(JSON.parse(file).ServiceNowResourceTypeMappings) }));
    },
  });`;

describe('the local environment', () => {
  it('has a settings file that names a mapping for each resource type of the sample orders', async () => {
    const file = environment.container('settings').getBlobClient('appsettings.agent.json');
    const { ServiceNowResourceTypeMappings: mappings } = JSON.parse((await file.downloadToBuffer()).toString());
    expect(Object.keys(mappings)).toEqual([
      'SAP_User_NominativeUser',
      'Badge_User_NominativeUser',
      'Laptop_User_NominativeUser',
    ]);
  });

  it('gives a host settings without any secret of ServiceNow or key of storage', () => {
    const { login, password, clientSecret } = environment.servicenow;
    const text = JSON.stringify(environment.settings);
    for (const word of [login, password, clientSecret, 'AccountKey', 'SharedAccess']) expect(text).not.toContain(word);
  });

  it('runs an app that reads the vault and the settings file, and takes orders', async () => {
    await using app = await makeApp(readingApp);
    const host = await environment.startHost({ appDirectory: app.directory });
    const read = host.waitFor((event) => event.event === 'log' && event.message.includes('"order"'));
    await environment.sendOrder({ AssignedResourceTypeId: '1', text: 'Élise 李' });
    const event = await read;
    expect(JSON.parse(event.event === 'log' ? event.message : '')).toEqual({
      order: { AssignedResourceTypeId: '1', text: 'Élise 李' },
      server: environment.servicenow.server,
      mappings: expect.arrayContaining(['SAP_User_NominativeUser']),
    });
    await host.stop();
  });

  it('sends an order as a message that never expires, and a large one by blob', async () => {
    const queue = environment.queue('provisioning-orders');
    await queue.clearMessages();
    await environment.sendOrder({ small: 'ü' });
    const large = await environment.sendOrder({ large: 'x'.repeat(48 * 1024) });
    const { peekedMessageItems: messages } = await queue.peekMessages({ numberOfMessages: 32 });
    expect(messages.map(({ expiresOn }) => expiresOn.getUTCFullYear())).toEqual([9999, 9999]);
    expect(messages.map(({ messageText }) => messageText)).toEqual([
      encode({ small: 'ü' }),
      encode({ OrdersBlob: large.blob }),
    ]);
    const blob = environment.container('provisioning-orders').getBlobClient(large.blob ?? '');
    expect(JSON.parse((await blob.downloadToBuffer()).toString())).toEqual({ large: 'x'.repeat(48 * 1024) });
  });

  it('gives every result once, more than storage gives at a time, and leaves what is none', async () => {
    const queue = environment.queue('provisioning-results');
    for (let sequence = 1; sequence <= 33; sequence++) {
      await queue.sendMessage(encode({ ...result, Sequence: sequence }));
    }
    const sequences = (await environment.receiveResults()).map(({ Sequence }) => Sequence);
    expect(sequences.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 33 }, (_, index) => index + 1),
    );
    expect(await environment.receiveResults()).toEqual([]);
    await queue.sendMessage(encode({ ...result, ProvisioningState: 'Unheard' }));
    await expect(environment.receiveResults()).rejects.toThrow(/ProvisioningState/);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  });

  it('shows the poison queue and leaves it as it is', async () => {
    await environment.queue('provisioning-orders-poison').sendMessage(encode({ bad: true }));
    expect(await environment.peekPoison()).toEqual([{ bad: true }]);
    expect(await environment.peekPoison()).toEqual([{ bad: true }]);
  });

  it('shares nothing with another environment', async () => {
    await environment.sendOrder({ mine: true });
    const other = await startEnvironment({ storage: leaseAccount() });
    const { peekedMessageItems } = await other.queue('provisioning-orders').peekMessages();
    expect(peekedMessageItems).toEqual([]);
    expect(other.settings.KEY_VAULT_URL).not.toBe(environment.settings.KEY_VAULT_URL);
    await other.close();
  });

  it.each([
    { oauth: undefined, settings: ['Server', 'Login', 'Password'] },
    { oauth: 'password', settings: ['Server', 'Login', 'Password', 'ClientId', 'ClientSecret', 'OAuth2Url'] },
    { oauth: 'client_credentials', settings: ['Server', 'ClientId', 'ClientSecret', 'OAuth2Url'] },
  ] as const)(
    'keeps the settings that the grant $oauth needs in the vault, and those that a test adds',
    async (grant) => {
      const environment = await startEnvironment({
        storage: leaseAccount(),
        ...(grant.oauth && { oauth: grant.oauth }),
        connectionSettings: { ConcurrencyLimit: '4' },
        agentSettings: { Connections: {} },
      });
      const vault = new SecretClient(environment.vault.url, makeIdentityCredential(environment.identity), {
        disableChallengeResourceVerification: true,
      });
      const names: string[] = [];
      for await (const { name } of vault.listPropertiesOfSecrets()) names.push(name);
      expect(names).toEqual([...grant.settings, 'ConcurrencyLimit'].map(secretOf));
      const file = environment.container('settings').getBlobClient('appsettings.agent.json');
      expect(JSON.parse((await file.downloadToBuffer()).toString())).toEqual({ Connections: {} });
      await environment.close();
    },
  );

  it('leaves nothing running when it is closed, not even a host or an Azurite of its own', async () => {
    await using app = await makeApp(readingApp);
    const own = await startEnvironment();
    const host = await own.startHost({ appDirectory: app.directory });
    expect([host.pid, own.azurite.pid].map(isRunning)).toEqual([true, true]);
    await own.close();
    expect([host.pid, own.azurite.pid].map(isRunning)).toEqual([false, false]);
    for (const url of [own.servicenow.url, own.vault.url, own.identity.endpoint]) {
      await expect(fetch(url)).rejects.toThrow('fetch failed');
    }
  });
});
