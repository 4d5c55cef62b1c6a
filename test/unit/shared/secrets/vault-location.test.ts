import { describe, expect, it } from 'vitest';
import { makeLoadVaultLocation } from '../../../../shared/secrets/vault-location.ts';
import { memorySettings } from '../settings/memory-settings.ts';

const OWN = { keyVaultUrl: undefined, identityClientId: 'own-client-id' };

const locate = (section: unknown, config: Parameters<typeof makeLoadVaultLocation>[0] = OWN) =>
  makeLoadVaultLocation(config, memorySettings({ 'appsettings.json': { AzureKeyVault: section } }).readSettings)();

async function faultOf(section: unknown): Promise<string> {
  const outcome = await locate(section).then(
    () => 'located',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
  return String(outcome);
}

describe('makeLoadVaultLocation', () => {
  it('takes the vault that the app setting names, and reads no file for it', async () => {
    const { readSettings, reads } = memorySettings({
      'appsettings.json': { AzureKeyVault: { Vault: 'https://file' } },
    });
    const config = { keyVaultUrl: 'https://setting.vault.azure.net/', identityClientId: undefined };
    expect(await makeLoadVaultLocation(config, readSettings)()).toEqual({
      url: 'https://setting.vault.azure.net/',
      clientId: undefined,
    });
    expect(reads).toEqual([]);
    expect(await locate({ Vault: 'S3cr3t' }, { ...OWN, keyVaultUrl: 'https://setting.vault.azure.net/' })).toEqual({
      url: 'https://setting.vault.azure.net/',
      clientId: 'own-client-id',
    });
  });

  it('knows of no vault without a section, a file, or a name in the section', async () => {
    expect(await makeLoadVaultLocation(OWN, memorySettings().readSettings)()).toBeUndefined();
    for (const section of [{}, { Vault: '' }, { Vault: null, ConnectionString: 'RunAs=App' }])
      expect(await locate(section)).toBeUndefined();
  });

  it.each([
    ['https://contoso.vault.azure.net/', 'https://contoso.vault.azure.net'],
    ['https://contoso.vault.azure.net', 'https://contoso.vault.azure.net'],
    ['HTTPS://Contoso.vault.azure.net/secrets/', 'https://contoso.vault.azure.net'],
    ['https://contoso.vault.azure.cn/', 'https://contoso.vault.azure.cn'],
    ['https://contoso.vault.usgovcloudapi.net/', 'https://contoso.vault.usgovcloudapi.net'],
    ['https://127.0.0.1:8443', 'https://127.0.0.1:8443'],
  ])('takes %s for %s', async (Vault, url) => {
    expect(await locate({ Vault })).toEqual({ url, clientId: 'own-client-id' });
  });

  it.each(['contoso', 'contoso.vault.azure.net', 'http://contoso.vault.azure.net', 'ftp://S3cr3t', 'https://'])(
    'refuses %s for a vault, and does not repeat it',
    async (Vault) => {
      const fault = await faultOf({ Vault });
      expect(fault).toContain(
        'AzureKeyVault:Vault of appsettings.json: expected a URL such as https://<name>.vault.azure.net/, got something else',
      );
      expect(fault).not.toMatch(/S3cr3t|contoso/);
    },
  );

  it.each([
    [undefined, 'own-client-id'],
    [null, 'own-client-id'],
    ['', 'own-client-id'],
    ['RunAs=App', 'own-client-id'],
    ['RunAs=App;', 'own-client-id'],
    ['RunAs=App;AppId=12ab', '12ab'],
    [' runas = app ; APPID = 12ab ; ', '12ab'],
  ])('signs in by connection string %j as %s', async (ConnectionString, clientId) => {
    const section = { Vault: 'https://contoso.vault.azure.net', ConnectionString };
    expect(await locate(section)).toMatchObject({ clientId });
  });

  it.each([
    ['RunAs=App;AppId=12ab;TenantId=34cd;AppKey=S3cr3t==', 'AppKey, TenantId'],
    ['RunAs=App;AppId=12ab;KeyVaultCertificateSecretIdentifier=https://S3cr3t', 'KeyVaultCertificateSecretIdentifier'],
    [
      'RunAs=App;AppId=12ab;TenantId=34cd;CertificateThumbprint=S3cr3t;CertificateStoreLocation=LocalMachine',
      'TenantId, CertificateThumbprint, CertificateStoreLocation',
    ],
    [
      'RunAs=App;AppId=12ab;TenantId=34cd;CertificateSubjectName=CN=S3cr3t;CertificateStoreLocation=CurrentUser',
      'TenantId, CertificateSubjectName, CertificateStoreLocation',
    ],
    ['RunAs=App;AppId=12ab;AppKey=a;S3cr3t=b', 'AppKey'],
    ['S3cr3t', 'something else'],
    ['S3cr3t=', 'something else'],
  ])('refuses %s with the names of its members alone', async (ConnectionString, named) => {
    const fault = await faultOf({ Vault: 'https://contoso.vault.azure.net', ConnectionString });
    expect(fault).toContain(
      `for a user-assigned identity, got ${named} too: this app signs in with its managed identity`,
    );
    expect(fault).not.toMatch(/S3cr3t/i);
  });

  it('lets appsettings.agent.json say which vault it is', async () => {
    const { readSettings } = memorySettings({
      'appsettings.json': { AzureKeyVault: { Vault: 'https://app.example', ConnectionString: 'RunAs=App;AppId=1' } },
      'appsettings.agent.json': { azureKeyVault: { vault: 'https://agent.example' } },
    });
    expect(await makeLoadVaultLocation(OWN, readSettings)()).toEqual({ url: 'https://agent.example', clientId: '1' });
  });

  it('lists all faults of the section at once', async () => {
    expect(await faultOf({ Vault: ['S3cr3t'], ConnectionString: { S3cr3t: 1 } })).toMatch(
      /^HoldError: Section AzureKeyVault of appsettings\.json is not usable: Vault: expected a text; ConnectionString: expected a text$/,
    );
  });

  it('reads the section anew after ten seconds', async () => {
    const { readSettings, clock, write } = memorySettings({ 'appsettings.json': { AzureKeyVault: {} } });
    const load = makeLoadVaultLocation(OWN, readSettings);
    expect(await load()).toBeUndefined();
    write('appsettings.json', { AzureKeyVault: { Vault: 'https://new.example' } });
    clock.advance(9_999);
    expect(await load()).toBeUndefined();
    clock.advance(1);
    expect(await load()).toMatchObject({ url: 'https://new.example' });
  });
});
