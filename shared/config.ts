import * as z from 'zod/mini';
import { parse } from './parse.ts';

const url = (...protocols: readonly string[]) =>
  z.string().check(
    z.refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      error: `expected a URL that starts with ${protocols.join('// or ')}//`,
    }),
  );

const seconds = (standard: number, most = 86_400) =>
  z._default(
    z.coerce
      .number({ error: 'expected a number of seconds' })
      .check(z.positive('expected more than 0 seconds'), z.maximum(most, `expected at most ${most} seconds`)),
    standard,
  );

const NCRONTAB = /^(\S+\s+){5}\S+$/;

const schedule = (standard: string) =>
  z._default(z.string().check(z.regex(NCRONTAB, 'expected a six-field NCRONTAB expression')), standard);

/** Every app setting this program knows, with its default. */
const appSettings = z.object({
  /** Which deployment this is; part of every order key and of the marker on every ticket. */
  INSTALLATION_ID: z
    .string('expected [a-z0-9-]{1,24}, got nothing: name this deployment')
    .check(z.regex(/^[a-z0-9-]{1,24}$/, 'expected [a-z0-9-]{1,24}')),
  ConnectorStorage__queueServiceUri: url('https:'),
  ConnectorStorage__tableServiceUri: url('https:'),
  ConnectorStorage__blobServiceUri: url('https:'),
  /** The Key Vault that holds `Connections--<identifier>--<Setting>`; without it, the one in `appsettings.json`, if any. */
  KEY_VAULT_URL: z.optional(url('https:')),
  /** The Key Vault that generated passwords are written to: one of its own, for whoever collects them may not read connections. */
  PASSWORD_VAULT_URL: z.optional(url('https:')),
  /** How long a generated password may be collected. */
  PASSWORD_EXPIRY_DAYS: z._default(
    z.coerce
      .number('expected a number of days')
      .check(z.positive('expected more than 0 days'), z.maximum(90, 'expected at most 90 days')),
    7,
  ),
  /** The blob container that holds the settings files; without it, those in the deployed package are read. */
  APPSETTINGS_URL: z.optional(url('https:')),
  /** Client id of the user-assigned identity; without it, the system-assigned one. */
  AZURE_CLIENT_ID: z.optional(z.string()),
  /** When tickets are polled: six-field NCRONTAB, UTC. */
  POLL_SCHEDULE: schedule('0 */2 * * * *'),
  /** When queues are watched and what the platform poisoned is seen to: six-field NCRONTAB, UTC. */
  WATCH_SCHEDULE: schedule('0 */5 * * * *'),
  /** How long one call to ServiceNow may take: its transaction quota is 60 s. */
  REQUEST_TIMEOUT_SECONDS: seconds(75),
  /** How long a ticket may still appear after a POST whose answer is unclear: semaphore queue, quota and a margin. */
  UNCLEAR_WAIT_SECONDS: seconds(900),
  /** What a claim lasts beyond time-out and unclear wait, for the steps between claim and POST. */
  CLAIM_MARGIN_SECONDS: seconds(60),
  /** How long a handler waits for a permit before the message is put back. */
  PERMIT_WAIT_SECONDS: seconds(60),
  /** How long a permit stays taken after a call without an answer: the server is still at work. */
  PERMIT_LINGER_SECONDS: seconds(60),
  /** How long a held order is put back at a time: what is put right is noticed after this, at the latest. */
  HOLD_SECONDS: seconds(900, 900),
  /** First and longest delay of a deferred order; it doubles in between. */
  DEFERRAL_FIRST_SECONDS: seconds(30),
  DEFERRAL_LONGEST_SECONDS: seconds(3600),
  /** Days of transient waiting after which an order that alone keeps failing is given up. */
  DEFERRAL_LIMIT_DAYS: z._default(
    z.coerce.number('expected a number of days').check(z.positive('expected more than 0 days')),
    5,
  ),
  /** How old settings and mappings may get before they are read again. */
  SETTINGS_MAX_AGE_SECONDS: seconds(300),
  /** How old settings may get while their source can't be reached. */
  SETTINGS_STALE_SECONDS: seconds(28_800, 7 * 86_400),
  /** How long before a secret or a certificate ends it is warned of. */
  EXPIRY_WARNING_DAYS: z._default(
    z.coerce.number('expected a number of days').check(z.minimum(0, 'expected 0 days or more')),
    30,
  ),
  /** How old may be what an instance knows of logins that another one has stopped. */
  LIMITS_MAX_AGE_SECONDS: seconds(15, 60),
  /** When open tickets that no poll has seen are read by their sys_id: six-field NCRONTAB, UTC. */
  RECONCILE_SCHEDULE: schedule('30 17 * * * *'),
  /** How long an open ticket may go unseen before it is read. */
  RECONCILE_AFTER_SECONDS: seconds(21_600, 30 * 86_400),
  /** How long after the end of a claim its ticket is looked for without its order, which mostly comes back by itself before. */
  TAKE_OVER_AFTER_SECONDS: seconds(3_600),
  /** When tables are exported: six-field NCRONTAB, UTC. What is due is decided for each table at each of these times. */
  EXPORT_SCHEDULE: schedule('0 */15 * * * *'),
  /** How far an incremental export looks back behind its cookie: as long as the longest transaction of an instance. */
  EXPORT_OVERLAP_SECONDS: seconds(300),
  /** How long a run of the exports goes on at most; what is left goes on at the next. The platform ends it after `functionTimeout`. */
  EXPORT_RUN_SECONDS: seconds(420, 540),
  /** How far a poll looks back behind its cookie: as long as the longest transaction of an instance. */
  POLL_OVERLAP_SECONDS: seconds(300),
});

