import type { Table } from '../table.ts';

/** The roles of access controls: one of them is enough. */
export const sysSecurityAclRole: Table = {
  name: 'sys_security_acl_role',
  label: 'Access Role',
  display: 'sys_user_role',
  fields: {
    sys_security_acl: { type: 'reference', label: 'Access Control', table: 'sys_security_acl' },
    sys_user_role: { type: 'reference', label: 'Role', table: 'sys_user_role' },
  },
};
