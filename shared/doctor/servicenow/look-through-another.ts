import type { Logins } from '../../limits/logins.ts';
import type { ConnectionSettings } from '../../secrets/connection-settings.ts';
import type { Connections } from '../../secrets/connections.ts';
import { loginOf } from '../../servicenow/password-use.ts';
import type { ServiceNow } from '../../servicenow/servicenow.ts';
import { readProperties } from './read-properties.ts';
import { readApplication, readRoles, readUser } from './read-user.ts';
import type { SeenAccount } from './seen-account.ts';

/**
 * What the instance says about a refused login, through the first other connection to the same host that works with a
 * login of its own, which is not stopped. `undefined` where there is none; never throws. Costs up to six calls.
 */
export async function lookThroughAnother(
  refused: ConnectionSettings,
  others: readonly string[],
  deps: { readonly connections: Connections; readonly logins: Logins; readonly serviceNow: ServiceNow },
): Promise<SeenAccount | undefined> {
  for (const via of others) {
    try {
      const seen = await look(refused, via, deps);
      if (seen) return seen;
    } catch {
      // A connection that can't help has checks of its own, which report it.
    }
  }
  return undefined;
}

async function look(
  refused: ConnectionSettings,
  via: string,
  { connections, logins, serviceNow }: Parameters<typeof lookThroughAnother>[2],
): Promise<SeenAccount | undefined> {
  const { settings } = await connections.inspect(via);
  if (!settings || new URL(settings.root).host !== new URL(refused.root).host) return undefined;
  if (loginOf(settings) === loginOf(refused) || (await logins.stopped(loginOf(settings)))) return undefined;
  const { tables } = await serviceNow.open(via);
  const { credentials } = refused;
  const user = await readUser(tables, credentials);
  const properties = await readProperties(tables);
  const isTrue = (value: string | undefined) => (value === undefined ? undefined : value === 'true');
  return {
    via,
    user,
    roles: typeof user === 'object' && user.sys_id ? await readRoles(tables, user.sys_id) : undefined,
    restrictsBasic: isTrue(properties.get('glide.authenticate.basic_auth.restriction.enforce')),
    allowsClientCredentials: isTrue(properties.get('glide.oauth.inbound.client.credential.grant_type.enabled')),
    application: credentials.kind === 'oauth' ? await readApplication(tables, credentials.clientId) : undefined,
  };
}
