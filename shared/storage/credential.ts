import type { TokenCredential } from '@azure/identity';
import { once } from '../once.ts';

/** Gives the identity that storage and vault are reached with, built at its first use. */
export type LoadCredential = () => Promise<TokenCredential>;

/** The app's managed identities: user-assigned ones by client id, else the system-assigned one. Each is built once. */
export function makeManagedIdentities(): (clientId: string | undefined) => LoadCredential {
  const known = new Map<string | undefined, LoadCredential>();
  return (clientId) => {
    const load =
      known.get(clientId) ??
      once(async () => {
        const { ManagedIdentityCredential } = await import('@azure/identity');
        return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
      });
    known.set(clientId, load);
    return load;
  };
}
