import type { Database } from '../data/database.ts';
import { derive } from '../data/derive.ts';
import type { Row } from '../data/row.ts';
import type { Operation } from './operation.ts';

/** The access controls in force. */
export interface AccessRules {
  /** The names of the roles of which one is needed; `undefined` where no control of this name and operation has any. */
  rolesNeeded(operation: Operation, name: string): ReadonlySet<string> | undefined;
}

/**
 * Gives the access controls of tables `sys_security_acl` and `sys_security_acl_role`, compiled. Of several of one name,
 * one is enough, so their roles are put together. A control without roles is none.
 */
export function readAccessRules(database: Database): () => AccessRules {
  return derive(database, ['sys_security_acl', 'sys_security_acl_role', 'sys_user_role'], () => {
    const rules = new Map<string, Set<string>>();
    for (const { sys_security_acl, sys_user_role } of database.rows('sys_security_acl_role')) {
      const acl = database.find('sys_security_acl', sys_security_acl ?? '');
      if (acl === undefined || acl.active !== 'true' || acl.type !== 'record') continue;
      const key = keyOf(acl);
      const roles = rules.get(key) ?? new Set();
      if (acl.admin_overrides === 'true') roles.add('admin');
      rules.set(key, roles.add(database.find('sys_user_role', sys_user_role ?? '')?.name ?? ''));
    }
    return { rolesNeeded: (operation, name) => rules.get(`${operation} ${name}`) };
  });
}

function keyOf({ operation, name }: Row): string {
  return `${operation} ${name}`;
}
