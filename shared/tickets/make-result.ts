import { neutralLine } from '../neutral-text.ts';
import type { ProvisioningResult, ProvisioningState } from '../provisioning/result.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';

/** The result that tells of a row's change to a state; its `Sequence` is the row's. Pure. */
export function makeResult(
  row: TicketRow,
  change: {
    readonly state: ProvisioningState;
    readonly message: string;
    readonly at: Date;
    readonly record?: ServiceNowRecord | undefined;
  },
): ProvisioningResult {
  const { record } = change;
  return {
    v: 1,
    ResultId: `${keyOf(row)}:${row.Sequence}`,
    Sequence: row.Sequence,
    Generation: row.Generation,
    OrderKey: row.OrderKey,
    OrderedAt: row.OrderedAt,
    AssignmentId: row.AssignmentId,
    ChangeType: row.ChangeType,
    OwnerId: row.OwnerId,
    OwnerType: row.OwnerType,
    ResourceType: row.ResourceType,
    ProvisioningState: change.state,
    Message: change.message,
    OccurredAt: change.at.toISOString(),
    ...(row.TraceParent && { TraceParent: row.TraceParent }),
    ...(row.Number &&
      row.SysId &&
      row.Url && {
        Ticket: {
          Connection: row.Connection,
          Table: row.TicketTable,
          Number: row.Number,
          SysId: row.SysId,
          Url: row.Url,
          State: record?.state ?? row.TicketState ?? '',
          ...(record?.['resolved_by.name'] && { ResolvedBy: neutralLine(record['resolved_by.name'], 100) }),
          ...(record?.['closed_by.name'] && { ClosedBy: neutralLine(record['closed_by.name'], 100) }),
        },
      }),
  };
}
