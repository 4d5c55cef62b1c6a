import type { ProvisioningResult, ProvisioningState } from '../provisioning/result.ts';
import { keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';

/** The result that tells of a row's change to a state; its `Sequence` is the row's. Pure. */
export function makeResult(
  row: TicketRow,
  change: {
    readonly state: ProvisioningState;
    readonly message: string;
    readonly at: Date;
  },
): ProvisioningResult {
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
          State: row.TicketState ?? '',
          ...(row.ResolvedBy && { ResolvedBy: row.ResolvedBy }),
          ...(row.ClosedBy && { ClosedBy: row.ClosedBy }),
        },
      }),
  };
}
