import type { Table } from '../table.ts';

/** The application registry: the clients that may ask for tokens. `user` is whom a client acts as on its own. */
export const oauthEntity: Table = {
  name: 'oauth_entity',
  label: 'Application Registry',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    client_id: { type: 'string', label: 'Client ID', maxLength: 255 },
    client_secret: { type: 'password', label: 'Client Secret' },
    user: { type: 'reference', label: 'OAuth Application User', table: 'sys_user' },
    active: { type: 'boolean', label: 'Active', default: 'true' },
  },
};
