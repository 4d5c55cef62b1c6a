import { hashPassword } from '../auth/hash-password.ts';
import type { Random } from '../random.ts';
import { baseSysId } from './base-system/base-sys-id.ts';
import { catalogItems } from './base-system/catalog-items.ts';
import { loadBaseSystem } from './base-system/load-base-system.ts';
import type { Role } from './base-system/roles.ts';
import type { Database } from './database.ts';
import { generatedUsers } from './generated-users.ts';

/** Who works the tickets when nobody else is named. */
export const fulfiller = 'beth.anglin';

/** What the API user needs for everything that clients of the instance do; it is no administrator. */
const apiRoles: readonly Role[] = [
  'rest_service',
  'snc_platform_rest_api_access',
  'sn_incident_read',
  'sn_incident_write',
  'sn_request_read',
  'sn_request_write',
  'user_admin',
  'sys_user_read',
  'sys_choice_read',
  'sys_properties_read',
  'sys_user_role_read',
  'sys_dictionary_read',
];

export interface SeedOptions {
  readonly login: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How many users to generate beside those that are always there. */
  readonly users: number;
  readonly random: Random;
  /** When the generated users were made, as the instance writes times. */
  readonly at: string;
}

/** Fills an empty instance with what its release brings, and with users, groups and an OAuth client: the same for the same seed. */
export function seed(database: Database, options: SeedOptions): void {
  const { login, password, clientId, clientSecret, users, random } = options;
  loadBaseSystem(database);
  const addUser = (userName: string, first: string, last: string, email: string, employeeNumber = '') =>
    database.insert(
      'sys_user',
      { user_name: userName, first_name: first, last_name: last, email, employee_number: employeeNumber },
      'system',
    ).sys_id ?? '';
  const addGroup = (name: string, description: string) =>
    database.insert('sys_user_group', { name, description }, 'system').sys_id ?? '';

  const addRoles = (user: string, roles: readonly Role[], inherited = false) => {
    for (const role of roles) {
      const values = { user, role: baseSysId('sys_user_role', role), inherited: String(inherited) };
      database.load('sys_user_has_role', baseSysId('sys_user_has_role', `${user} ${role}`), values);
    }
  };

  const api = addUser(login, 'Identity', 'Manager', 'identity.manager@contoso.com');
  database.overwrite('sys_user', api, {
    user_password: hashPassword(password),
    web_service_access_only: 'true',
    time_zone: 'GMT',
    preferred_language: 'en',
  });
  const beth = addUser(fulfiller, 'Beth', 'Anglin', 'beth.anglin@contoso.com', '1001');
  const james = addUser('james.bond', 'James', 'Bond', 'james.bond@contoso.com', '007');
  const geoffrey = addUser('geoffrey.boothroyd', 'Geoffrey', 'Boothroyd', 'q@contoso.com', 'Q-0042');
  // A caret in a value is what an unescaped query breaks on.
  const elise = addUser('elise', 'Elise', '', 'elise@contoso.com', 'E^42');

  const desk = addGroup('Service Desk', 'First line');
  const groups = new Map([
    ['Service Desk', desk],
    ['Identity and Access', addGroup('Identity and Access', 'Accounts and entitlements')],
    ['Network', addGroup('Network', 'Network operations')],
  ]);
  addRoles(baseSysId('sys_user', 'admin'), ['admin', 'security_admin']);
  addRoles(api, apiRoles);
  addRoles(beth, ['itil']);
  // The role contains these.
  addRoles(beth, ['sn_incident_read', 'sn_incident_write', 'sn_request_read', 'sn_request_write'], true);
  for (const user of [james, geoffrey, elise]) addRoles(user, ['sn_incident_read']);
  database.load('oauth_entity', baseSysId('oauth_entity', 'Identity Manager'), {
    name: 'Identity Manager',
    client_id: clientId,
    client_secret: hashPassword(clientSecret),
    user: api,
  });

  database.insert('sys_user_grmember', { user: beth, group: desk }, 'system');
  for (const { item, group } of catalogItems) {
    database.overwrite('sc_cat_item', baseSysId('sc_cat_item', item.name), { group: groups.get(group) ?? '' });
  }

  if (users > 0) {
    const dice = Math.floor(random.next() * 2 ** 32);
    database.generate('sys_user', generatedUsers(database.dictionary, { count: users, seed: dice, at: options.at }));
  }
}
