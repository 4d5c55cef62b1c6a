import type { Table } from '../table.ts';

/**
 * One item of a request. `flow_context` is there while a flow fulfils it; one made through the Table API has
 * none. `u_ordered_by` is a field of this instance's own, which requests and tasks lack.
 */
export const scReqItem: Table = {
  name: 'sc_req_item',
  label: 'Requested Item',
  parent: 'task',
  display: 'number',
  fields: {
    request: { type: 'reference', label: 'Request', table: 'sc_request' },
    cat_item: { type: 'reference', label: 'Item', table: 'sc_cat_item' },
    requested_for: { type: 'reference', label: 'Requested for', table: 'sys_user' },
    quantity: { type: 'integer', label: 'Quantity', default: '1' },
    stage: { type: 'string', label: 'Stage', maxLength: 80 },
    price: { type: 'string', label: 'Price', default: '0', maxLength: 40 },
    recurring_price: { type: 'string', label: 'Recurring Price', default: '0', maxLength: 40 },
    backordered: { type: 'boolean', label: 'Backordered', default: 'false' },
    billable: { type: 'boolean', label: 'Billable', default: 'false' },
    estimated_delivery: { type: 'glide_date_time', label: 'Estimated delivery' },
    configuration_item: { type: 'reference', label: 'Configuration item', table: 'cmdb_ci' },
    sc_catalog: { type: 'reference', label: 'Catalog', table: 'sc_catalog' },
    flow_context: { type: 'reference', label: 'Flow context', table: 'sys_flow_context', readOnly: true },
    u_ordered_by: { type: 'string', label: 'Ordering system', maxLength: 100 },
    sys_class_name: { type: 'sys_class_name', label: 'Task type', readOnly: true, default: 'sc_req_item' },
  },
};
