import type { ServiceNowRecord } from '../servicenow/table-api.ts';

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
