import type { Table } from '../table.ts';

/** The columns of the tables, and one row with an empty element for each table itself. */
export const sysDictionary: Table = {
  name: 'sys_dictionary',
  label: 'Dictionary Entry',
  display: 'column_label',
  fields: {
    name: { type: 'string', label: 'Table', maxLength: 80 },
    element: { type: 'string', label: 'Column name', maxLength: 80 },
    internal_type: { type: 'string', label: 'Type', maxLength: 40 },
    column_label: { type: 'string', label: 'Column label', maxLength: 80 },
    mandatory: { type: 'boolean', label: 'Mandatory', default: 'false' },
    read_only: { type: 'boolean', label: 'Read only', default: 'false' },
    max_length: { type: 'integer', label: 'Max length' },
    reference: { type: 'string', label: 'Reference', maxLength: 80 },
    active: { type: 'boolean', label: 'Active', default: 'true' },
  },
};