/** The checked app settings, durations in milliseconds. */
export interface Config {
  readonly installationId: string;
  readonly storage: {
    readonly queueServiceUrl: string;
    readonly tableServiceUrl: string;
    readonly blobServiceUrl: string;
  };
  readonly keyVaultUrl: string | undefined;
  readonly passwordVaultUrl: string | undefined;
  readonly passwordExpiryInDays: number;
  readonly appSettingsUrl: string | undefined;
  readonly identityClientId: string | undefined;
  readonly pollSchedule: string;
  readonly watchSchedule: string;
  readonly requestTimeoutInMs: number;
  readonly unclearWaitInMs: number;
  readonly claimMarginInMs: number;
  readonly permitWaitInMs: number;
  readonly permitLingerInMs: number;
  readonly holdInMs: number;
  readonly deferral: { readonly firstInMs: number; readonly longestInMs: number; readonly limitInMs: number };
  readonly settingsMaxAgeInMs: number;
  readonly settingsStaleInMs: number;
  readonly expiryWarningInDays: number;
  readonly limitsMaxAgeInMs: number;
  readonly reconcileSchedule: string;
  readonly reconcileAfterInMs: number;
  readonly takeOverAfterInMs: number;
  readonly pollOverlapInMs: number;
  readonly exportSchedule: string;
  readonly exportOverlapInMs: number;
  readonly exportRunInMs: number;
}

/**
 * Reads the app settings; the only reader of `process.env` is its caller in the composition root.
 *
 * @throws Error that lists every fault at once; the app must not start with it.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = parse(appSettings, environment);
  if (!parsed.ok) {
    throw new Error(
      `The app settings are not usable; set them right and the app starts:\n- ${parsed.faults.join('\n- ')}`,
    );
  }
  const s = parsed.value;
  if (
    s.PASSWORD_VAULT_URL !== undefined &&
    s.KEY_VAULT_URL !== undefined &&
    isSameUrl(s.PASSWORD_VAULT_URL, s.KEY_VAULT_URL)
  )
    throw new Error(
      'The app settings are not usable; set them right and the app starts:\n- PASSWORD_VAULT_URL: expected a vault of its own, got that of KEY_VAULT_URL: whoever collects passwords could read the secrets of connections',
    );
  return {
    installationId: s.INSTALLATION_ID,
    storage: {
      queueServiceUrl: s.ConnectorStorage__queueServiceUri,
      tableServiceUrl: s.ConnectorStorage__tableServiceUri,
      blobServiceUrl: s.ConnectorStorage__blobServiceUri,
    },
    keyVaultUrl: s.KEY_VAULT_URL,
    passwordVaultUrl: s.PASSWORD_VAULT_URL,
    passwordExpiryInDays: s.PASSWORD_EXPIRY_DAYS,
    appSettingsUrl: s.APPSETTINGS_URL,
    identityClientId: s.AZURE_CLIENT_ID,
    pollSchedule: s.POLL_SCHEDULE,
    watchSchedule: s.WATCH_SCHEDULE,
    requestTimeoutInMs: s.REQUEST_TIMEOUT_SECONDS * 1000,
    unclearWaitInMs: s.UNCLEAR_WAIT_SECONDS * 1000,
    claimMarginInMs: s.CLAIM_MARGIN_SECONDS * 1000,
    permitWaitInMs: s.PERMIT_WAIT_SECONDS * 1000,
    permitLingerInMs: s.PERMIT_LINGER_SECONDS * 1000,
    holdInMs: s.HOLD_SECONDS * 1000,
    deferral: {
      firstInMs: s.DEFERRAL_FIRST_SECONDS * 1000,
      longestInMs: s.DEFERRAL_LONGEST_SECONDS * 1000,
      limitInMs: s.DEFERRAL_LIMIT_DAYS * 86_400_000,
    },
    settingsMaxAgeInMs: s.SETTINGS_MAX_AGE_SECONDS * 1000,
    settingsStaleInMs: s.SETTINGS_STALE_SECONDS * 1000,
    expiryWarningInDays: s.EXPIRY_WARNING_DAYS,
    limitsMaxAgeInMs: s.LIMITS_MAX_AGE_SECONDS * 1000,
    reconcileSchedule: s.RECONCILE_SCHEDULE,
    reconcileAfterInMs: s.RECONCILE_AFTER_SECONDS * 1000,
    takeOverAfterInMs: s.TAKE_OVER_AFTER_SECONDS * 1000,
    pollOverlapInMs: s.POLL_OVERLAP_SECONDS * 1000,
    exportSchedule: s.EXPORT_SCHEDULE,
    exportOverlapInMs: s.EXPORT_OVERLAP_SECONDS * 1000,
    exportRunInMs: s.EXPORT_RUN_SECONDS * 1000,
  };
}

function isSameUrl(one: string, other: string): boolean {
  return new URL(one).href.toLowerCase() === new URL(other).href.toLowerCase();
}
