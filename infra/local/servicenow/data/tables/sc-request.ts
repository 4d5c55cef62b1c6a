import type { Table } from '../table.ts';

/**
 * What was ordered at once. `request_state` is the state that counts; `state` and `stage` follow it.
 * Source: the choices that clients of the Service Catalog know.
 */
export const scRequest: Table = {
  name: 'sc_request',
  label: 'Request',
  parent: 'task',
  display: 'number',
  fields: {
    request_state: {
      type: 'choice',
      label: 'Request state',
      default: 'in_process',
      choices: {
        requested: 'Pending Approval',
        submitted: 'Submitted',
        in_process: 'Approved',
        closed_complete: 'Closed Complete',
        closed_incomplete: 'Closed Incomplete',
        closed_cancelled: 'Closed Cancelled',
        closed_rejected: 'Closed Rejected',
        closed_skipped: 'Closed Skipped',
      },
    },
    stage: { type: 'string', label: 'Stage', maxLength: 40 },
    requested_for: { type: 'reference', label: 'Requested for', table: 'sys_user' },
    special_instructions: { type: 'string', label: 'Special instructions', maxLength: 4000 },
    delivery_address: { type: 'string', label: 'Delivery address', maxLength: 4000 },
    price: { type: 'string', label: 'Price', default: '0', maxLength: 40 },
    sys_class_name: { type: 'sys_class_name', label: 'Task type', readOnly: true, default: 'sc_request' },
  },
};
