import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { UnavailableError } from './errors.ts';
import { makeBrake } from './limits/brake.ts';
import { makeHolds } from './limits/holds.ts';
import { makeKnownLimits } from './limits/known-limits.ts';
import { makeLogins } from './limits/logins.ts';
import { makePermits } from './limits/permits.ts';
import { makeTrackRecord } from './limits/track-record.ts';
import { makeLoadVersionKey } from './limits/version-key.ts';
import type { Log } from './log.ts';
import { makeLoadCertificate } from './secrets/app-certificate.ts';
import { makeConnections } from './secrets/connections.ts';
import { cyberArkSource } from './secrets/cyberark.ts';
import { makeLoadCyberArk } from './secrets/cyberark-configuration.ts';
import { encryptedFileSource } from './secrets/encrypted-file.ts';
import { keyVaultSource } from './secrets/key-vault.ts';
import { plainFileSource } from './secrets/plain-file.ts';
import { refusedFileSource } from './secrets/refused-file.ts';
import { makeSecretClients } from './secrets/secret-clients.ts';
import { makeVersionOf } from './secrets/setting-version.ts';
import { makeLoadVaultLocation } from './secrets/vault-location.ts';
import { makeServiceNow } from './servicenow/servicenow.ts';
import { makeReadSettings } from './settings/settings-document.ts';
import { containedFiles, packagedFiles } from './settings/settings-files.ts';
import { blobStore } from './storage/blob-store.ts';
import type { LoadCredential } from './storage/credential.ts';
import { entityTable } from './storage/entity-table.ts';

/** A source that failed is asked again after this, not at every message. */
const STALE_RETRY_IN_MS = 30_000;

/**
 * Builds what the functions and the command-line tools need alike: settings files, connections with all their sources,
 * logins, holds and ServiceNow. `directory` is the package's; clients are built at their first use.
 */
export function buildConnections(deps: {
  readonly config: Config;
  readonly directory: string;
  /** The credential of a user-assigned identity by client id, or of the app's own. */
  readonly credentialOf: (clientId: string | undefined) => LoadCredential;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}) {
  const { config, directory, credentialOf, clock, random, log } = deps;
  const credential = credentialOf(config.identityClientId);
  const files =
    config.appSettingsUrl === undefined
      ? packagedFiles(directory)
      : containedFiles(config.appSettingsUrl, blobStore(config.appSettingsUrl, credential));
  const maxAgeInMs = config.settingsMaxAgeInMs;
  const stale = {
    maxAgeInMs: config.settingsStaleInMs,
    retryEveryInMs: Math.min(STALE_RETRY_IN_MS, maxAgeInMs),
    helpOver: (error: unknown) => error instanceof UnavailableError,
  };
  const readSettings = makeReadSettings({ files, clock, maxAgeInMs, stale });
  const limits = entityTable(config.storage.tableServiceUrl, 'limits', credential);

  const clients = makeSecretClients(credentialOf);
  const loadLocation = makeLoadVaultLocation(config, readSettings);
  const loadCertificate = makeLoadCertificate({ files, directory, loadLocation, clients, clock });
  const connections = makeConnections({
    // A later source wins over an earlier one, setting by setting.
    sources: [
      plainFileSource(readSettings),
      encryptedFileSource(readSettings, loadCertificate),
      keyVaultSource({ loadLocation, clients, now: clock.now }),
      cyberArkSource(makeLoadCyberArk(readSettings, loadCertificate)),
      refusedFileSource(readSettings),
    ],
    versionOf: makeVersionOf(makeLoadVersionKey(limits)),
    clock,
    maxAgeInMs,
    stale,
    warnBeforeEndInDays: config.expiryWarningInDays,
    log,
  });

  const longestCallInMs = config.requestTimeoutInMs + config.permitLingerInMs;
  // It is waited for under a claim, which has to last for the call after it.
  const permitWaitInMs = Math.min(config.permitWaitInMs, config.claimMarginInMs / 2);
  const logins = makeLogins({
    table: limits,
    clock,
    random,
    maxAgeInMs: config.limitsMaxAgeInMs,
    longestCallInMs,
    // A token and a call, each after a wait for a permit.
    turnInMs: 2 * (permitWaitInMs + longestCallInMs),
    rememberForInMs: config.settingsMaxAgeInMs + config.limitsMaxAgeInMs,
  });
  const permits = makePermits({
    table: limits,
    clock,
    random,
    log,
    maxAgeInMs: config.limitsMaxAgeInMs,
    longestCallInMs,
  });
  const serviceNow = makeServiceNow({
    connections,
    logins,
    clock,
    log,
    random,
    requestTimeoutInMs: config.requestTimeoutInMs,
    permitWaitInMs,
    permitLingerInMs: config.permitLingerInMs,
    report: permits.report,
  });
  const known = makeKnownLimits(limits, clock, config.limitsMaxAgeInMs);
  const holds = makeHolds({
    table: limits,
    known,
    clock,
    log,
    holdInMs: config.holdInMs,
    firstQuietInMs: config.deferral.firstInMs,
    // Longer than an invocation lasts (`functionTimeout` of host.json): a few calls and all waits.
    turnInMs: config.permitWaitInMs + config.claimMarginInMs + 4 * longestCallInMs,
  });
  const brake = makeBrake({ table: limits, known, clock, random, log });
  const track = makeTrackRecord({ table: limits, known, clock, log });
  return {
    ...{ files, readSettings, loadLocation, clients, loadCertificate, connections, logins, permits, serviceNow },
    ...{ holds, brake, track },
  };
}
