import type { Database } from '../database.ts';
import { baseSysId } from './base-sys-id.ts';
import { choiceRows } from './choice-rows.ts';
import { dictionaryRows } from './dictionary-rows.ts';
import { loadAccessControls } from './load-access-controls.ts';
import { loadCatalog } from './load-catalog.ts';
import { properties } from './properties.ts';
import { roles } from './roles.ts';

/**
 * Loads what comes with the release, before any user is made: metadata, choices, properties, roles, access controls,
 * the catalog.
 */
export function loadBaseSystem(database: Database): void {
  for (const { element, ...row } of choiceRows(database.dictionary)) {
    const key = `${row.name} ${element} ${row.value} ${row.dependent_value}`;
    database.load('sys_choice', baseSysId('sys_choice', key), { element, ...row });
  }
  for (const { table, key, row } of dictionaryRows(database.dictionary)) {
    database.load(table, baseSysId(table, key), row);
  }
  for (const row of properties) database.load('sys_properties', baseSysId('sys_properties', row.name), row);
  for (const [name, description] of Object.entries(roles)) {
    database.load('sys_user_role', baseSysId('sys_user_role', name), { name, description });
  }
  loadAccessControls(database);
  loadCatalog(database);
  database.load('sys_user', baseSysId('sys_user', 'admin'), {
    user_name: 'admin',
    first_name: 'System',
    last_name: 'Administrator',
    name: 'System Administrator',
    email: 'admin@contoso.com',
  });
}
