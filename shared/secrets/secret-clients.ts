import type { SecretClient } from '@azure/keyvault-secrets';
import { isLoopback } from '../is-loopback.ts';
import { once } from '../once.ts';
import type { LoadCredential } from '../storage/credential.ts';
import { retryOptions } from '../storage/retry-options.ts';

/** Where a vault is, and which user-assigned identity may read it; without one, the app's own. */
export interface VaultLocation {
  readonly url: string;
  readonly clientId: string | undefined;
}

/** The client of a vault, built at its first use; starting the app needs no vault. */
export type SecretClients = (vault: VaultLocation) => Promise<SecretClient>;

/** The longest that one call may take with all its repeats; a longer `Retry-After` is the queue's to wait out. */
const TIMEOUT_IN_MS = 15_000;

/**
 * Builds the clients, one per vault and identity. A vault on a loopback address can't match its challenge's resource host;
 * every other vault has to, in whatever cloud it is. The SDK itself waits for an answer without end: here a call ends
 * after `timeoutInMs`.
 */
export function makeSecretClients(
  credentialOf: (clientId: string | undefined) => LoadCredential,
  timeoutInMs = TIMEOUT_IN_MS,
): SecretClients {
  const clients = new Map<string, () => Promise<SecretClient>>();
  return ({ url, clientId }) => {
    const key = `${url} ${clientId}`;
    const client =
      clients.get(key) ??
      once(async () => {
        const [sdk, credential] = await Promise.all([import('@azure/keyvault-secrets'), credentialOf(clientId)()]);
        return new sdk.SecretClient(url, credential, {
          disableChallengeResourceVerification: isLoopback(url),
          retryOptions,
          additionalPolicies: [
            {
              position: 'perCall',
              policy: {
                name: 'endInTime',
                sendRequest(request, next) {
                  request.abortSignal ??= AbortSignal.timeout(timeoutInMs);
                  return next(request);
                },
              },
            },
          ],
        });
      });
    clients.set(key, client);
    return client();
  };
}
