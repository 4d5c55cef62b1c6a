import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';

const answerSchema = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

/** A credential whose endpoint always gives a token. */
export interface IdentityCredential extends TokenCredential {
  getToken(scopes: string | string[]): Promise<AccessToken>;
}

/**
 * A credential that asks one identity endpoint, for processes that know several; the product's own credential finds its
 * endpoint in the environment variables of the process.
 * @throws where the endpoint refuses or cannot be reached.
 */
export function makeIdentityCredential(identity: { endpoint: string; header: string }): IdentityCredential {
  return {
    getToken: async (scopes) => {
      const resource = [scopes]
        .flat()
        .join(' ')
        .replace(/\/\.default$/, '');
      const url = `${identity.endpoint}?${new URLSearchParams({ 'api-version': '2019-08-01', resource })}`;
      const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': identity.header } });
      if (!response.ok) throw new Error(`Expected a token for ${resource} from ${url}, got status ${response.status}.`);
      const { access_token, expires_on } = answerSchema.parse(await response.json());
      return { token: access_token, expiresOnTimestamp: expires_on * 1000 };
    },
  };
}
