import type { Table } from '../table.ts';

/** Who may do what: `name` is a table ("incident", "*") or fields of one ("incident.correlation_id", "incident.*"). */
export const sysSecurityAcl: Table = {
  name: 'sys_security_acl',
  label: 'Access Control',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 255 },
    operation: {
      type: 'choice',
      label: 'Operation',
      default: 'read',
      choices: { create: 'create', delete: 'delete', read: 'read', write: 'write' },
    },
    type: { type: 'string', label: 'Type', default: 'record', maxLength: 40 },
    active: { type: 'boolean', label: 'Active', default: 'true' },
    admin_overrides: { type: 'boolean', label: 'Admin overrides', default: 'true' },
    description: { type: 'string', label: 'Description', maxLength: 1000 },
  },
};
