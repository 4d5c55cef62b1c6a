import type { Table } from '../table.ts';

/** What was answered to a variable when an item was ordered. */
export const scItemOption: Table = {
  name: 'sc_item_option',
  label: 'Options',
  display: 'item_option_new',
  fields: {
    item_option_new: { type: 'reference', label: 'Question', table: 'item_option_new' },
    value: { type: 'string', label: 'Value', maxLength: 4000 },
    order: { type: 'integer', label: 'Order' },
  },
};
