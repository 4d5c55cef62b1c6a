import type { ServiceNowRecord } from '../servicenow/table-api.ts';

/** The table incidents live in. */
export const INCIDENT = 'incident';

/** What is read of an incident: to know it again, to tell its outcome, to see what the instance made of it. */
export const INCIDENT_FIELDS = [
  'sys_id',
  'number',
  'state',
  'active',
  'close_code',
  'close_notes',
  'correlation_id',
  'correlation_display',
  'sys_mod_count',
  'sys_created_by',
  'sys_created_on',
  'closed_by.user_name',
  'closed_by.name',
  'resolved_by.user_name',
  'resolved_by.name',
  'caller_id',
  'assignment_group',
  'category',
  'subcategory',
  'impact',
  'urgency',
] as const;

/** What is written when an incident is made. */
export const WRITTEN_FIELDS = [
  'short_description',
  'description',
  'work_notes',
  'caller_id',
  'assignment_group',
  'category',
  'subcategory',
  'impact',
  'urgency',
  'correlation_id',
  'correlation_display',
] as const;

/** A link to a ticket for people; `root` is what stands before `/api/` in `Server`. */
function ticketUrl(root: string, table: string, sysId: string): string {
  return `${root}/nav_to.do?uri=${encodeURIComponent(`/${table}.do?sys_id=${sysId}`)}`;
}

/** The columns of a ledger row that tell which ticket it follows, and as of which reading. */
export function seenTicket(root: string, table: string, record: ServiceNowRecord) {
  const { sys_id: sysId = '', number = '', state = '' } = record;
  return {
    SysId: sysId,
    Number: number,
    Url: ticketUrl(root, table, sysId),
    TicketState: state,
    SeenModCount: Number(record.sys_mod_count || 0),
  };
}
