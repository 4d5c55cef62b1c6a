import type { Database } from '../data/database.ts';
import { derive } from '../data/derive.ts';
import type { Row } from '../data/row.ts';
import type { Operation } from './operation.ts';
import { readAccessRules } from './read-access-rules.ts';

/** What users may do by their roles. Hidden records are another matter: see {@link Database.hide}. */
export interface Access {
  /** The names of a user's roles. */
  rolesOf(user: Row): ReadonlySet<string>;
  mayUseTable(user: Row, table: string, operation: Operation): boolean;
  /** The fields that the user may not read, or not give a value when a record is created or changed. */
  closedFields(user: Row, table: string, operation: 'read' | 'create' | 'write'): ReadonlySet<string>;
  /**
   * Gives the function that tells whether a record of a table that may be read is shown: a hidden one never is, and an
   * attachment only where the record that it is attached to may be read.
   */
  recordReader(user: Row, table: string): (row: Row) => boolean;
  /** What a rule of the instance adds to a user's queries before anything is counted; nothing for most tables. */
  beforeQuery(user: Row, table: string): ((row: Row) => boolean) | undefined;
  /** The record, if there is one and the user may read it. */
  findReadable(user: Row, table: string, sysId: string): Row | undefined;
  /** Gives the function that tells whether a field of the table may be read, over all references on the way. */
  pathReader(user: Row, table: string): (path: string) => boolean;
}

const none: ReadonlySet<string> = new Set();

/**
 * Binds access to the records of roles and access controls. The nearest control decides: of the table, of what it
 * extends, of `*`; for a field those of its name before those of all fields. Where there is none, all may. "The table" is
 * the one that is asked for: an incident that is reached as a task has the controls of tasks.
 * What is decided is kept until one of these records changes.
 * Source: "Access control list rules" of the product documentation.
 */
export function makeAccess(database: Database): Access {
  const { dictionary } = database;
  const rules = readAccessRules(database);
  const rolesByUser = derive(database, ['sys_user_has_role', 'sys_user_role'], () => {
    const roles = new Map<string, Set<string>>();
    for (const { user = '', role = '', state } of database.rows('sys_user_has_role')) {
      const name = database.find('sys_user_role', role)?.name;
      if (state === 'active' && name !== undefined) roles.set(user, (roles.get(user) ?? new Set()).add(name));
    }
    return roles;
  });
  const decisions = derive(
    database,
    ['sys_security_acl', 'sys_security_acl_role', 'sys_user_role', 'sys_user_has_role'],
    () => ({ tables: new Map<string, boolean>(), fields: new Map<string, ReadonlySet<string>>() }),
  );

  const rolesOf = (user: Row) => rolesByUser().get(user.sys_id ?? '') ?? none;
  const isAllowed = (user: Row, operation: Operation, names: readonly string[]) => {
    for (const name of names) {
      const needed = rules().rolesNeeded(operation, name);
      if (needed !== undefined) return [...rolesOf(user)].some((role) => needed.has(role));
    }
    return true;
  };
  const mayUseField = (user: Row, table: string, field: string, operation: Operation) => {
    const tables = [...dictionary.ancestryOf(table), '*'];
    const names = [...tables.map((name) => `${name}.${field}`), ...tables.map((name) => `${name}.*`)];
    return isAllowed(user, operation, names);
  };
  const mayUseTable: Access['mayUseTable'] = (user, table, operation) => {
    const { tables } = decisions();
    const key = `${user.sys_id} ${operation} ${table}`;
    const known = tables.get(key) ?? isAllowed(user, operation, [...dictionary.ancestryOf(table), '*']);
    tables.set(key, known);
    return known;
  };
  const closedFields: Access['closedFields'] = (user, table, operation) => {
    const { fields } = decisions();
    const key = `${user.sys_id} ${operation} ${table}`;
    const known =
      fields.get(key) ??
      new Set(
        Object.keys(dictionary.fieldsOf(table)).filter(
          (field) =>
            !mayUseField(user, table, field, operation) ||
            (operation === 'create' && !mayUseField(user, table, field, 'write')),
        ),
      );
    fields.set(key, known);
    return known;
  };
  const pathReader: Access['pathReader'] = (user, table) => {
    if (!mayUseTable(user, table, 'read')) return () => false;
    const closed = closedFields(user, table, 'read');
    return (path) => {
      const dot = path.indexOf('.');
      if (dot === -1) return !closed.has(path);
      const name = path.slice(0, dot);
      const field = dictionary.field(table, name);
      return field?.type === 'reference' && !closed.has(name) && pathReader(user, field.table)(path.slice(dot + 1));
    };
  };
  const recordReader: Access['recordReader'] = (user, table) => {
    const isShown = (row: Row) => !database.isHidden(row.sys_id ?? '');
    if (table !== 'sys_attachment') return isShown;
    return (row) => isShown(row) && findReadable(user, row.table_name ?? '', row.table_sys_id ?? '') !== undefined;
  };
  // Source: "Create a user" of the product documentation: a before-query rule on sys_user.
  const beforeQuery: Access['beforeQuery'] = (user, table) => {
    if (table !== 'sys_user' || ['admin', 'user_admin'].some((role) => rolesOf(user).has(role))) return undefined;
    return (row) => row.active !== 'false';
  };
  const findReadable: Access['findReadable'] = (user, table, sysId) => {
    const row = mayUseTable(user, table, 'read') ? database.find(table, sysId) : undefined;
    const isFound = row !== undefined && beforeQuery(user, table)?.(row) !== false;
    return isFound && recordReader(user, table)(row) ? row : undefined;
  };
  return { rolesOf, beforeQuery, mayUseTable, closedFields, recordReader, findReadable, pathReader };
}
