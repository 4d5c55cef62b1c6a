import { createHash } from 'node:crypto';
import { ManagedIdentityCredential } from '@azure/identity';
import { type BlobLeaseClient, BlobServiceClient, type BlockBlobClient, RestError } from '@azure/storage-blob';
import { readStatus, statusText, type TimerStatus } from './timer-status.ts';

/** What the hosts of one app share of their timers, in container `azure-webjobs-hosts`. */
export interface SharedTimers {
  /** Where a timer stands, as the last host wrote it down. @throws RestError. */
  read(functionName: string): Promise<TimerStatus | undefined>;
  /** @throws RestError. */
  write(functionName: string, status: TimerStatus): Promise<void>;
  /** Makes this host the one whose timer fires, for `lockLeaseInMs`; `undefined` where another host is. @throws RestError. */
  lock(functionName: string): Promise<TimerLock | undefined>;
}

/** The right to fire a timer. */
export interface TimerLock {
  /** @throws RestError where it is another host's by now, or storage does not answer. */
  renew(): Promise<void>;
  /** Gives it back at once. @throws RestError. */
  release(): Promise<void>;
}

const CONTAINER = 'azure-webjobs-hosts';

/**
 * Opens the blob service that `AzureWebJobsStorage__blobServiceUri` names, by managed identity; `undefined` without that setting: then
 * each host is on its own and forgets. Hosts of one app share a host id: the setting `AzureFunctionsWebHost__hostid`, else one that the
 * app's directory gives; apps that share an account need different ones. Needs Storage Blob Data Owner, as the platform does.
 * Sources: StorageScheduleMonitor.cs, SingletonListener.cs, BlobLeaseDistributedLockManager.cs.
 */
export function connectTimers(
  appDirectory: string,
  settings: Readonly<Record<string, string | undefined>>,
  lockLeaseInMs: number,
): SharedTimers | undefined {
  const url = settings.AzureWebJobsStorage__blobServiceUri;
  if (url === undefined) return undefined;
  const clientId = settings.AzureWebJobsStorage__clientId;
  const credential = new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
  const container = new BlobServiceClient(url, credential, { retryOptions: { maxTries: 1 } }).getContainerClient(
    CONTAINER,
  );
  const hostId =
    settings.AzureFunctionsWebHost__hostid ??
    `local-${createHash('sha256').update(appDirectory).digest('hex').slice(0, 16)}`;
  const statusOf = (name: string) => container.getBlockBlobClient(`timers/${hostId}/Host.Functions.${name}/status`);
  const lockOf = (name: string) => container.getBlockBlobClient(`locks/${hostId}/Host.Functions.${name}.Listener`);
  return {
    read: (name) =>
      absentAs(undefined, async () => readStatus((await statusOf(name).downloadToBuffer()).toString('utf8'))),
    async write(name, status) {
      const text = statusText(status);
      await statusOf(name).upload(text, Buffer.byteLength(text));
    },
    async lock(name) {
      const lease = lockOf(name).getBlobLeaseClient();
      try {
        await acquire(lease);
      } catch (error) {
        if (isStatus(error, 409)) return undefined;
        if (!isStatus(error, 404)) throw error;
        await container.createIfNotExists();
        await makeEmpty(lockOf(name));
        try {
          await acquire(lease);
        } catch (again) {
          if (isStatus(again, 409)) return undefined;
          throw again;
        }
      }
      return {
        renew: async () => void (await lease.renewLease()),
        release: async () => void (await lease.releaseLease()),
      };
    },
  };

  async function acquire(lease: BlobLeaseClient): Promise<void> {
    await lease.acquireLease(Math.round(lockLeaseInMs / 1000));
  }
}

/** Another host may be quicker. */
async function makeEmpty(blob: BlockBlobClient): Promise<void> {
  try {
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } });
  } catch (error) {
    if (!isStatus(error, 409) && !isStatus(error, 412)) throw error;
  }
}

async function absentAs<T>(absent: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isStatus(error, 404)) return absent;
    throw error;
  }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}
