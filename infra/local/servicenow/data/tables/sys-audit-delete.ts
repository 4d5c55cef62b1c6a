import type { Table } from '../table.ts';

/** What was deleted from audited tables, by whom and when: `sys_created_by` and `sys_created_on`. Source: the product's table of that name. */
export const sysAuditDelete: Table = {
  name: 'sys_audit_delete',
  label: 'Audit Deleted Record',
  display: 'display_value',
  fields: {
    tablename: { type: 'string', label: 'Table name' },
    documentkey: { type: 'string', label: 'Document key' },
    display_value: { type: 'string', label: 'Display value' },
  },
};
