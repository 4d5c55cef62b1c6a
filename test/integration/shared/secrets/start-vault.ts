import { type IdentityCredential, makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { type KeyVault, startKeyVault } from '../../../../infra/local/key-vault.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { keyVaultSource } from '../../../../shared/secrets/key-vault.ts';
import { makeSecretClients } from '../../../../shared/secrets/secret-clients.ts';
import { LIST_SETTINGS, SETTING_NAMES } from '../../../../shared/secrets/setting-names.ts';
import type { SettingSource } from '../../../../shared/secrets/setting-source.ts';
import { runCertificate } from '../../../lease-account.ts';

/** A vault and an identity that may read it. */
export interface StartedVault extends KeyVault {
  readonly identity: ManagedIdentity;
  loadCredential(): Promise<IdentityCredential>;
  /** The source under test, over the real client. */
  source(options?: SourceOptions): SettingSource;
  /** Sets settings of a connection as secrets. */
  setConnection(identifier: string, settings: Readonly<Record<string, string>>): void;
  /** The names of the secrets that were asked for with a token, in alphabetical order. */
  namesRead(): string[];
  [Symbol.dispose](): void;
}

/** All optional: by default the source reads this vault, as the identity beside it, and lives now. */
export interface SourceOptions {
  readonly url?: string;
  readonly loadCredential?: () => Promise<IdentityCredential>;
  readonly now?: () => Date;
  readonly timeoutInMs?: number;
}

/** Starts both on the loopback; `using` ends them. Of another cloud, or for certain identities, with `options`. */
export async function startVault(options: Partial<Parameters<typeof startKeyVault>[0]> = {}): Promise<StartedVault> {
  const { certificate = runCertificate() } = options;
  trustCertificate(certificate.certificate);
  const [vault, identity] = await Promise.all([startKeyVault({ ...options, certificate }), startManagedIdentity()]);
  const credential = makeIdentityCredential(identity);
  const loadOwn = async () => credential;
  return {
    ...vault,
    identity,
    loadCredential: loadOwn,
    source: ({ url = vault.url, loadCredential = loadOwn, now = () => new Date(), timeoutInMs } = {}) =>
      keyVaultSource({
        loadLocation: async () => ({ url, clientId: undefined }),
        clients: makeSecretClients(() => loadCredential, timeoutInMs),
        now,
      }),
    setConnection: (identifier, settings) => {
      for (const [name, value] of Object.entries(settings)) vault.set(`Connections--${identifier}--${name}`, value);
    },
    namesRead: () =>
      vault.requests
        .filter(({ authorized }) => authorized)
        .map(({ path }) => path.split('/')[2] ?? '')
        .toSorted(),
    [Symbol.dispose]: () => {
      // Not waited for: a read that failed leaves others behind, and a handshake under way is let end by itself.
      void vault.close();
      void identity.close();
    },
  };
}

/** The names of all secrets that a connection without lists is read from, in alphabetical order. */
export function secretNamesOf(identifier: string): string[] {
  return [...SETTING_NAMES, ...LIST_SETTINGS.map((setting) => `${setting}--0`)]
    .map((setting) => `Connections--${identifier}--${setting}`)
    .toSorted();
}
