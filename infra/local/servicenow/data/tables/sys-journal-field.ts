import type { Table } from '../table.ts';

/** The entries of the journal fields of all tables, one record each. */
export const sysJournalField: Table = {
  name: 'sys_journal_field',
  label: 'Journal Entry',
  display: 'value',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 80 },
    element: { type: 'string', label: 'Element', maxLength: 80 },
    element_id: { type: 'string', label: 'Element ID', maxLength: 32 },
    value: { type: 'string', label: 'Value' },
  },
};
