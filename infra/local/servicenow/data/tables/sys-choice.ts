import type { Table } from '../table.ts';

/** The values that choice fields offer. What a field accepts stays with the dictionary: these rows only show it. */
export const sysChoice: Table = {
  name: 'sys_choice',
  label: 'Choice',
  display: 'label',
  fields: {
    name: { type: 'string', label: 'Table', maxLength: 80 },
    element: { type: 'string', label: 'Element', maxLength: 80 },
    value: { type: 'string', label: 'Value', maxLength: 255 },
    label: { type: 'string', label: 'Label', maxLength: 255 },
    language: { type: 'string', label: 'Language', default: 'en', maxLength: 3 },
    inactive: { type: 'boolean', label: 'Inactive', default: 'false' },
    sequence: { type: 'integer', label: 'Sequence' },
    dependent_value: { type: 'string', label: 'Dependent value', maxLength: 255 },
  },
};
