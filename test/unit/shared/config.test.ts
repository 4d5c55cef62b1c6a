import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../shared/config.ts';

const required = {
  INSTALLATION_ID: 'prod-1',
  ConnectorStorage__queueServiceUri: 'https://store.queue.core.windows.net',
  ConnectorStorage__tableServiceUri: 'https://store.table.core.windows.net',
  ConnectorStorage__blobServiceUri: 'https://store.blob.core.windows.net',
};

describe('readConfig', () => {
  it('needs a name and storage, and has a default for everything else, durations in milliseconds', () => {
    expect(readConfig(required)).toEqual({
      installationId: 'prod-1',
      storage: {
        queueServiceUrl: 'https://store.queue.core.windows.net',
        tableServiceUrl: 'https://store.table.core.windows.net',
        blobServiceUrl: 'https://store.blob.core.windows.net',
      },
      keyVaultUrl: undefined,
      passwordVaultUrl: undefined,
      passwordExpiryInDays: 7,
      appSettingsUrl: undefined,
      identityClientId: undefined,
      pollSchedule: '0 */2 * * * *',
      reconcileSchedule: '30 17 * * * *',
      reconcileAfterInMs: 21_600_000,
      takeOverAfterInMs: 3_600_000,
      watchSchedule: '0 */5 * * * *',
      requestTimeoutInMs: 75_000,
      unclearWaitInMs: 900_000,
      claimMarginInMs: 60_000,
      permitWaitInMs: 60_000,
      permitLingerInMs: 60_000,
      holdInMs: 900_000,
      deferral: { firstInMs: 30_000, longestInMs: 3_600_000, limitInMs: 5 * 86_400_000 },
      settingsMaxAgeInMs: 300_000,
      settingsStaleInMs: 8 * 3_600_000,
      expiryWarningInDays: 30,
      limitsMaxAgeInMs: 15_000,
      pollOverlapInMs: 300_000,
      exportSchedule: '0 */15 * * * *',
      exportOverlapInMs: 300_000,
      exportRunInMs: 420_000,
    });
  });

  it('wants a vault of its own for passwords', () => {
    const vaults = (own: string) => ({
      ...required,
      KEY_VAULT_URL: 'https://secrets.vault.azure.net',
      PASSWORD_VAULT_URL: own,
    });
    expect(readConfig(vaults('https://passwords.vault.azure.net')).passwordVaultUrl).toMatch(/passwords/);
    expect(() => readConfig(vaults('https://SECRETS.vault.azure.net/'))).toThrow(
      /PASSWORD_VAULT_URL: expected a vault of its own, got that of KEY_VAULT_URL/,
    );
  });

  it('lists every fault at once', () => {
    const faulty = {
      ConnectorStorage__queueServiceUri: 'http://store.queue.core.windows.net',
      ConnectorStorage__tableServiceUri: 'store',
      KEY_VAULT_URL: 'ftp://vault',
      POLL_SCHEDULE: '*/5 * * * *',
      WATCH_SCHEDULE: 'hourly',
      UNCLEAR_WAIT_SECONDS: 'soon',
      HOLD_SECONDS: '0',
      DEFERRAL_LIMIT_DAYS: '-1',
      SETTINGS_STALE_SECONDS: '604801',
      EXPIRY_WARNING_DAYS: '-1',
      LIMITS_MAX_AGE_SECONDS: '61',
    };
    const faults = [
      /INSTALLATION_ID: expected \[a-z0-9-\]\{1,24\}, got nothing/,
      /ConnectorStorage__queueServiceUri: expected a URL that starts with https/,
      /ConnectorStorage__tableServiceUri: expected a URL/,
      /ConnectorStorage__blobServiceUri:/,
      /KEY_VAULT_URL: expected a URL/,
      /POLL_SCHEDULE: expected a six-field NCRONTAB expression/,
      /WATCH_SCHEDULE: expected a six-field NCRONTAB expression/,
      /UNCLEAR_WAIT_SECONDS: expected a number of seconds/,
      /HOLD_SECONDS: expected more than 0 seconds/,
      /DEFERRAL_LIMIT_DAYS: expected more than 0 days/,
      /SETTINGS_STALE_SECONDS: expected at most 604800 seconds/,
      /EXPIRY_WARNING_DAYS: expected 0 days or more/,
      /LIMITS_MAX_AGE_SECONDS: expected at most 60 seconds/,
    ];
    for (const fault of faults) expect(() => readConfig(faulty)).toThrow(fault);
  });

  it.each(['', 'Prod', 'a_b', 'a'.repeat(25)])('refuses the installation id %j', (id) => {
    expect(() => readConfig({ ...required, INSTALLATION_ID: id })).toThrow(/INSTALLATION_ID/);
  });

  it('reads where settings are and as whom, how old they may get, and when an end is warned of', () => {
    const given = {
      KEY_VAULT_URL: 'https://vault.example',
      APPSETTINGS_URL: 'https://store.blob.core.windows.net/settings',
      AZURE_CLIENT_ID: 'identity',
      SETTINGS_MAX_AGE_SECONDS: '60',
      SETTINGS_STALE_SECONDS: '604800',
      EXPIRY_WARNING_DAYS: '0',
      LIMITS_MAX_AGE_SECONDS: '60',
    };
    expect(readConfig({ ...required, ...given })).toMatchObject({
      keyVaultUrl: 'https://vault.example',
      appSettingsUrl: 'https://store.blob.core.windows.net/settings',
      identityClientId: 'identity',
      settingsMaxAgeInMs: 60_000,
      settingsStaleInMs: 7 * 86_400_000,
      expiryWarningInDays: 0,
      limitsMaxAgeInMs: 60_000,
    });
  });

  it('takes fractions of a second, so that tests can shorten every wait', () => {
    expect(readConfig({ ...required, UNCLEAR_WAIT_SECONDS: '0.25' }).unclearWaitInMs).toBe(250);
  });
});

it('puts nothing on hold for longer than a quarter of an hour at a time', () => {
  expect(() => readConfig({ ...required, HOLD_SECONDS: '901' })).toThrow('HOLD_SECONDS: expected at most 900 seconds');
});
