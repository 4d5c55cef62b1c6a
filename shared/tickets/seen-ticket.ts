import { neutralLine } from '../neutral-text.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';

/** A link to a ticket for people; `root` is what stands before `/api/` in `Server`. */
function ticketUrl(root: string, table: string, sysId: string): string {
  return `${root}/nav_to.do?uri=${encodeURIComponent(`/${table}.do?sys_id=${sysId}`)}`;
}

/**
 * The columns of a ledger row that tell which ticket it follows, and as of which reading; `seenAt` is when the record was read. What
 * the record says no more is told no more.
 */
export function seenTicket(root: string, table: string, record: ServiceNowRecord, seenAt: Date) {
  const { sys_id: sysId = '', number = '', state = '', approval = '', close_code: closeCode = '' } = record;
  return {
    SysId: sysId,
    Number: number,
    Url: ticketUrl(root, table, sysId),
    TicketState: state,
    TicketApproval: approval === '' ? undefined : neutralLine(approval, 40),
    CloseCode: closeCode === '' ? undefined : neutralLine(closeCode, 100),
    ResolvedBy: nameIn(record, 'resolved_by.name'),
    ClosedBy: nameIn(record, 'closed_by.name'),
    SeenAt: seenAt.toISOString(),
    SeenModCount: Number(record.sys_mod_count || 0),
  };
}

function nameIn(record: ServiceNowRecord, field: string): string | undefined {
  const name = neutralLine(record[field] ?? '', 100);
  return name === '' ? undefined : name;
}
