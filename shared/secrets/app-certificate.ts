import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { HoldError, UnavailableError } from '../errors.ts';
import { type ExpiringCache, makeExpiringCache } from '../expiring-cache.ts';
import { optionalText } from '../settings/app-section.ts';
import { readKeyFile, type SettingsFiles } from '../settings/settings-files.ts';
import { statusOf } from '../storage/storage-failure.ts';
import { type LoadedCertificate, readCertificate } from './load-certificate.ts';
import type { SecretClients, VaultLocation } from './secret-clients.ts';
import { READ_WITH_CONNECTION_IN_MS } from './setting-source.ts';
import type { LoadVaultLocation } from './vault-location.ts';
import { refuseForeignVault, vaultRefusal } from './vault-refusal.ts';

/** The members by which a section of `appsettings.json` names a certificate, as Identity Manager documents them. */
export const certificateMembers = {
  File: optionalText,
  Password: optionalText,
  CertificateAzureKeyVault: optionalText,
  DistinguishedName: optionalText,
  Thumbprint: optionalText,
  StoreLocation: optionalText,
  StoreName: optionalText,
};

const named = z.object(certificateMembers);

/** Sections whose certificate signs in over TLS, with a key of any kind; every other one's decrypts. */
const TLS_CLIENTS: readonly string[] = ['CyberArk'];

/** A certificate with its private key, as a section of `appsettings.json` names it. */
export type CertificateSection = z.infer<typeof named>;

/** Loads the certificate of a section; `undefined` where the section names none. */
export type LoadCertificate = (
  sectionName: string,
  section: CertificateSection,
) => Promise<LoadedCertificate | undefined>;

/**
 * Builds the loader. A certificate comes from a Key Vault (by name or identifier, `CertificateAzureKeyVault`; permission
 * needed: Key Vault Secrets User, for a private key is read as a secret) or from a PFX or PEM file (`File`, `Password`).
 * However many connections and sections name it, a vault is asked for it once.
 *
 * @throws HoldError where it is not there or not usable, with the member to put right.
 * @throws UnavailableError where its place can't be reached.
 */
export function makeLoadCertificate(deps: {
  readonly files: SettingsFiles;
  /** The directory of the package: no private key may lie in it. */
  readonly directory: string;
  readonly loadLocation: LoadVaultLocation;
  readonly clients: SecretClients;
  readonly clock: Clock;
}): LoadCertificate {
  const pems = new Map<string, ExpiringCache<string>>();

  return async (sectionName, section) => {
    const { File: file, Password: password, CertificateAzureKeyVault: identifier } = section;
    if (identifier !== undefined) {
      const pem = await fromVault(sectionName, identifier);
      return read(sectionName, ['CertificateAzureKeyVault'], Buffer.from(pem, 'utf8'), undefined);
    }
    if (file !== undefined) {
      const { bytes } = await readKeyFile(deps.files, deps.directory, file);
      return read(sectionName, ['File', 'Password'], bytes, password);
    }
    if (section.Thumbprint !== undefined || section.DistinguishedName !== undefined) {
      throw new HoldError(
        'settings',
        `${sectionName} of appsettings.json names a certificate in a Windows certificate store, which this app has none of: export it as a PFX file and name that with ${sectionName}:File, or import it into Key Vault`,
      );
    }
    return undefined;
  };

  async function fromVault(sectionName: string, identifier: string): Promise<string> {
    const location = await deps.loadLocation();
    const { vault, name, version } = locate(identifier, location) ?? {};
    if (!vault || !name) {
      throw new HoldError(
        'settings',
        `${sectionName}:CertificateAzureKeyVault of appsettings.json: expected the name of a certificate in the configured Key Vault, or an identifier such as https://<vault>.vault.azure.net/certificates/<name>`,
      );
    }
    const key = `${vault.url} ${vault.clientId} ${name} ${version}`;
    const pem =
      pems.get(key) ??
      makeExpiringCache(() => fetchPem(vault, name, version), {
        clock: deps.clock,
        maxAgeInMs: READ_WITH_CONNECTION_IN_MS,
      });
    pems.set(key, pem);
    return pem.get(name);
  }

  async function fetchPem(vault: VaultLocation, name: string, version: string | undefined): Promise<string> {
    try {
      const options = { outContentType: 'application/x-pem-file', ...(version && { version }) } as const;
      const { value } = await (await deps.clients(vault)).getSecret(name, options);
      if (value !== undefined) return value;
    } catch (error) {
      const status = statusOf(error);
      if (status === 403)
        throw new HoldError('settings', `Certificate ${name} of Key Vault ${vault.url} was ${vaultRefusal(error)}`);
      refuseForeignVault(error, `Key Vault ${vault.url}`);
      if (status !== 404)
        throw new UnavailableError(
          `Certificate ${name} of Key Vault ${vault.url} could not be read (${status ?? 'no answer'}); it is tried again`,
        );
    }
    throw new HoldError(
      'settings',
      `Expected certificate ${name} in Key Vault ${vault.url}, found none: import it with an exportable private key`,
    );
  }
}

async function read(
  sectionName: string,
  members: readonly string[],
  bytes: Uint8Array,
  password: string | undefined,
): Promise<LoadedCertificate> {
  const loaded = await readCertificate(bytes, password, TLS_CLIENTS.includes(sectionName) ? 'client' : 'decryption');
  if (loaded.ok) return loaded.value;
  const named = members.map((member) => `${sectionName}:${member}`).join(' and ');
  throw new HoldError('settings', `${named} of appsettings.json: ${loaded.fault}`);
}

/** `<name>`, `<name>/<version>`, or `https://<vault>/certificates/<name>[/<version>]`, secrets alike. */
function locate(identifier: string, configured: VaultLocation | undefined) {
  const isUrl = /^https:\/\//i.test(identifier) && URL.canParse(identifier);
  const vault = isUrl ? { url: new URL(identifier).origin, clientId: configured?.clientId } : configured;
  const path = isUrl ? /^\/(?:certificates|secrets)\/(.+)$/.exec(new URL(identifier).pathname)?.[1] : identifier;
  const [name = '', version, ...more] = (path ?? '').split('/');
  return /^[0-9A-Za-z-]{1,127}$/.test(name) && more.length === 0 ? { vault, name, version } : undefined;
}
