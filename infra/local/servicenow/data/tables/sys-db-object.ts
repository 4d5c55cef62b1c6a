import type { Table } from '../table.ts';

/** The tables of the instance. */
export const sysDbObject: Table = {
  name: 'sys_db_object',
  label: 'Table',
  display: 'label',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 80 },
    label: { type: 'string', label: 'Label', maxLength: 80 },
    super_class: { type: 'reference', label: 'Extends table', table: 'sys_db_object' },
  },
};
