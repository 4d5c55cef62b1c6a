import type { Credentials } from '../../secrets/connection-settings.ts';
import type { ServiceNowRecord, TableApi } from '../../servicenow/table-api.ts';
import { readMeant } from './read-rows.ts';

const USER_FIELDS = [
  'sys_id',
  'user_name',
  'active',
  'locked_out',
  'failed_attempts',
  'web_service_access_only',
  'internal_integration_user',
  'password_needs_reset',
  'enable_multifactor_authn',
  'time_zone',
  'preferred_language',
] as const;

/** A record; `absent` where it may be read and there is none; `undefined` where that can't be told. */
export type Found = ServiceNowRecord | 'absent' | undefined;

/** The row of `sys_user` of whoever these credentials sign in. Rights needed: read on sys_user, and oauth_entity. */
export async function readUser(tables: TableApi, credentials: Credentials): Promise<Found> {
  if (credentials.kind === 'basic') return byField(tables, 'user_name', credentials.login);
  if (credentials.grant.type === 'password') return byField(tables, 'user_name', credentials.grant.login);
  const application = await readApplication(tables, credentials.clientId);
  if (typeof application !== 'object' || !application.user) return undefined;
  return byField(tables, 'sys_id', application.user);
}

/** The row of the application registry with this client id. Rights needed: read on oauth_entity. */
export async function readApplication(tables: TableApi, clientId: string): Promise<Found> {
  const query = { where: [['client_id', '=', clientId] as const], fields: ['client_id', 'user', 'active'], limit: 5 };
  const rows = await readMeant(tables, 'oauth_entity', query, (row) => row.client_id === clientId);
  return rows && (rows[0] ?? 'absent');
}

/** The names of a user's roles, `undefined` where they can't be read. Rights needed: read on sys_user_has_role. */
export async function readRoles(tables: TableApi, userSysId: string): Promise<ReadonlySet<string> | undefined> {
  const rows = await readMeant(
    tables,
    'sys_user_has_role',
    { where: [['user', '=', userSysId]], fields: ['user', 'role.name'], limit: 1000 },
    (row) => row.user === userSysId && row['role.name'] !== undefined,
  );
  return rows && new Set(rows.map((row) => row['role.name'] ?? ''));
}

async function byField(tables: TableApi, field: 'user_name' | 'sys_id', value: string): Promise<Found> {
  const query = { where: [[field, '=', value] as const], fields: USER_FIELDS, limit: 5 };
  const rows = await readMeant(
    tables,
    'sys_user',
    query,
    // User names are compared without regard to case.
    (row) => row[field]?.toLowerCase() === value.toLowerCase(),
  );
  return rows && (rows[0] ?? 'absent');
}
