import type { ConnectionSettings } from '../../../../../shared/secrets/connection-settings.ts';

/** A secret that must never come out. */
export const CANARY = 'canary-4711-parrot';

/** Usable settings of a connection that signs in with Basic authentication. */
export function basicSettings(more: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return {
    identifier: 'Help',
    server: 'https://contoso.service-now.com/api/now/table',
    root: 'https://contoso.service-now.com',
    credentials: { kind: 'basic', login: 'identity.manager', password: CANARY },
    cookieDirectory: '',
    pageSize: 1_000,
    concurrencyLimit: 2,
    maxNewTicketsPerDay: 2_000,
    filters: [],
    version: 'v1',
    loginVersion: 'v1',
    ...more,
  };
}

/** The same with OAuth. */
export function oauthSettings(
  grant: 'password' | 'client_credentials',
  tokenUrl = 'https://contoso.service-now.com/oauth_token.do',
): ConnectionSettings {
  return basicSettings({
    credentials: {
      kind: 'oauth',
      grant: grant === 'password' ? { type: grant, login: 'identity.manager', password: CANARY } : { type: grant },
      clientId: 'client-1',
      clientSecret: CANARY,
      tokenUrl,
      scope: undefined,
    },
  });
}
