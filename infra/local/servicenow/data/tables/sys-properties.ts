import type { Table } from '../table.ts';

/** System properties; what the simulator goes by is read from here at every request. */
export const sysProperties: Table = {
  name: 'sys_properties',
  label: 'System Property',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    value: { type: 'string', label: 'Value', maxLength: 4000 },
    type: { type: 'string', label: 'Type', default: 'string', maxLength: 40 },
    description: { type: 'string', label: 'Description', maxLength: 512 },
  },
};
