import * as z from 'zod/mini';
import { HoldError } from '../errors.ts';
import { isLoopback } from '../is-loopback.ts';
import { optionalText, readAppSection } from '../settings/app-section.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { VaultLocation } from './secret-clients.ts';
import { READ_WITH_CONNECTION_IN_MS } from './setting-source.ts';

const section = z.object({ Vault: optionalText, ConnectionString: optionalText });

/** The vault that connection settings are read from, if one is configured. */
export type LoadVaultLocation = () => Promise<VaultLocation | undefined>;

/**
 * The vault is the one that app setting `KEY_VAULT_URL` names, else `AzureKeyVault:Vault` of `appsettings.json`. Of the
 * forms of its `ConnectionString`, those that mean a managed identity are taken (`RunAs=App`, `RunAs=App;AppId=…`, none).
 *
 * @throws HoldError for an address that is none, and for the forms that sign in with a key or a certificate.
 */
export function makeLoadVaultLocation(
  config: { readonly keyVaultUrl: string | undefined; readonly identityClientId: string | undefined },
  readSettings: ReadSettings,
): LoadVaultLocation {
  return async () => {
    const own = config.identityClientId;
    if (config.keyVaultUrl !== undefined) return { url: config.keyVaultUrl, clientId: own };
    const { Vault: url, ConnectionString: text } =
      (await readAppSection(
        readSettings,
        'AzureKeyVault',
        section,
        ['Vault', 'ConnectionString'],
        READ_WITH_CONNECTION_IN_MS,
      )) ?? {};
    if (url === undefined) return undefined;
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
      throw new HoldError(
        'settings',
        'AzureKeyVault:Vault of appsettings.json: expected a URL such as https://<name>.vault.azure.net/, got something else',
      );
    }
    return { url: isLoopback(url) ? url : new URL(url).origin, clientId: identityIn(text ?? '') ?? own };
  };
}

/** The documented members that mean a key or a certificate; no other one is repeated, it may be part of a key. */
const OTHER_FORMS = [
  'AppKey',
  'TenantId',
  'CertificateThumbprint',
  'CertificateSubjectName',
  'CertificateStoreLocation',
  'KeyVaultCertificateSecretIdentifier',
];

function identityIn(connectionString: string): string | undefined {
  const parts = connectionString.split(';').flatMap((part) => {
    const [name = '', ...value] = part.split('=');
    return name.trim() === '' ? [] : [[name.trim().toLowerCase(), value.join('=').trim()] as const];
  });
  const unknown = parts.filter(([name]) => name !== 'runas' && name !== 'appid');
  if (unknown.length > 0) {
    const named = OTHER_FORMS.filter((form) => unknown.some(([name]) => name === form.toLowerCase()));
    throw new HoldError(
      'settings',
      `AzureKeyVault:ConnectionString of appsettings.json: expected RunAs=App, with AppId=<client id> for a user-assigned identity, got ${named.join(', ') || 'something else'} too: this app signs in with its managed identity and needs no key and no certificate`,
    );
  }
  return parts.find(([name]) => name === 'appid')?.[1];
}
