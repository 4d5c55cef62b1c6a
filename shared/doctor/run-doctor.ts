import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { UnavailableError } from '../errors.ts';
import type { Brake } from '../limits/brake.ts';
import type { Holds } from '../limits/holds.ts';
import type { Logins } from '../limits/logins.ts';
import type { EventName } from '../log.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { LoadCertificate } from '../secrets/app-certificate.ts';
import type { ConnectionReport, Connections } from '../secrets/connections.ts';
import type { SecretClients } from '../secrets/secret-clients.ts';
import type { LoadVaultLocation } from '../secrets/vault-location.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { SettingsFiles } from '../settings/settings-files.ts';
import type { LoadCredential } from '../storage/credential.ts';
import { type FoundConnections, findConnections } from './agent-files.ts';
import { checkAppStorage } from './check-app-storage.ts';
import { checkCertificates } from './check-certificates.ts';
import { checkExports } from './check-exports.ts';
import { checkHolds } from './check-holds.ts';
import { checkMappings, readableMappings } from './check-mappings.ts';
import type { CheckResult } from './check-result.ts';
import { checkSettingsFiles } from './check-settings-files.ts';
import { checkPasswordVault, checkVault } from './check-vault.ts';
import { describeSettings } from './describe-settings.ts';
import type { KeptLog } from './kept-log.ts';
import { sayFailure } from './say-failure.ts';
import { checkServiceNow } from './servicenow/check-servicenow.ts';

/** What the checks work with: the parts that the functions work with too. */
export interface DoctorDeps {
  readonly config: Config;
  readonly files: SettingsFiles;
  readonly readSettings: ReadSettings;
  readonly loadLocation: LoadVaultLocation;
  readonly clients: SecretClients;
  readonly loadCertificate: LoadCertificate;
  readonly loadCredential: LoadCredential;
  readonly connections: Connections;
  readonly logins: Logins;
  readonly holds: Holds;
  readonly brake: Brake;
  readonly serviceNow: ServiceNow;
  readonly clock: Clock;
  readonly random: () => number;
  /** Where all of these log to. */
  readonly log: KeptLog;
}

/** What to check. */
export interface DoctorOptions {
  /** Only this connection; it need not be known. */
  readonly connection?: string;
  /** Makes and cancels a ticket in this group, through every connection that is checked. */
  readonly writeTest?: { readonly group: string };
}

/** No source takes this long but one that never answers. */
const LONGEST_READING_IN_MS = 60_000;

/**
 * Checks everything the connector needs, from its app settings to the mappings, and changes nothing but for `writeTest`.
 * Never throws, and no failed check stops the others. Permissions needed: the Reader roles of storage, Key Vault Secrets
 * User, and for whatever needs a login Storage Table Data Contributor on table `limits`, where logins are counted.
 */
export async function* runDoctor(deps: DoctorDeps, options: DoctorOptions): AsyncGenerator<CheckResult> {
  const { config, readSettings } = deps;
  yield { name: 'app settings', status: 'ok', message: `Usable; this is installation "${config.installationId}".` };
  yield* guarded('settings files', () => checkSettingsFiles(readSettings, deps.files.place));
  yield* guarded('storage', () => checkAppStorage(config, deps.loadCredential));
  yield* guarded('holds', () => checkHolds(deps));
  yield await checkVault(deps);
  yield await checkPasswordVault(deps);
  const certificates = { ...deps, warnBeforeEndInDays: config.expiryWarningInDays };
  yield* guarded('certificate', () => checkCertificates(certificates));

  const mappings = await readableMappings(readSettings);
  const known = await findConnections(readSettings);
  const identifiers = options.connection === undefined ? known.identifiers : [options.connection];
  yield describeConnections(known, options.connection);
  const unknown = new Set<string>();
  for (const identifier of identifiers) {
    const named = new Map([...mappings].filter(([, mapping]) => mapping.Connection === identifier));
    const others = known.identifiers.filter((other) => other !== identifier);
    const checks = () => checkConnection(identifier, named, deps, { ...options, others }, unknown);
    for await (const result of guarded('connection', checks)) yield { ...result, connection: identifier };
  }
  yield* guarded('exports', () => checkExports(readSettings, options.connection));
  yield* guarded('mappings', () => checkMappings(readSettings, { only: options.connection, unknown }));
}

