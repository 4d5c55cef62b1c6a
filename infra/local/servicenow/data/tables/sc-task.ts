import type { Table } from '../table.ts';

/** What somebody has to do for a requested item. */
export const scTask: Table = {
  name: 'sc_task',
  label: 'Catalog Task',
  parent: 'task',
  display: 'number',
  fields: {
    request_item: { type: 'reference', label: 'Request item', table: 'sc_req_item' },
    request: { type: 'reference', label: 'Request', table: 'sc_request' },
    sc_catalog: { type: 'reference', label: 'Catalog', table: 'sc_catalog' },
    calendar_stc: { type: 'integer', label: 'Resolve time', readOnly: true },
    sys_class_name: { type: 'sys_class_name', label: 'Task type', readOnly: true, default: 'sc_task' },
  },
};
