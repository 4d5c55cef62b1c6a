import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { z } from 'zod';
import { type IdentityCredential, makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { makeStorageClients, type StorageClients } from '../../../../infra/local/storage-clients.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { leaseAccount } from '../../../lease-account.ts';

/** A storage account of its own, the identity that may use it, and clients of anyone's make to look behind the product's. */
export interface StartedStorage extends StorageClients {
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly identity: Awaited<ReturnType<typeof startManagedIdentity>>;
  loadCredential(): Promise<IdentityCredential>;
  close(): Promise<void>;
}

/** Leases the account and starts the identity; nothing is in the account yet. */
export async function startStorage(): Promise<StartedStorage> {
  const { azurite, certificate } = leaseAccount();
  trustCertificate(certificate.certificate);
  const identity = await startManagedIdentity();
  const urls = { blobUrl: azurite.blobUrl(), queueUrl: azurite.queueUrl(), tableUrl: azurite.tableUrl() };
  const credential = makeIdentityCredential(identity);
  return {
    ...urls,
    ...makeStorageClients({ ...urls, identity }),
    identity,
    loadCredential: async () => credential,
    close: identity.close,
  };
}

/**
 * The address of a storage service that nobody serves: connections are refused. Its port stays in use as the near end of
 * a connection, or whoever starts a server next could be given it.
 */
export async function unreachableUrl(): Promise<string> {
  const far = createServer().listen(0, '127.0.0.1').unref();
  await once(far, 'listening');
  const { port } = z.object({ port: z.int() }).parse(far.address());
  const near = connect(port, '127.0.0.1').unref();
  await once(near, 'connect');
  return `https://127.0.0.1:${near.localPort}/${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