function describeConnections({ identifiers, unread }: FoundConnections, only: string | undefined): CheckResult {
  const name = 'connections';
  if (only !== undefined) return { name, status: 'ok', message: `Only ${only} is checked, as asked for.` };
  const found = identifiers.length > 0 ? `Found: ${identifiers.join(', ')}.` : 'Found none.';
  if (unread.length > 0) {
    const message = `${found} ${unread.join(', ')} may name more, but can't be read.`;
    return { name, status: 'warning', message, remedy: 'See the check of settings files.' };
  }
  if (identifiers.length > 0) return { name, status: 'ok', message: found };
  return {
    name,
    status: 'warning',
    message: 'No mapping and no settings file names a connection: no order can become a ticket.',
    remedy: 'Add ServiceNowResourceTypeMappings with a Connection to appsettings.agent.json.',
  };
}

async function* checkConnection(
  identifier: string,
  mappings: ReadonlyMap<string, ResourceTypeMapping>,
  deps: DoctorDeps,
  { others, writeTest }: DoctorOptions & { readonly others: readonly string[] },
  unknown: Set<string>,
): AsyncGenerator<CheckResult> {
  const { config, log } = deps;
  const told = (event: EventName) =>
    log.events.filter((one) => one.event === event && one.fields.connection === identifier).map(({ fields }) => fields);

  const report = await inspect(deps.connections, identifier);
  if (report.settings === undefined && report.origins.length === 0 && !report.unread) unknown.add(identifier);
  for (const finding of describeSettings(report, told('secret.expiring'))) yield { name: 'settings', ...finding };
  const { settings } = report;
  if (!settings) {
    yield { name: 'ServiceNow', status: 'skipped', message: 'Nothing was sent to ServiceNow without usable settings.' };
    return;
  }
  const { requestTimeoutInMs, permitWaitInMs, permitLingerInMs, installationId } = config;
  const all = { ...deps, requestTimeoutInMs, permitWaitInMs, permitLingerInMs, installationId };
  yield* guarded('ServiceNow', () =>
    checkServiceNow(settings, mappings, all, { others, ...(writeTest && { writeTest }) }),
  );
  for (const { reason } of told('settings.warning')) {
    if (typeof reason !== 'string' || report.warnings.includes(reason)) continue;
    yield { name: 'settings', status: 'warning', message: `${reason}.`, remedy: 'Change that setting.' };
  }
}

/** The report on a connection's settings; sources that can't be reached are its only fault. */
async function inspect(connections: Connections, identifier: string): Promise<ConnectionReport & { unread?: true }> {
  const late = AbortSignal.timeout(LONGEST_READING_IN_MS);
  const lateness = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new UnavailableError('A source of settings never answered')));
  });
  try {
    return await Promise.race([connections.inspect(identifier, 0), lateness]);
  } catch (error) {
    const faults = [`the settings could not be read: ${sayFailure(error)}`];
    return { identifier, settings: undefined, faults, warnings: [], origins: [], unread: true };
  }
}

/** Passes results on; what a check did not foresee becomes its failure and ends that check alone. */
async function* guarded(name: string, check: () => AsyncGenerator<CheckResult>): AsyncGenerator<CheckResult> {
  try {
    yield* check();
  } catch (error) {
    const remedy = 'Look at the failed checks above first; if there are none, this is a fault of the connector.';
    yield { name, status: 'failed', message: `This could not be checked: ${sayFailure(error)}.`, remedy };
  }
}
