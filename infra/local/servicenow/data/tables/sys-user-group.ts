import type { Table } from '../table.ts';

export const sysUserGroup: Table = {
  name: 'sys_user_group',
  label: 'Group',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 80 },
    description: { type: 'string', label: 'Description', maxLength: 1000 },
    manager: { type: 'reference', label: 'Manager', table: 'sys_user' },
    parent: { type: 'reference', label: 'Parent', table: 'sys_user_group' },
    email: { type: 'string', label: 'Group email', maxLength: 100 },
    type: { type: 'string', label: 'Type', maxLength: 1024 },
    source: { type: 'string', label: 'Source', maxLength: 255 },
    active: { type: 'boolean', label: 'Active', default: 'true' },
    include_members: { type: 'boolean', label: 'Include members', default: 'false' },
    exclude_manager: { type: 'boolean', label: 'Exclude manager', default: 'false' },
  },
};
