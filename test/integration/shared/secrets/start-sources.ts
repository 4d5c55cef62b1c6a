import { X509Certificate } from 'node:crypto';
import { type CertificatePair, makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { buildConnections } from '../../../../shared/build-connections.ts';
import { readConfig } from '../../../../shared/config.ts';
import { protectValue } from '../../../../shared/secrets/protected-value.ts';
import { manualClock } from '../../../unit/shared/manual-clock.ts';
import { recordingLog } from '../../../unit/shared/recording-log.ts';
import { type StartedStorage, startStorage } from '../storage/start-storage.ts';
import { type StartedCyberArk, startCyberArkForTests } from './start-cyberark.ts';
import { type StartedVault, startVault } from './start-vault.ts';

/** The places that settings may come from, each real or a stand-in of its own: storage, a vault and CyberArk. */
export interface Places {
  readonly storage: StartedStorage;
  readonly vault: StartedVault;
  readonly cyberArk: StartedCyberArk;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the places; `await using` ends them. */
export async function startPlaces(): Promise<Places> {
  const [storage, vault, cyberArk] = await Promise.all([startStorage(), startVault(), startCyberArkForTests()]);
  await storage.table('limits').createTable();
  return {
    storage,
    vault,
    cyberArk,
    async [Symbol.asyncDispose]() {
      vault[Symbol.dispose]();
      await Promise.all([cyberArk.close(), storage.close()]);
    },
  };
}

/**
 * Builds connections as the app does, over a container of that name with these settings files in it. `appSettings` go
 * beside those every app needs; without `KEY_VAULT_URL` among them, only `appsettings.json` can name a vault.
 */
export async function startSources(
  { storage }: Pick<Places, 'storage'>,
  container: string,
  files: Readonly<Record<string, unknown>>,
  appSettings: Readonly<Record<string, string>> = {},
) {
  const client = storage.container(container);
  await client.create();
  /** Bytes and texts as they are, anything else as JSON. */
  const write = async (name: string, content: unknown) => {
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    await client.getBlockBlobClient(name).uploadData(Buffer.from(isRaw ? content : JSON.stringify(content)));
  };
  await Promise.all(Object.entries(files).map(([name, content]) => write(name, content)));
  const clock = manualClock();
  const log = recordingLog();
  const config = readConfig({
    INSTALLATION_ID: 'test',
    ConnectorStorage__queueServiceUri: storage.queueUrl,
    ConnectorStorage__tableServiceUri: storage.tableUrl,
    ConnectorStorage__blobServiceUri: storage.blobUrl,
    APPSETTINGS_URL: `${storage.blobUrl}/${container}`,
    ...appSettings,
  });
  const built = buildConnections({
    config,
    directory: '/home/site/wwwroot',
    credentialOf: () => storage.loadCredential,
    clock,
    random: () => 0.5,
    log,
  });
  return { ...built, client, write, clock, log, config };
}

/** A certificate that is valid for the clock of these tests and for that of the machine. */
export async function makeLastingCertificate(commonName: string, issuer?: CertificatePair) {
  const [notBefore, notAfter] = [new Date('2020-01-01'), new Date('2099-01-01')];
  return makeRsaCertificate({ commonName, notBefore, notAfter, ...(issuer && { issuer }) });
}

/** The same settings with every value encrypted. */
export async function protectAll(
  settings: Readonly<Record<string, string>>,
  { certificate }: CertificatePair,
): Promise<Record<string, string>> {
  const x509 = new X509Certificate(certificate);
  const entries = Object.entries(settings).map(
    async ([name, value]) => [name, await protectValue(value, x509)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** The section of `appsettings.json` that names the started CyberArk, with the file of the client certificate. */
export function cyberArkSection({ url }: StartedCyberArk, file: string, password?: string) {
  return {
    UseCyberArkSetting: true,
    Server: url,
    SafeName: 'Tickets',
    ApplicationId: 'connector',
    File: file,
    Password: password,
  };
}
