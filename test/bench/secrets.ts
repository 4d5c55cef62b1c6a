import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../infra/local/certificate.ts';
import { makeIdentityCredential } from '../../infra/local/identity-credential.ts';
import { startKeyVault } from '../../infra/local/key-vault.ts';
import { startManagedIdentity } from '../../infra/local/managed-identity.ts';
import { trustCertificate } from '../../infra/local/trust-certificate.ts';
import { buildConnections } from '../../shared/build-connections.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config.ts';
import { makeLog } from '../../shared/log.ts';
import { LIST_SETTINGS, SETTING_NAMES } from '../../shared/secrets/setting-names.ts';
import { median } from './median.ts';

/** What reading the settings of a connection costs, cold and warm. */
export interface Secrets {
  /** Authorised reads of the vault in one round: all reads of a cold connection at once, and all warm ones after them. */
  readonly vaultCalls: number;
  /** The secrets of a connection: one for each setting, one for the first item of each list. */
  readonly secrets: number;
  readonly concurrentReads: number;
  readonly warmReadMicros: number;
  /** The same of a plain `Map` behind a promise, measured in between. */
  readonly mapReadMicros: number;
}

const ROUNDS = 9;
const CONCURRENT_READS = 1_000;
/** One read is too short to be measured alone. */
const READS_PER_ROUND = 50_000;
const CONNECTION = 'Bench';

const settings: Readonly<Record<string, string>> = {
  Server: 'https://example.service-now.com/api/now/table',
  Login: 'login',
  Password: 'password',
  ClientId: 'id',
  ClientSecret: 'secret',
  OAuth2Url: 'https://example.service-now.com/oauth_token.do',
  OAuth2Scope: 'scope',
  GrantType: 'password',
  TicketCookieDirectoryPath: 'tickets',
  ResponseSizeLimit: '1000',
  Filter: 'incident#active=true',
  ConcurrencyLimit: '2',
  MaxNewTicketsPerDay: '2000',
};

/**
 * Reads a connection as the app does, with the real client of a vault on this machine: a thousand times at once while
 * nothing is known of it, then one after the other. Every round is a fresh app.
 */
export async function measureSecrets(): Promise<Secrets> {
  await using running = new AsyncDisposableStack();
  const directory = running.adopt(await mkdtemp(join(tmpdir(), 'bench-secrets-')), (made) =>
    rm(made, { recursive: true }),
  );
  const certificate = await makeCertificate(join(directory, 'certificate'));
  trustCertificate(certificate.certificate);
  const secrets = Object.fromEntries(
    SETTING_NAMES.map((name) => [`Connections--${CONNECTION}--${name}`, settings[name] ?? '']),
  );
  const vault = running.adopt(await startKeyVault({ certificate, secrets }), ({ close }) => close());
  const identity = running.adopt(await startManagedIdentity(), ({ close }) => close());
  const config = readConfig({
    INSTALLATION_ID: 'bench',
    // Nothing of what is read here is in storage.
    ConnectorStorage__queueServiceUri: 'https://127.0.0.1/queue',
    ConnectorStorage__tableServiceUri: 'https://127.0.0.1/table',
    ConnectorStorage__blobServiceUri: 'https://127.0.0.1/blob',
    KEY_VAULT_URL: vault.url,
  });

  async function runRound() {
    const { connections } = buildConnections({
      config,
      directory,
      credentialOf: () => async () => makeIdentityCredential(identity),
      clock: systemClock,
      random: Math.random,
      log: makeLog({ info() {}, warn() {}, error() {} }),
    });
    const before = vault.requests.length;
    const [first] = await Promise.all(Array.from({ length: CONCURRENT_READS }, () => connections.read(CONNECTION)));
    const map = new Map([[CONNECTION, first]]);
    const mapReadMicros = await timeRead(async () => map.get(CONNECTION));
    const warmReadMicros = await timeRead(() => connections.read(CONNECTION));
    const vaultCalls = vault.requests.slice(before).filter(({ authorized }) => authorized).length;
    return { vaultCalls, warmReadMicros, mapReadMicros };
  }

  // Not counted: what is loaded and compiled at first use.
  await runRound();
  const rounds: Awaited<ReturnType<typeof runRound>>[] = [];
  while (rounds.length < ROUNDS) rounds.push(await runRound());
  return {
    vaultCalls: Math.max(...rounds.map(({ vaultCalls }) => vaultCalls)),
    secrets: SETTING_NAMES.length + LIST_SETTINGS.length,
    concurrentReads: CONCURRENT_READS,
    warmReadMicros: median(rounds.map(({ warmReadMicros }) => warmReadMicros)),
    mapReadMicros: median(rounds.map(({ mapReadMicros }) => mapReadMicros)),
  };
}

/** The time of one read in microseconds, one after the other. */
async function timeRead(read: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (let reads = 0; reads < READS_PER_ROUND; reads += 1) await read();
  return ((performance.now() - startedAt) * 1000) / READS_PER_ROUND;
}
