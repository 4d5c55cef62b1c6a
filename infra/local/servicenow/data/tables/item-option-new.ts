import type { Table } from '../table.ts';

/** The variables of catalog items: what is asked when one is ordered. */
export const itemOptionNew: Table = {
  name: 'item_option_new',
  label: 'Variable',
  display: 'question_text',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    question_text: { type: 'string', label: 'Question', maxLength: 4000 },
    type: {
      type: 'choice',
      label: 'Type',
      default: '6',
      choices: {
        '2': 'Multi Line Text',
        '6': 'Single Line Text',
        '7': 'CheckBox',
        '8': 'Reference',
        '9': 'Date',
        '10': 'Date/Time',
        '16': 'Wide Single Line Text',
      },
    },
    mandatory: { type: 'boolean', label: 'Mandatory', default: 'false' },
    order: { type: 'integer', label: 'Order', default: '100' },
    cat_item: { type: 'reference', label: 'Catalog item', table: 'sc_cat_item' },
    active: { type: 'boolean', label: 'Active', default: 'true' },
    read_only: { type: 'boolean', label: 'Read only', default: 'false' },
    default_value: { type: 'string', label: 'Default value', maxLength: 4000 },
    help_text: { type: 'string', label: 'Help text', maxLength: 1000 },
    reference: { type: 'string', label: 'Reference', maxLength: 80 },
    reference_qual: { type: 'string', label: 'Reference qual', maxLength: 1000 },
    attributes: { type: 'string', label: 'Variable attributes', maxLength: 1000 },
    sys_class_name: { type: 'sys_class_name', label: 'Class', readOnly: true, default: 'item_option_new' },
  },
};
