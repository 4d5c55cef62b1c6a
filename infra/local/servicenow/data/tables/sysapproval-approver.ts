import type { Table } from '../table.ts';

/** Who is asked to approve what, and what they said. Source: the fields that approvals in the base system's forms show. */
export const sysapprovalApprover: Table = {
  name: 'sysapproval_approver',
  label: 'Approval',
  display: 'state',
  fields: {
    approver: { type: 'reference', label: 'Approver', table: 'sys_user' },
    sysapproval: { type: 'reference', label: 'Approval for', table: 'task' },
    state: {
      type: 'choice',
      label: 'State',
      default: 'not requested',
      choices: {
        'not requested': 'Not Yet Requested',
        requested: 'Requested',
        approved: 'Approved',
        rejected: 'Rejected',
        cancelled: 'Cancelled',
        not_required: 'No Longer Required',
      },
    },
    comments: { type: 'journal', label: 'Comments' },
  },
};
