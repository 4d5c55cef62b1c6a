import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { buildConnections } from '../../../../shared/build-connections.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { makeManagedIdentities } from '../../../../shared/storage/credential.ts';
import { manualClock } from '../../../unit/shared/manual-clock.ts';
import { recordingLog } from '../../../unit/shared/recording-log.ts';
import { type StartedStorage, startStorage } from '../storage/start-storage.ts';
import { startSources } from './start-sources.ts';
import { type StartedVault, startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const ASSIGNED = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const VAULT = 'https://vault.azure.net';

const complete = { Server: 'https://x.service-now.com/api/now/table', Login: 'a', Password: 'b' };

// The real credential of the app finds its endpoint in the environment variables, and keeps tokens for the whole process.
let identity: ManagedIdentity;
let storage: StartedStorage;

beforeAll(async () => {
  [identity, storage] = await Promise.all([startManagedIdentity(), startStorage()]);
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', identity.header);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([identity.close(), storage.close()]);
});

/** Connections over a container and a vault, both reached with the app's real managed identities. */
async function start(
  container: string,
  vault: StartedVault,
  section: Readonly<Record<string, unknown>> | undefined,
  appSettings: Readonly<Record<string, string>> = {},
) {
  vault.setConnection('Tickets', complete);
  const files = section ? { 'appsettings.json': { AzureKeyVault: { Vault: vault.url, ...section } } } : {};
  const { config } = await startSources({ storage }, container, files, appSettings);
  const before = identity.requests.length;
  const { connections } = buildConnections({
    config,
    directory: '/home/site/wwwroot',
    credentialOf: makeManagedIdentities(),
    clock: manualClock(),
    random: () => 0.5,
    log: recordingLog(),
  });
  const tokensFor = (resource: string) =>
    identity.requests.slice(before).filter((token) => token.resource === resource);
  return { connections, tokensFor };
}

describe('the identity that reads the vault', () => {
  it('is the user-assigned one of AppId, by its client id, and the app’s own reads the rest', async () => {
    using vault = await startVault({ allowedClientIds: [ASSIGNED] });
    const { connections, tokensFor } = await start('assigned', vault, {
      ConnectionString: `RunAs=App;AppId=${ASSIGNED}`,
    });
    expect((await connections.read('Tickets')).credentials).toMatchObject({ login: 'a' });
    expect(tokensFor(VAULT)).toEqual([{ resource: VAULT, clientId: ASSIGNED }]);
    // Kept for the whole process, so another test may have been given it.
    expect(identity.requests).toContainEqual({ resource: 'https://storage.azure.com' });
  });

  it.each([
    ['RunAs=App', 'runas-app'],
    [null, 'no-string'],
    ['', 'empty-string'],
  ])('is the app’s own where the connection string is %j', async (ConnectionString, container) => {
    using vault = await startVault({ allowedClientIds: [identity.clientId] });
    const { connections } = await start(container, vault, { ConnectionString });
    expect((await connections.read('Tickets')).credentials).toMatchObject({ login: 'a' });
  });

  it('is the one that app setting AZURE_CLIENT_ID names, for storage and vault alike', async () => {
    using vault = await startVault({ allowedClientIds: [OTHER] });
    const { connections, tokensFor } = await start('own', vault, undefined, {
      KEY_VAULT_URL: vault.url,
      AZURE_CLIENT_ID: OTHER,
    });
    expect((await connections.read('Tickets')).credentials).toMatchObject({ login: 'a' });
    expect(tokensFor(VAULT)).toEqual([{ resource: VAULT, clientId: OTHER }]);
    expect(tokensFor('https://storage.azure.com')).toEqual([
      { resource: 'https://storage.azure.com', clientId: OTHER },
    ]);
  });

  it('that has no role on the vault is told so', async () => {
    using vault = await startVault({ allowedClientIds: [ASSIGNED] });
    const { connections } = await start('stranger', vault, {});
    const error = await thrownBy(connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain(
      "Password: secret Connections--Tickets--Password was refused (403 ForbiddenByRbac): give this app's identity the role Key Vault Secrets User on the vault",
    );
  });

  it.each([
    ['RunAs=App;TenantId=t;CertificateThumbprint=AB;CertificateStoreLocation=CurrentUser', 'thumbprint'],
    ['RunAs=App;AppId=x;TenantId=t;AppKey=canary-4711', 'app-key'],
    ['RunAs=App;KeyVaultCertificateSecretIdentifier=https://x', 'certificate'],
  ])('cannot be one with a key or a certificate of its own: %s', async (ConnectionString, container) => {
    using vault = await startVault();
    const { connections } = await start(`keyed-${container}`, vault, { ConnectionString });
    const error = await thrownBy(connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain(
      'AzureKeyVault:ConnectionString of appsettings.json: expected RunAs=App, with AppId=<client id> for a user-assigned identity, got ',
    );
    expect(error.message).not.toContain('canary');
    expect(vault.requests).toEqual([]);
  });
});
