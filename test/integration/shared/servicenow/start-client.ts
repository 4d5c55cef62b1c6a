import {
  type ServiceNowOptions,
  type ServiceNow as Simulator,
  startServiceNow,
} from '../../../../infra/local/servicenow/start-servicenow.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { type Logins, makeLogins } from '../../../../shared/limits/logins.ts';
import { makeConnections } from '../../../../shared/secrets/connections.ts';
import type { SettingName } from '../../../../shared/secrets/setting-names.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';
import type { Instance } from '../../../../shared/servicenow/client.ts';
import { makeHttp } from '../../../../shared/servicenow/http.ts';
import { makeServiceNow, type ServiceNow } from '../../../../shared/servicenow/servicenow.ts';
import { type LoginAttempt, tryLogin } from '../../../../shared/servicenow/try-login.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { type ManualClock, manualClock } from '../../../unit/shared/manual-clock.ts';
import { type RecordingLog, recordingLog } from '../../../unit/shared/recording-log.ts';
import { startStorage } from '../storage/start-storage.ts';
import { recordSends, type Send } from './record-sends.ts';

type Settings = Partial<Record<SettingName, string>>;

/** The product's client with a simulator behind it, and everything that its surroundings can do to it. */
export interface StartedClient {
  readonly simulator: Simulator;
  readonly client: ServiceNow;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  /** The logins as all instances see them, in a table that no other test has. */
  readonly logins: Logins;
  /** Every request that left this process for the host in `Server`, in order. */
  readonly sends: readonly Send[];
  /** How often settings were read from their source. */
  reads(): number;
  open(connection?: string): Promise<Instance>;
  /** Changes settings of a connection; each change gives the changed ones another version. */
  change(settings: Settings, connection?: string): void;
  /** Makes one incident; `beforeSend` is called before every send. */
  post(beforeSend?: () => void): Promise<Readonly<Record<string, string>>>;
  /** Reads one user. */
  get(): Promise<unknown>;
  /** Tries to sign in, as an operator's command does. */
  tryLogin(): Promise<LoginAttempt>;
  /** Everything that must not be seen in an error or a log line. */
  secrets(): readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ClientOptions {
  /** Default: Basic. */
  readonly grant?: 'password' | 'client_credentials';
  /** Instead of the settings that fit the simulator, or beside them. */
  readonly settings?: Settings;
  readonly requestTimeoutInMs?: number;
  readonly simulator?: ServiceNowOptions;
}

/** Starts a simulator and a client with one connection, "Tickets", whose settings are kept here; `await using` ends it. */
export async function startClient(options: ClientOptions = {}): Promise<StartedClient> {
  const simulator = await startServiceNow(options.simulator);
  const { server, login, password, clientId, clientSecret, oauth2Url } = simulator;
  const { grant } = options;
  const known = new Map<string, Map<SettingName, { value: string; version: string }>>();
  const used = new Set<string>();
  let versions = 0;
  let reads = 0;
  const change: StartedClient['change'] = (settings, connection = 'Tickets') => {
    versions += 1;
    const kept = known.get(connection) ?? new Map();
    for (const [name, value] of Object.entries(settings)) {
      kept.set(name, { value, version: String(versions) });
      if (['Password', 'ClientSecret'].includes(name)) used.add(value);
    }
    known.set(connection, kept);
  };
  change({
    Server: server,
    ...(grant !== 'client_credentials' && { Login: login, Password: password }),
    ...(grant !== undefined && { ClientId: clientId, ClientSecret: clientSecret, OAuth2Url: oauth2Url }),
    ...options.settings,
  });

  const clock = manualClock();
  const log = recordingLog();
  const requestTimeoutInMs = options.requestTimeoutInMs ?? 5_000;
  const storage = await startStorage();
  await storage.table('limits').createTable();
  const logins = makeLogins({
    table: entityTable(storage.tableUrl, 'limits', storage.loadCredential),
    // Storage's own clock judges leases, so theirs is not a manual one.
    clock: systemClock,
    random: Math.random,
    maxAgeInMs: 15_000,
    longestCallInMs: requestTimeoutInMs,
    turnInMs: 60_000,
    rememberForInMs: 315_000,
  });
  const connections = makeConnections({
    sources: [
      {
        name: async () => 'test',
        read: async (connection) => {
          reads += 1;
          return { settings: new Map(known.get(connection)), faults: [], warnings: [] };
        },
      },
    ],
    versionOf: makeVersionOf(async () => new Uint8Array(32)),
    clock,
    maxAgeInMs: 300_000,
    warnBeforeEndInDays: 30,
    log,
  });
  const deps = { connections, logins, clock, log, random: () => 0.5, permitWaitInMs: 10_000, permitLingerInMs: 100 };
  const client = makeServiceNow({ ...deps, requestTimeoutInMs, report: async () => {} });
  const open = (connection = 'Tickets') => client.open(connection);
  const { sends, stop } = recordSends(options.settings?.Server ?? server);

  return {
    simulator,
    client,
    clock,
    log,
    logins,
    sends,
    reads: () => reads,
    open,
    change,
    post: async (beforeSend = () => {}) =>
      (await open()).tables.insert('incident', { short_description: 'A ticket' }, ['sys_id', 'number'], beforeSend),
    get: async () => (await open()).tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 }),
    tryLogin: async () =>
      tryLogin(await connections.read('Tickets'), { ...deps, http: makeHttp('Tickets', requestTimeoutInMs) }),
    secrets: () => [
      ...used,
      // What was sent proves who we are, whatever the scheme.
      ...sends.flatMap(({ authorization }) => (authorization === undefined ? [] : (authorization.split(' ')[1] ?? []))),
    ],
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.all([simulator.close(), storage.close()]);
    },
  };
}
