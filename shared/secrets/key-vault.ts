import { codeOf, HoldError, UnavailableError } from '../errors.ts';
import { isLoopback } from '../is-loopback.ts';
import { once } from '../once.ts';
import type { LoadCredential } from '../storage/credential.ts';
import { retryOptions } from '../storage/retry-options.ts';
import { statusOf } from '../storage/storage-failure.ts';
import { SETTING_NAMES, type SettingName } from './connection-settings.ts';
import type { SettingSource, SourcedSetting } from './setting-source.ts';

/** Key Vault allows letters, digits and single dashes; `--` is the separator between the parts of a name. */
const NAMEABLE = /^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$/;

/**
 * Connection settings from the secrets `Connections--<identifier>--<Setting>` of an Azure Key Vault.
 * Only the names of the connection asked for are read, all at once; missing ones are left to the other sources.
 * Permission needed: Key Vault Secrets User on the vault.
 */
export function keyVaultSource(vaultUrl: string, loadCredential: LoadCredential): SettingSource {
  const name = `Key Vault ${vaultUrl}`;
  // The client is built at the first read: starting the app needs no vault.
  const client = once(async () => {
    const [{ SecretClient }, credential] = await Promise.all([import('@azure/keyvault-secrets'), loadCredential()]);
    // A vault on a loopback address can't match its challenge's resource host; every other vault has to.
    return new SecretClient(vaultUrl, credential, {
      disableChallengeResourceVerification: isLoopback(vaultUrl),
      retryOptions,
    });
  });

  async function readSetting(
    identifier: string,
    setting: SettingName,
  ): Promise<[SettingName, SourcedSetting] | undefined> {
    const secretName = `Connections--${identifier}--${setting}`;
    try {
      const { value, properties } = await (await client()).getSecret(secretName);
      return value === undefined ? undefined : [setting, { value, version: properties.version ?? '' }];
    } catch (error) {
      const status = statusOf(error);
      // Not the cause itself: the client's error carries its token, and of an answer it could not parse the whole text.
      const cause = new Error(codeOf(error) ?? 'no answer');
      if (status === 404) return undefined;
      if (status === 403) {
        throw new HoldError(
          `connection ${identifier}`,
          `Expected to read secret ${secretName} of ${name}, was refused (403): enable the secret, or give this app's identity the role Key Vault Secrets User`,
          { cause },
        );
      }
      throw new UnavailableError(`${name} could not be read (${status ?? 'no answer'}); it is tried again`, { cause });
    }
  }

  return {
    name,
    async read(identifier) {
      if (!NAMEABLE.test(identifier)) {
        throw new HoldError(
          `connection ${identifier}`,
          `Expected a connection identifier of letters, digits and single dashes, got "${identifier}": Key Vault can't name its secrets; rename the connection`,
        );
      }
      const settings = await Promise.all(SETTING_NAMES.map((setting) => readSetting(identifier, setting)));
      return Object.fromEntries(settings.filter((setting) => setting !== undefined));
    },
  };
}
