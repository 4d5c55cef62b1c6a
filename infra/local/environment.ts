import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PasswordResult } from '../../shared/passwords/password-result.ts';
import type { ProvisioningResult } from '../../shared/provisioning/result.ts';
import { STORAGE_NAMES } from '../../shared/storage/storage-names.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { type Grant, makeConnectionSecrets } from './connection-secrets.ts';
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  spawnFunctionsHost,
} from './functions-host/spawn-functions-host.ts';
import { type KeyVault, startKeyVault } from './key-vault.ts';
import { type ManagedIdentity, startManagedIdentity } from './managed-identity.ts';
import { readMessage, receivePasswordResults, receiveResults } from './receive-results.ts';
import { type SentOrder, sendOrder, sendReset } from './send-order.ts';
import { type ServiceNow, type ServiceNowOptions, startServiceNow } from './servicenow/start-servicenow.ts';
import { makeStorageClients, type StorageClients } from './storage-clients.ts';
import { trustCertificate } from './trust-certificate.ts';

/** All optional: without any, everything is started, fresh and for this environment alone. */
export interface EnvironmentOptions {
  /** An Azurite that runs already, with its certificate; it is used under its first account and not closed. */
  readonly storage?: { readonly certificate: Certificate; readonly azurite: Azurite };
  /** The grant of the connection; without it, Basic authentication. */
  readonly oauth?: Grant;
  /** More settings of the connection, `ConcurrencyLimit` for one. */
  readonly connectionSettings?: Readonly<Record<string, string>>;
  /** The content of `appsettings.agent.json`; by default the file of that name beside this one. */
  readonly agentSettings?: object;
  readonly servicenow?: ServiceNowOptions;
}

/** `appDirectory` is the repository by default; `settings` go beside or over the environment's. */
type HostOptions = Partial<Omit<FunctionsHostOptions, 'caFile'>>;

/** Everything the app needs, on one machine. Its clients sign in with the environment's identity. */
export interface Environment extends StorageClients {
  /** The app settings of a host in this environment; none is a key, a password or a connection string. */
  readonly settings: Readonly<Record<string, string>>;
  readonly caFile: string;
  readonly servicenow: ServiceNow;
  readonly vault: KeyVault;
  /** The vault of its own for passwords; empty at first. */
  readonly passwordVault: KeyVault;
  readonly identity: ManagedIdentity;
  readonly azurite: Azurite;
  /** Puts a value on queue `provisioning-orders` as JSON. */
  sendOrder(body: unknown): Promise<SentOrder>;
  /** Takes all results off queue `provisioning-results`. */
  receiveResults(): Promise<ProvisioningResult[]>;
  /** Puts a value on queue `password-resets` as JSON; gives the id of the message. */
  sendReset(body: unknown): Promise<string>;
  /** Takes all results off queue `password-results`. */
  receivePasswordResults(): Promise<PasswordResult[]>;
  /** What lies in queue `provisioning-orders-poison`, up to 32 messages; they stay there. */
  peekPoison(): Promise<unknown[]>;
  /** Starts the built app. @throws where it has not been built or cannot start. */
  startHost(options?: HostOptions): Promise<FunctionsHost>;
  /** Ends hosts, servers and its own Azurite, in that order. */
  close(): Promise<void>;
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the environment, with its queues, tables, containers, secrets and settings file in place. */
export async function startEnvironment(options: EnvironmentOptions = {}): Promise<Environment> {
  await using starting = new AsyncDisposableStack();
  const storage = options.storage ?? (await startStorage(starting));
  const { certificate, azurite } = storage;
  trustCertificate(certificate.certificate);
  const identity = starting.adopt(await startManagedIdentity(), (server) => server.close());
  const servicenow = starting.adopt(await startServiceNow(options.servicenow), (server) => server.close());
  const secrets = makeConnectionSecrets(servicenow, options.oauth, options.connectionSettings);
  const vault = starting.adopt(await startKeyVault({ certificate, secrets }), (server) => server.close());
  const passwordVault = starting.adopt(await startKeyVault({ certificate }), (server) => server.close());

  const addresses = { blobUrl: azurite.blobUrl(), queueUrl: azurite.queueUrl(), tableUrl: azurite.tableUrl() };
  const clients = makeStorageClients({ ...addresses, identity });
  await Promise.all([
    ...STORAGE_NAMES.queue.map((name) => clients.queue(name).createIfNotExists()),
    ...STORAGE_NAMES.table.map((name) => clients.table(name).createTable()),
    ...[...STORAGE_NAMES.container, 'settings'].map((name) => clients.container(name).createIfNotExists()),
  ]);
  const agentSettings = options.agentSettings
    ? Buffer.from(JSON.stringify(options.agentSettings))
    : await readFile(new URL('appsettings.agent.json', import.meta.url));
  await clients.container('settings').getBlockBlobClient('appsettings.agent.json').uploadData(agentSettings);

  const settings = {
    INSTALLATION_ID: 'local',
    KEY_VAULT_URL: vault.url,
    PASSWORD_VAULT_URL: passwordVault.url,
    APPSETTINGS_URL: `${addresses.blobUrl}/settings`,
    ...makeStorageSettings('ConnectorStorage', addresses),
    ...makeStorageSettings('AzureWebJobsStorage', addresses),
    IDENTITY_ENDPOINT: identity.endpoint,
    IDENTITY_HEADER: identity.header,
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
  };
  const caFile = certificate.certificateFile;
  const started = starting.move();
  return {
    ...clients,
    settings,
    caFile,
    servicenow,
    vault,
    passwordVault,
    identity,
    azurite,
    sendOrder: (body) => sendOrder(clients, JSON.stringify(body)),
    receiveResults: () => receiveResults(clients),
    sendReset: (body) => sendReset(clients, JSON.stringify(body)),
    receivePasswordResults: () => receivePasswordResults(clients),
    peekPoison: async () => {
      const poison = clients.queue('provisioning-orders-poison');
      const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => readMessage(messageText));
    },
    startHost: async ({ appDirectory = REPOSITORY, settings: more, ...rest } = {}) => {
      if (appDirectory === REPOSITORY && !existsSync(join(REPOSITORY, 'dist/main.js'))) {
        throw new Error('Expected the built app in dist/main.js, found nothing; run `npm run build` first.');
      }
      const host = await spawnFunctionsHost({ ...rest, appDirectory, settings: { ...settings, ...more }, caFile });
      return started.adopt(host, ({ stop }) => stop());
    },
    close: () => started.disposeAsync(),
  };
}

async function startStorage(starting: AsyncDisposableStack) {
  const directory = starting.adopt(await mkdtemp(join(tmpdir(), 'servicenow-ticket-connector-')), (made) =>
    rm(made, { recursive: true }),
  );
  const certificate = await makeCertificate(directory);
  return { certificate, azurite: starting.adopt(await startAzurite({ certificate }), (azurite) => azurite.close()) };
}

/** An identity-based connection as the platform reads it from app settings. */
function makeStorageSettings(name: string, urls: { blobUrl: string; queueUrl: string; tableUrl: string }) {
  return {
    [`${name}__blobServiceUri`]: urls.blobUrl,
    [`${name}__queueServiceUri`]: urls.queueUrl,
    [`${name}__tableServiceUri`]: urls.tableUrl,
    [`${name}__credential`]: 'managedidentity',
  };
}
