import * as z from 'zod/mini';
import { neutralLine } from '../neutral-text.ts';
import { PROVISIONING_STATES } from '../provisioning/result.ts';
import type { DeliveryRow, TicketRow } from './ledger-row.ts';

/**
 * One step of the story of an order, as it is kept beside the ledger's rows: written with the row that it tells of, and never changed.
 * It holds no more of a person than that row: who resolved and who closed a ticket.
 */
export const historyRow = z.object({
  v: z.int(),
  /** ISO 8601, by the clock of the instance that wrote it. */
  At: z.string(),
  /**
   * `waiting`: put back; `absorbed`: another sending of an order whose ticket is open; `claimed`: its ticket is being made;
   * `open`, `closed`, `rejected`: what the order came to; `seen`: people moved the ticket on; `sent`: a result was.
   */
  What: z.enum(['waiting', 'absorbed', 'claimed', 'open', 'closed', 'rejected', 'seen', 'sent']),
  TicketKey: z.optional(z.string()),
  DeliveryId: z.optional(z.string()),
  Reason: z.optional(z.string()),
  Number: z.optional(z.string()),
  TicketState: z.optional(z.string()),
  TicketApproval: z.optional(z.string()),
  CloseCode: z.optional(z.string()),
  ResolvedBy: z.optional(z.string()),
  ClosedBy: z.optional(z.string()),
  ProvisioningState: z.optional(z.enum(PROVISIONING_STATES)),
  Sequence: z.optional(z.int()),
});

/** One step of the story of an order. */
export type HistoryRow = z.infer<typeof historyRow>;

/** What a write of a ticket row adds to the story; `undefined` where it is nothing that people would ask for. Pure. */
export function ticketStep(
  key: string,
  row: TicketRow,
  before: TicketRow | undefined,
  now: Date,
): HistoryRow | undefined {
  const what = whatOf(row, before);
  if (!what) return undefined;
  const { DeliveryId, Number: number, TicketState, TicketApproval, CloseCode, ResolvedBy, ClosedBy } = row;
  return {
    v: 1,
    At: now.toISOString(),
    What: what,
    TicketKey: key,
    DeliveryId,
    Number: number,
    TicketState,
    TicketApproval,
    CloseCode,
    ResolvedBy,
    ClosedBy,
    ProvisioningState: row.ProvisioningState,
    Sequence: row.Sequence,
  };
}

/** What a write of a delivery row adds to the story; the same reason again adds nothing. Pure. */
export function deliveryStep(row: DeliveryRow, before: DeliveryRow | undefined, now: Date): HistoryRow | undefined {
  const { DeliveryId, Reason, TicketKey } = row;
  const step = { v: 1, At: now.toISOString(), DeliveryId };
  if (row.State === 'waiting')
    return before?.Reason === Reason
      ? undefined
      : { ...step, What: 'waiting', Reason: neutralLine(Reason ?? '', 1_000) };
  return row.Absorbed ? { ...step, What: 'absorbed', TicketKey } : undefined;
}

function whatOf(row: TicketRow, before: TicketRow | undefined): HistoryRow['What'] | undefined {
  if (row.State === 'creating') return before?.ClaimId === row.ClaimId ? undefined : 'claimed';
  if (before?.State !== row.State) return row.State;
  if (before.Pending !== undefined && row.Pending === undefined) return 'sent';
  if (before.Sequence !== row.Sequence) return row.State;
  const isMoved = before.TicketState !== row.TicketState || before.TicketApproval !== row.TicketApproval;
  return isMoved ? 'seen' : undefined;
}
