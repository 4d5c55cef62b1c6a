import { QueueClient } from '@azure/storage-queue';
import { expect, test } from 'vitest';
import { makeIdentityCredential } from '../../../infra/local/identity-credential.ts';
import { startManagedIdentity } from '../../../infra/local/managed-identity.ts';
import { makeStorageClients } from '../../../infra/local/storage-clients.ts';
import { trustCertificate } from '../../../infra/local/trust-certificate.ts';
import { makeManagedIdentities } from '../../../shared/storage/credential.ts';
import { entityTable } from '../../../shared/storage/entity-table.ts';
import { startStorageProxy } from '../../chaos/run/storage-proxy.ts';
import { leaseAccount } from '../../lease-account.ts';

/** Storage behind the proxy, and clients that reach it past the proxy to see what is really there. */
async function start() {
  await using starting = new AsyncDisposableStack();
  const { azurite, certificate } = leaseAccount();
  trustCertificate(certificate.certificate);
  const identity = starting.adopt(await startManagedIdentity(), ({ close }) => close());
  const proxy = starting.adopt(await startStorageProxy(azurite, certificate), ({ close }) => close());
  const behind = makeStorageClients({
    blobUrl: azurite.blobUrl(),
    queueUrl: azurite.queueUrl(),
    tableUrl: azurite.tableUrl(),
    identity,
  });
  const through = makeStorageClients({ ...proxy, identity });
  await Promise.all([
    behind.queue('work').create(),
    behind.table('rows').createTable(),
    behind.container('files').create(),
  ]);
  const started = starting.move();
  return { proxy, behind, through, identity, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

test('all of storage works through it, transactions of a table too', async () => {
  await using storage = await start();
  const { through, behind, proxy, identity } = storage;
  await through.queue('work').sendMessage('eA==');
  await through.container('files').getBlockBlobClient('a.json').uploadData(Buffer.from('{}'));
  process.env.IDENTITY_ENDPOINT = identity.endpoint;
  process.env.IDENTITY_HEADER = identity.header;
  const rows = entityTable(proxy.tableUrl, 'rows', makeManagedIdentities()(undefined));
  const etags = await rows.commit('p', [
    { kind: 'insert', rowKey: '1', columns: { v: 1 } },
    { kind: 'insert', rowKey: '2', columns: { v: 1 } },
  ]);
  expect(etags.get('2')).toMatch(/^W\//);
  await expect(rows.commit('p', [{ kind: 'insert', rowKey: '1', columns: { v: 1 } }])).rejects.toThrow('409');
  expect((await rows.list('p', '0', '9')).entities).toHaveLength(2);
  expect((await behind.queue('work').getProperties()).approximateMessagesCount).toBe(1);
  expect((await behind.container('files').getBlobClient('a.json').downloadToBuffer()).toString()).toBe('{}');
  expect(proxy.failed).toBe(0);
});

test.for([
  ['busy', 0],
  ['reset', 0],
  ['answerLost', 1],
] as const)('a send that meets "%s" leaves %i messages, and the next one goes through', async ([how, carriedOut]) => {
  await using storage = await start();
  const { proxy, identity, behind } = storage;
  const once = { retryOptions: { maxTries: 1 } };
  const work = new QueueClient(`${proxy.queueUrl}/work`, makeIdentityCredential(identity), once);
  const count = async () => (await behind.queue('work').getProperties()).approximateMessagesCount;
  proxy.fail({ service: 'queue', how, requests: 1 });
  proxy.fail({ service: 'table', how, requests: 1 });
  await expect(work.sendMessage('eA==')).rejects.toThrow(how === 'busy' ? '503' : /socket|ECONNRESET/);
  expect(await count()).toBe(carriedOut);
  await work.sendMessage('eA==');
  expect(await count()).toBe(carriedOut + 1);
  expect(proxy.failed).toBe(1);
});

test('nothing fails any more once storage has recovered', async () => {
  await using storage = await start();
  const { proxy, through } = storage;
  proxy.fail({ service: 'queue', how: 'reset', requests: 100 });
  proxy.recover();
  await through.queue('work').sendMessage('eA==');
  expect(proxy.failed).toBe(0);
});
