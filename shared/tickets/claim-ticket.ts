import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { assignmentChange, decidedDelivery } from './decided-delivery.ts';
import { type AssignmentView, keyOf, type Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { newTicketRow } from './new-ticket-row.ts';
import type { Claim } from './send-once.ts';
import type { TicketOrder } from './ticket-order.ts';
import { kindColumns } from './ticket-reference.ts';

/** A ticket row under our claim. */
export interface ClaimedTicket {
  readonly stored: Stored<TicketRow>;
  readonly claim: Claim;
}

/**
 * Claims a ticket key: inserts a new generation, or takes over `previous` by its version; `request` is what was found of a
 * ticket that is to be completed. The delivery is decided, and
 * the assignment's row replaced, in the same transaction: of two orders of one assignment that are read at the same
 * moment, one gets through and the other one reads again.
 *
 * @throws ConflictError when somebody else was quicker.
 */
export async function claimTicket(
  order: TicketOrder,
  generation: number,
  previous: Stored<TicketRow> | undefined,
  view: AssignmentView,
  request: { readonly sysId: string; readonly number: string } | undefined,
  deps: { readonly ledger: Ledger; readonly clock: Clock; readonly config: Config },
): Promise<ClaimedTicket> {
  const { clock, config } = deps;
  const lengthInMs = config.requestTimeoutInMs + config.unclearWaitInMs + config.claimMarginInMs;
  const row: TicketRow = {
    ...(previous?.row ?? newTicketRow(order, order.identity, generation, view.readAt)),
    // What was begun is completed as what it is; anything else is made as the mapping says now.
    ...(request
      ? { RequestSysId: request.sysId, RequestNumber: request.number }
      : kindColumns(order.mapping, order.changeType)),
    ClaimId: order.claimId,
    ClaimSeconds: Math.ceil(lengthInMs / 1000),
    NotPosted: false,
  };
  const askedAt = clock.now();
  const askedAtInMs = clock.monotonicInMs();
  const delivery = decidedDelivery(order, view, keyOf(row), false);
  const etag = await deps.ledger.write(order.place.partition, {
    ticket: { row, previous },
    ...(delivery && { delivery }),
    assignment: assignmentChange(order, view),
  });
  const claim = { askedAt, askedAtInMs, writtenAtInMs: clock.monotonicInMs(), lengthInMs: row.ClaimSeconds * 1000 };
  return { stored: { row, etag, writtenAt: askedAt }, claim };
}
