import type { Table } from '../table.ts';

export const scCatItem: Table = {
  name: 'sc_cat_item',
  label: 'Catalog Item',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    short_description: { type: 'string', label: 'Short description', maxLength: 200 },
    active: { type: 'boolean', label: 'Active', default: 'true' },
    sc_catalogs: { type: 'string', label: 'Catalogs', maxLength: 4000 },
    sys_class_name: { type: 'sys_class_name', label: 'Class', readOnly: true, default: 'sc_cat_item' },
  },
};
