import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../shared/config.ts';
import { STORAGE_NAMES } from '../../../shared/storage/storage-names.ts';

const snapshotSchema = z.object({
  predictedResources: z.array(
    z.looseObject({ type: z.string(), name: z.string(), properties: z.looseObject({}).optional() }),
  ),
});
const appSchema = z.looseObject({
  siteConfig: z.looseObject({ appSettings: z.array(z.object({ name: z.string(), value: z.string() })) }),
});

/** What Bicep itself says that a parameter file deploys. */
function deployed(name: string) {
  const text = readFileSync(new URL(`../../../infra/parameters/${name}.snapshot.json`, import.meta.url), 'utf8');
  const { predictedResources: resources } = snapshotSchema.parse(JSON.parse(text));
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  /** The last part of a name; before it may stand what is known only when it is deployed. */
  const names = (type: string) =>
    of(type).map((resource) =>
      resource.name
        .split('/')
        .at(-1)
        ?.replace(/[')\]]+$/, ''),
    );
  return { text, of, names };
}

describe.each(['small', 'large'])('the %s installation', (name) => {
  const { text, of, names } = deployed(name);
  const settings = appSchema.parse(of('Microsoft.Web/sites')[0]?.properties).siteConfig.appSettings;

  it('has every queue, table and container that the program uses, by its own names', () => {
    const inStorage = 'Microsoft.Storage/storageAccounts';
    expect(names(`${inStorage}/queueServices/queues`)).toEqual([...STORAGE_NAMES.queue]);
    expect(names(`${inStorage}/tableServices/tables`)).toEqual([...STORAGE_NAMES.table]);
    expect(names(`${inStorage}/blobServices/containers`)).toEqual(
      expect.arrayContaining([...STORAGE_NAMES.container, 'settings']),
    );
  });

  it('gives the program settings that it knows and can start with', () => {
    const given = Object.fromEntries(settings.map((setting) => [setting.name, setting.value]));
    const known = /^(AzureWebJobsStorage|ConnectorStorage)__|^APPLICATIONINSIGHTS_|^AzureFunctionsJobHost__/;
    expect(
      Object.keys(given)
        .filter((one) => !known.test(one))
        .sort(),
    ).toEqual([...['APPSETTINGS_URL', 'AZURE_CLIENT_ID', 'INSTALLATION_ID', 'KEY_VAULT_URL', 'PASSWORD_VAULT_URL']]);
    // What is known only in the cloud stands as an expression here.
    const addresses = Object.entries(given).map(([key, value], index) => [
      key,
      value.startsWith('[') ? `https://a${index}.example` : value,
    ]);
    expect(readConfig(Object.fromEntries(addresses)).installationId).toBe(name);
  });

  it('has no key, and opens to nobody without a token', () => {
    expect(of('Microsoft.Storage/storageAccounts')).toMatchObject([
      { properties: { allowSharedKeyAccess: false, allowBlobPublicAccess: false, minimumTlsVersion: 'TLS1_2' } },
    ]);
    const vault = { enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true };
    expect(of('Microsoft.KeyVault/vaults')).toMatchObject([{ properties: vault }, { properties: vault }]);
    expect(of('Microsoft.Insights/components')).toMatchObject([{ properties: { DisableLocalAuth: true } }]);
    expect(of('Microsoft.Web/sites/basicPublishingCredentialsPolicies')).toMatchObject([
      { properties: { allow: false } },
      { properties: { allow: false } },
    ]);
    expect(text).not.toMatch(/listKeys|AccountKey|SharedAccess/i);
  });

  it('is reached over its private endpoints only, where it has them', () => {
    const access = name === 'large' ? 'Disabled' : 'Enabled';
    const reached = [...of('Microsoft.Storage/storageAccounts'), ...of('Microsoft.KeyVault/vaults')];
    expect(reached.map(({ properties }) => properties?.publicNetworkAccess)).toEqual([access, access, access]);
    expect(of('Microsoft.Network/privateEndpoints')).toHaveLength(name === 'large' ? 5 : 0);
  });

  it('deletes no order by its age', () => {
    const [lifecycle] = of('Microsoft.Storage/storageAccounts/managementPolicies');
    expect(JSON.stringify(lifecycle)).toContain('"prefixMatch":["export-output/"]');
    expect(JSON.stringify(lifecycle)).not.toContain('provisioning-orders');
  });
});
