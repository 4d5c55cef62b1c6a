import type { TokenCredential } from '@azure/identity';
import { once } from '../once.ts';

/** Gives the identity that storage and vault are reached with, built at its first use. */
export type LoadCredential = () => Promise<TokenCredential>;

/** The function app's managed identity: user-assigned where a client id is given, else system-assigned. */
export function managedIdentity(clientId: string | undefined): LoadCredential {
  return once(async () => {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  });
}
