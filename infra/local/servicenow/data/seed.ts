import { hashPassword } from '../auth/hash-password.ts';
import type { Random } from '../random.ts';
import type { Database } from './database.ts';

const firstNames = [
  'Ada',
  'Alan',
  'Barbara',
  'Chloé',
  'David',
  'Eva',
  'Grace',
  'Jürgen',
  'Maria',
  'Noor',
  'Tariq',
  'Zoë',
] as const;
const lastNames = [
  "O'Brien",
  'Berg',
  'Fischer',
  'García',
  'Ivanova',
  'Kaya',
  'Lefèvre',
  'Meyer',
  'Nguyen',
  'Smith',
  'van Dijk',
] as const;

/** Who works the tickets when nobody else is named. */
export const fulfiller = 'beth.anglin';

export interface SeedOptions {
  readonly login: string;
  readonly password: string;
  /** How many users to generate beside those that are always there. */
  readonly users: number;
  readonly random: Random;
}

/** Fills an empty instance with its users and groups, the same for the same seed. */
export function seed(database: Database, { login, password, users, random }: SeedOptions): void {
  const addUser = (userName: string, first: string, last: string, email: string, employeeNumber = '') =>
    database.insert(
      'sys_user',
      { user_name: userName, first_name: first, last_name: last, email, employee_number: employeeNumber },
      'system',
    ).sys_id ?? '';
  const addGroup = (name: string, description: string) =>
    database.insert('sys_user_group', { name, description }, 'system').sys_id ?? '';

  const api = addUser(login, 'Identity', 'Manager', 'identity.manager@contoso.com');
  database.overwrite('sys_user', api, { user_password: hashPassword(password), web_service_access_only: 'true' });
  const beth = addUser(fulfiller, 'Beth', 'Anglin', 'beth.anglin@contoso.com', '1001');
  addUser('james.bond', 'James', 'Bond', 'james.bond@contoso.com', '007');
  addUser('geoffrey.boothroyd', 'Geoffrey', 'Boothroyd', 'q@contoso.com', 'Q-0042');
  // A caret in a value is what an unescaped query breaks on.
  addUser('elise', 'Elise', '', 'elise@contoso.com', 'E^42');

  const desk = addGroup('Service Desk', 'First line');
  addGroup('Identity and Access', 'Accounts and entitlements');
  addGroup('Network', 'Network operations');
  database.insert('sys_user_grmember', { user: beth, group: desk }, 'system');

  for (let index = 1; index <= users; index++) {
    const first = random.pick(firstNames);
    const last = random.pick(lastNames);
    const userName = `user.${String(index).padStart(6, '0')}`;
    addUser(userName, first, last, `${userName}@contoso.com`, String(100_000 + index));
  }
}
