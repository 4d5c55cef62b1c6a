import { HoldError, PermanentError, UnavailableError } from '../errors.ts';
import type { SecretClients } from '../secrets/secret-clients.ts';
import { refuseForeignVault, vaultRefusal } from '../secrets/vault-refusal.ts';
import { statusOf } from '../storage/storage-failure.ts';

/** A password as it lies in the vault. */
export interface KeptPassword {
  readonly password: string;
  readonly version: string;
}

/**
 * The vault of passwords (`PASSWORD_VAULT_URL`). Permissions needed: get and set on its secrets, nothing else.
 * Every method throws HoldError where the vault is not configured or refuses the app, UnavailableError where it can't be reached.
 */
export interface PasswordVault {
  /** Writes a new secret and gives its version. What SDK and service repeat is the same value. */
  write(
    name: string,
    password: string,
    about: { readonly expiresOn: Date; readonly tags: Readonly<Record<string, string>> },
  ): Promise<string>;
  /** Reads a secret, of that version or as it is now; `undefined` where there is none. @throws PermanentError where it is not valid now. */
  read(name: string, version: string | undefined): Promise<KeptPassword | undefined>;
}

const LONGEST_TAG = 256;
/** What the app's identity needs there. */
export const PASSWORDS_ROLE =
  'a role with the data actions secrets/getSecret and secrets/setSecret on the vault of passwords';

/** Builds it. */
export function makePasswordVault(deps: {
  readonly url: string | undefined;
  readonly clientId: string | undefined;
  readonly clients: SecretClients;
  readonly now: () => Date;
}): PasswordVault {
  const { url, clientId, clients, now } = deps;

  async function open() {
    if (url === undefined)
      throw new HoldError(
        'settings',
        'Expected app setting PASSWORD_VAULT_URL, got none: name a Key Vault of its own for passwords',
      );
    return clients({ url, clientId });
  }

  async function reaching<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined && (error instanceof HoldError || error instanceof PermanentError)) throw error;
      if (status === 403) throw new HoldError('settings', `${what} was ${vaultRefusal(error, PASSWORDS_ROLE)}`);
      refuseForeignVault(error, `Key Vault ${url}`);
      // Not the cause: the client's error may carry the value that was sent.
      throw new UnavailableError(`${what} failed (${status ?? 'no answer'}); it is tried again`);
    }
  }

  return {
    write: (name, password, { expiresOn, tags }) =>
      reaching(`Writing secret ${name} of Key Vault ${url}`, async () => {
        const cut = Object.entries(tags).map(([tag, text]) => [tag, text.slice(0, LONGEST_TAG)]);
        const { properties } = await (await open()).setSecret(name, password, {
          expiresOn,
          contentType: 'text/plain',
          tags: Object.fromEntries(cut),
        });
        return properties.version ?? '';
      }),

    read: (name, version) =>
      reaching(`Reading secret ${name} of Key Vault ${url}`, async () => {
        const client = await open();
        try {
          const { value, properties } = await client.getSecret(name, version === undefined ? {} : { version });
          const { expiresOn, notBefore } = properties;
          if (version === undefined && ((expiresOn && expiresOn <= now()) || (notBefore && notBefore > now())))
            throw new PermanentError(
              `Expected secret ${name} of Key Vault ${url} to be valid now, and it is not: set a new version and send a new message`,
            );
          return value === undefined ? undefined : { password: value, version: properties.version ?? '' };
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),
  };
}
