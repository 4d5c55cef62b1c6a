import type { Database } from '../data/database.ts';
import { derive } from '../data/derive.ts';
import type { Row } from '../data/row.ts';
import { hashPassword } from './hash-password.ts';

/** Gives the client's record of the application registry, or `undefined` where it is unknown, inactive, or the secret is wrong. */
export type FindOauthClient = (clientId: string, clientSecret: string) => Row | undefined;

/** Binds the clients to table `oauth_entity`. */
export function makeFindOauthClient(database: Database): FindOauthClient {
  const clients = derive(
    database,
    ['oauth_entity'],
    () => new Map([...database.rows('oauth_entity')].map((row) => [row.client_id ?? '', row])),
  );
  return (clientId, clientSecret) => {
    const client = clients().get(clientId);
    return client?.active === 'true' && client.client_secret === hashPassword(clientSecret) ? client : undefined;
  };
}
