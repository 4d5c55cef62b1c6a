import type { Table } from '../table.ts';

export const sysUserGrmember: Table = {
  name: 'sys_user_grmember',
  label: 'Group Member',
  display: 'user',
  fields: {
    user: { type: 'reference', label: 'User', table: 'sys_user' },
    group: { type: 'reference', label: 'Group', table: 'sys_user_group' },
    scrum_program: { type: 'string', label: 'Program', maxLength: 32 },
  },
};
