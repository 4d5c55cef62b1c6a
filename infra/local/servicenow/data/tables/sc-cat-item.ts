import type { Table } from '../table.ts';

/**
 * What can be ordered. `roles` are names, of which one is needed to see and order the item; for all when empty. `group`
 * gets the task that an order makes. `u_needs_approval` stands for what an instance says in the item's flow.
 */
export const scCatItem: Table = {
  name: 'sc_cat_item',
  label: 'Catalog Item',
  display: 'name',
  fields: {
    name: { type: 'string', label: 'Name', maxLength: 100 },
    short_description: { type: 'string', label: 'Short description', maxLength: 200 },
    description: { type: 'string', label: 'Description', maxLength: 4000 },
    active: { type: 'boolean', label: 'Active', default: 'true' },
    sc_catalogs: { type: 'string', label: 'Catalogs', maxLength: 4000 },
    order: { type: 'integer', label: 'Order', default: '0' },
    roles: { type: 'string', label: 'Roles', maxLength: 4000 },
    group: { type: 'reference', label: 'Fulfillment group', table: 'sys_user_group' },
    u_needs_approval: { type: 'boolean', label: 'Needs approval', default: 'false' },
    sys_class_name: { type: 'sys_class_name', label: 'Class', readOnly: true, default: 'sc_cat_item' },
  },
};
