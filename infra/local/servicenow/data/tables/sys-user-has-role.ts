import type { Table } from '../table.ts';

/** Who has which role. Roles that another role contains are not added by themselves. */
export const sysUserHasRole: Table = {
  name: 'sys_user_has_role',
  label: 'User Role',
  display: 'role',
  fields: {
    user: { type: 'reference', label: 'User', table: 'sys_user' },
    role: { type: 'reference', label: 'Role', table: 'sys_user_role' },
    inherited: { type: 'boolean', label: 'Inherited', default: 'false' },
    state: {
      type: 'choice',
      label: 'State',
      default: 'active',
      choices: { active: 'Active', requested: 'Requested', inactive: 'Inactive' },
    },
  },
};
