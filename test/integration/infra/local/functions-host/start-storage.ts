import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient, type BlockBlobClient } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { startAzurite } from '../../../../../infra/local/azurite.ts';
import { makeCertificate } from '../../../../../infra/local/certificate.ts';
import { startManagedIdentity } from '../../../../../infra/local/managed-identity.ts';
import { trustCertificate } from '../../../../../infra/local/trust-certificate.ts';

/** Storage for a test file, and the settings by which a host reaches it under the connection name `Work`. */
export interface Storage {
  readonly caFile: string;
  readonly settings: Readonly<Record<string, string>>;
  queue(name: string): QueueClient;
  /** A blob of container `azure-webjobs-hosts`, where hosts keep what they share. */
  hostBlob(path: string): BlockBlobClient;
  close(): Promise<void>;
}

/** Starts storage and an identity that may use it. */
export async function startStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'functions-host-storage-'));
  const certificate = await makeCertificate(directory);
  trustCertificate(certificate.certificate);
  const [azurite, identity] = await Promise.all([startAzurite({ certificate }), startManagedIdentity()]);
  const identitySettings = { IDENTITY_ENDPOINT: identity.endpoint, IDENTITY_HEADER: identity.header };
  Object.assign(process.env, identitySettings);
  const blobs = new BlobServiceClient(azurite.blobUrl(), new ManagedIdentityCredential());
  const service = new QueueServiceClient(azurite.queueUrl(), new ManagedIdentityCredential());
  return {
    caFile: certificate.certificateFile,
    settings: {
      ...identitySettings,
      Work__queueServiceUri: azurite.queueUrl(),
      Work__credential: 'managedidentity',
      AzureWebJobsStorage__blobServiceUri: azurite.blobUrl(),
    },
    hostBlob: (path) => blobs.getContainerClient('azure-webjobs-hosts').getBlockBlobClient(path),
    queue: (name) => service.getQueueClient(name),
    close: async () => {
      await Promise.all([azurite.close(), identity.close()]);
      await rm(directory, { recursive: true });
    },
  };
}
