import { type IdentityCredential, makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { type KeyVault, startKeyVault } from '../../../../infra/local/key-vault.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { leaseAccount } from '../../../lease-account.ts';

/** A vault and an identity that may read it. */
export interface StartedVault extends KeyVault {
  readonly identity: ManagedIdentity;
  loadCredential(): Promise<IdentityCredential>;
  /** Sets settings of a connection as secrets. */
  setConnection(identifier: string, settings: Readonly<Record<string, string>>): void;
  /** The names of the secrets that were asked for with a token, in alphabetical order. */
  namesRead(): string[];
  [Symbol.dispose](): void;
}

/** Starts both on the loopback; `using` ends them. */
export async function startVault(): Promise<StartedVault> {
  const { certificate } = leaseAccount();
  trustCertificate(certificate.certificate);
  const [vault, identity] = await Promise.all([startKeyVault({ certificate }), startManagedIdentity()]);
  const credential = makeIdentityCredential(identity);
  return {
    ...vault,
    identity,
    loadCredential: async () => credential,
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
