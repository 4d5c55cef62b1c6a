import type { ServiceNow } from './servicenow/start-servicenow.ts';

/** The identifier of the one connection of the local environment. */
const CONNECTION = 'ServiceNowFulfillManual';

/** How the connection signs in: Basic where nothing is said, else OAuth by the grant that is named. */
export type Grant = 'password' | 'client_credentials';

/**
 * The connection's settings as secrets of the vault, `Connections--<identifier>--<Setting>`.
 * `more` adds settings or replaces them.
 */
export function makeConnectionSecrets(
  servicenow: ServiceNow,
  grant: Grant | undefined,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { server, login, password, clientId, clientSecret, oauth2Url } = servicenow;
  const settings: Record<string, string> = {
    Server: server,
    ...(grant !== 'client_credentials' && { Login: login, Password: password }),
    ...(grant !== undefined && { ClientId: clientId, ClientSecret: clientSecret, OAuth2Url: oauth2Url }),
    ...more,
  };
  return Object.fromEntries(
    Object.entries(settings).map(([setting, value]) => [`Connections--${CONNECTION}--${setting}`, value]),
  );
}
