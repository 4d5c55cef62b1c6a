import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { INCIDENT } from './incident-fields.ts';
import { type AssignmentView, keyOf, type Ledger, type LedgerChange } from './ledger.ts';
import type { DeliveryRow, Stored, TicketRow } from './ledger-row.ts';
import type { Claim } from './post-ticket.ts';
import type { TicketOrder } from './ticket-order.ts';

/** A ticket row under our claim. */
export interface ClaimedTicket {
  readonly stored: Stored<TicketRow>;
  readonly claim: Claim;
}

/**
 * Claims a ticket key: inserts a new generation, or takes over `previous` by its version. The delivery is decided, and
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
  deps: { readonly ledger: Ledger; readonly clock: Clock; readonly config: Config },
): Promise<ClaimedTicket> {
  const { clock, config } = deps;
  const lengthInMs = config.requestTimeoutInMs + config.unclearWaitInMs + config.claimMarginInMs;
  const row: TicketRow = {
    ...(previous?.row ?? newRow(order, generation, clock.now())),
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

/** The change that makes everybody else who read the assignment before now read it again. */
export function assignmentChange(
  { place }: TicketOrder,
  view: AssignmentView,
): NonNullable<LedgerChange['assignment']> {
  return { assignmentId: place.assignmentId, previous: view.assignment };
}

/** The change that says what this delivery led to; `undefined` where a row says so already. */
export function decidedDelivery(
  { envelope, place }: TicketOrder,
  view: AssignmentView,
  key: string,
  absorbed: boolean,
): LedgerChange['delivery'] {
  const previous = view.deliveries.find(({ row }) => row.DeliveryId === envelope.DeliveryId);
  if (previous?.row.State === 'decided') return undefined;
  const row: DeliveryRow = {
    v: 1,
    State: 'decided',
    DeliveryId: envelope.DeliveryId,
    OrderedAt: envelope.OrderedAt,
    TicketKey: key,
    Absorbed: absorbed,
  };
  return { assignmentId: place.assignmentId, row, previous };
}

function newRow({ envelope, order, orderKey, mapping }: TicketOrder, generation: number, now: Date): TicketRow {
  return {
    v: 1,
    State: 'creating',
    OrderKey: orderKey,
    Generation: generation,
    OrderedAt: envelope.OrderedAt,
    DeliveryId: envelope.DeliveryId,
    Connection: mapping.Connection,
    ResourceType: order.ResourceType.Identifier,
    AssignmentId: order.AssignedResourceTypeId,
    ChangeType: order.ChangeType,
    OwnerId: order.Owner?.Id ?? '',
    OwnerType: order.ResourceType.SourceEntityType?.Id ?? '',
    ...(envelope.TraceParent && { TraceParent: envelope.TraceParent }),
    ClaimId: '',
    ClaimSeconds: 0,
    FirstClaimedAt: now.toISOString(),
    NotPosted: false,
    Unclear: false,
    Sequence: 0,
    TicketTable: INCIDENT,
  };
}
