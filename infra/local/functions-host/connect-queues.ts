import { ManagedIdentityCredential } from '@azure/identity';
import { QueueServiceClient } from '@azure/storage-queue';
import { z } from 'zod';

/**
 * Opens the queue service that a binding's `connection` names, by managed identity: settings
 * `<connection>__queueServiceUri`, `<connection>__credential` (`managedidentity`) and, for a user-assigned identity,
 * `<connection>__clientId`.
 * Needs Storage Queue Data Contributor on each queue and its poison queue: the documented minimum for triggers
 * (Reader and Message Processor) lacks Update Message, so that no message could be hidden longer or given back.
 * @throws where a setting is missing or asks for another kind of credential.
 * Source: "Azure Queue storage trigger", identity-based connections.
 */
export function connectQueues(
  connection: string,
  settings: Readonly<Record<string, string | undefined>>,
): QueueServiceClient {
  const names = ['queueServiceUri', 'credential', 'clientId'].map((name) => [name, settings[`${connection}__${name}`]]);
  const read = connectionSchema.safeParse(Object.fromEntries(names));
  if (!read.success) {
    throw new Error(
      `Expected an identity-based connection in the app settings \`${connection}__…\`, got:\n${z.prettifyError(read.error)}`,
    );
  }
  const { queueServiceUri, clientId } = read.data;
  const credential = new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
  return new QueueServiceClient(queueServiceUri, credential, { retryOptions: PLATFORM_RETRIES });
}

const connectionSchema = z.object({
  queueServiceUri: z.url(),
  credential: z.literal('managedidentity'),
  clientId: z.string().optional(),
});

/** The defaults of the .NET client that the platform uses; the JavaScript client's waits are five times as long. */
const PLATFORM_RETRIES = { maxTries: 4, retryDelayInMs: 800, maxRetryDelayInMs: 60_000 };
