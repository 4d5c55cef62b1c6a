import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite } from '../../../infra/local/azurite.ts';
import { makeCertificate } from '../../../infra/local/certificate.ts';
import { type Environment, startEnvironment } from '../../../infra/local/environment.ts';
import { type ServiceNow, startServiceNow } from '../../../infra/local/servicenow/start-servicenow.ts';
import { canary } from '../canaries.ts';
import { USERS } from '../plan/draw-order.ts';
import { AGENT_SETTINGS, type ConnectionName } from '../plan/resource-types.ts';
import { HOST_SETTINGS } from '../times.ts';
import { type StorageProxy, startStorageProxy } from './storage-proxy.ts';

/** Everything that a run happens in. */
export interface Places {
  readonly environment: Environment;
  readonly instances: Readonly<Record<ConnectionName, ServiceNow>>;
  readonly proxy: StorageProxy;
  /** App settings by which a host reaches storage through the proxy. */
  readonly hostSettings: Readonly<Record<string, string>>;
  /** Gives the account of a connection another password, at ServiceNow only; gives the password. */
  changePassword(connection: ConnectionName): string;
  /** Writes a password of a connection into the vault, as a new version. */
  storePassword(connection: ConnectionName, password?: string): void;
  /** Every secret that connections have or had. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Every killed host loses what it had leave for: many of them would bring a large run to the day's limit. */
const NO_BRAKE = '1000000';

/** Starts storage, vault, identity, two instances of ServiceNow with accounts of their own, and the proxy. */
export async function startPlaces(seed: number): Promise<Places> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.adopt(await mkdtemp(join(tmpdir(), 'servicenow-ticket-connector-')), (made) =>
    rm(made, { recursive: true }),
  );
  const certificate = await makeCertificate(directory);
  const azurite = starting.adopt(await startAzurite({ certificate }), ({ close }) => close());
  const environment = starting.adopt(
    await startEnvironment({
      storage: { certificate, azurite },
      agentSettings: AGENT_SETTINGS,
      servicenow: { seed, users: USERS, latencyInMs: 20 },
    }),
    ({ close }) => close(),
  );
  const byToken = starting.adopt(
    // Tokens of a few seconds: they run out all the time.
    await startServiceNow({ seed: seed + 1, users: USERS, latencyInMs: 20, accessTokenLifetimeInSeconds: 8 }),
    ({ close }) => close(),
  );
  const proxy = starting.adopt(await startStorageProxy(azurite, certificate), ({ close }) => close());

  const instances = { ServiceNowFulfillManual: environment.servicenow, ServiceNowByToken: byToken } as const;
  const passwords = new Map<ConnectionName, string>();
  const secrets = [byToken.clientSecret, environment.settings.IDENTITY_HEADER ?? ''];
  const places: Places = {
    environment,
    instances,
    proxy,
    hostSettings: { ...HOST_SETTINGS, ...storageSettings(proxy) },
    changePassword(connection) {
      const password = canary(secrets.length, 'connection');
      secrets.push(password);
      instances[connection].setPassword(instances[connection].login, password);
      passwords.set(connection, password);
      return password;
    },
    storePassword(connection, password = passwords.get(connection) ?? '') {
      environment.vault.set(`Connections--${connection}--Password`, password);
    },
    secrets,
    close: () => started.disposeAsync(),
  };
  const { server, login, clientId, clientSecret, oauth2Url } = byToken;
  const settings = {
    Server: server,
    Login: login,
    ClientId: clientId,
    ClientSecret: clientSecret,
    OAuth2Url: oauth2Url,
    ConcurrencyLimit: '6',
    MaxNewTicketsPerDay: NO_BRAKE,
  };
  for (const [setting, value] of Object.entries(settings))
    environment.vault.set(`Connections--ServiceNowByToken--${setting}`, value);
  environment.vault.set('Connections--ServiceNowFulfillManual--ConcurrencyLimit', '3');
  environment.vault.set('Connections--ServiceNowFulfillManual--MaxNewTicketsPerDay', NO_BRAKE);
  for (const connection of ['ServiceNowFulfillManual', 'ServiceNowByToken'] as const)
    places.storePassword(connection, places.changePassword(connection));
  const started = starting.move();
  return places;
}

function storageSettings({ blobUrl, queueUrl, tableUrl }: StorageProxy): Record<string, string> {
  return Object.fromEntries([
    ['APPSETTINGS_URL', `${blobUrl}/settings`],
    ...['ConnectorStorage', 'AzureWebJobsStorage'].flatMap((name) => [
      [`${name}__blobServiceUri`, blobUrl],
      [`${name}__queueServiceUri`, queueUrl],
      [`${name}__tableServiceUri`, tableUrl],
    ]),
  ]);
}
