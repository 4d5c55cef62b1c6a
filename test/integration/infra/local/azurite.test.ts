import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ManagedIdentityCredential } from '@azure/identity';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startAzurite } from '../../../../infra/local/azurite.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { makeStorageClients, type StorageClients } from '../../../../infra/local/storage-clients.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { isRunning } from '../../../is-running.ts';
import { leaseAccount } from '../../../lease-account.ts';

const { certificate } = inject('storage');
trustCertificate(certificate.certificate);
let identity: ManagedIdentity;

beforeAll(async () => {
  identity = await startManagedIdentity();
});
afterAll(() => identity.close());

function connect({ azurite } = leaseAccount()): StorageClients {
  const urls = { blobUrl: azurite.blobUrl(), queueUrl: azurite.queueUrl(), tableUrl: azurite.tableUrl() };
  return makeStorageClients({ ...urls, identity });
}

describe('the Azurite of all tests', () => {
  it('takes the tokens of the real ManagedIdentityCredential', async () => {
    vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
    vi.stubEnv('IDENTITY_HEADER', identity.header);
    const queues = new QueueServiceClient(leaseAccount().azurite.queueUrl(), new ManagedIdentityCredential());
    await queues.createQueue('some-queue');
    expect(await queues.getQueueClient('some-queue').exists()).toBe(true);
    expect(identity.requests.at(-1)).toEqual({ resource: 'https://storage.azure.com' });
  });

  it('refuses a call without a token', async () => {
    const response = await fetch(`${leaseAccount().azurite.queueUrl()}/some-queue`, { method: 'PUT' });
    expect(response.status).toBe(403);
  });

  it('keeps a message for ever where it was sent so, and gives it back', async () => {
    const queue = connect().queue('some-queue');
    await queue.create();
    const { expiresOn } = await queue.sendMessage('text', { messageTimeToLive: -1 });
    expect(expiresOn.getUTCFullYear()).toBe(9999);
    const { receivedMessageItems } = await queue.receiveMessages();
    expect(receivedMessageItems.map(({ messageText }) => messageText)).toEqual(['text']);
  });

  it('stores rows and blobs', async () => {
    const storage = connect();
    const table = storage.table('things');
    await table.createTable();
    await table.createEntity({ partitionKey: 'a', rowKey: '1', colour: 'blue' });
    expect(await table.getEntity('a', '1')).toMatchObject({ colour: 'blue' });
    await storage.container('files').create();
    const blob = storage.container('files').getBlockBlobClient('some/file.txt');
    await blob.upload('hello', 5);
    expect((await blob.downloadToBuffer()).toString()).toBe('hello');
  });

  it('keeps accounts apart', async () => {
    const [one, other] = [connect(), connect()];
    await one.queue('some-queue').create();
    await one.table('things').createTable();
    await one.container('files').create();
    expect(await other.queue('some-queue').exists()).toBe(false);
    expect(await other.container('files').exists()).toBe(false);
    await expect(other.table('things').getEntity('a', '1')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe.concurrent('an Azurite of its own', () => {
  it('ends at once although clients keep connections, and keeps what is in its folder', async ({ expect }) => {
    const folder = await mkdtemp(join(tmpdir(), 'azurite-test-'));
    const first = await startAzurite({ certificate, folder });
    await connect({ certificate, azurite: first }).queue('some-queue').create();
    await first.close();
    expect(isRunning(first.pid)).toBe(false);

    const second = await startAzurite({ certificate, folder });
    expect(await connect({ certificate, azurite: second }).queue('some-queue').exists()).toBe(true);
    await second.close();
    await rm(folder, { recursive: true });
  });

  it('says what Azurite said when it cannot start', async ({ expect }) => {
    const broken = { ...certificate, keyFile: join(tmpdir(), 'no-such-key.pem') };
    await expect(startAzurite({ certificate: broken })).rejects.toThrow(/ended with code 1:\n.*no-such-key\.pem/);
  });

  it('ends with the process that started it, however that one ends', async ({ expect }) => {
    const module = fileURLToPath(new URL('../../../../infra/local/azurite.ts', import.meta.url));
    const script = `
      const { startAzurite } = await import(${JSON.stringify(module)});
      const azurite = await startAzurite({ certificate: ${JSON.stringify(certificate)} });
      process.stdout.write(azurite.pid + '\\n');`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await once(createInterface(parent.stdout), 'line');
    expect(isRunning(Number(pid))).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(Number(pid)), { timeout: 60_000 });
  });
});
