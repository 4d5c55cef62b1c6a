import type { Table } from '../table.ts';

export const sysUserRole: Table = {
  name: 'sys_user_role',
  label: 'Role',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    description: { type: 'string', label: 'Description', maxLength: 1000 },
  },
};
