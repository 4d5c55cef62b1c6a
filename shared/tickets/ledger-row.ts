import * as z from 'zod/mini';
import { PROVISIONING_STATES } from '../provisioning/result.ts';

/**
 * One generation of one order in the ledger: `creating → open → closed`, or `rejected`; a closed ticket may be reopened,
 * a rejected order's ticket found late.
 *
 * The claim (`ClaimId`, `ClaimSeconds`) is alive for `ClaimSeconds` after the row was last written, by storage's clock.
 * `RequestSysId` is the request of a ticket that was begun and may not be whole; the ticket is completed, never begun again.
 * `NotPosted` gives it back: whoever comes next may POST without looking a ticket up first. `Pending` is a result, and
 * `PoisonPending` an envelope, that is decided and not yet known to be sent.
 */
export const ticketRow = z.object({
  v: z.int(),
  State: z.enum(['creating', 'open', 'closed', 'rejected']),
  OrderKey: z.string(),
  Generation: z.int(),
  OrderedAt: z.string(),
  DeliveryId: z.string(),
  Connection: z.string(),
  ResourceType: z.string(),
  AssignmentId: z.string(),
  ChangeType: z.string(),
  OwnerId: z.string(),
  OwnerType: z.string(),
  TraceParent: z.optional(z.string()),
  ClaimId: z.string(),
  ClaimSeconds: z.number(),
  FirstClaimedAt: z.string(),
  NotPosted: z.boolean(),
  Unclear: z.boolean(),
  Sequence: z.int(),
  ProvisioningState: z.optional(z.enum(PROVISIONING_STATES)),
  Pending: z.optional(z.string()),
  PoisonPending: z.optional(z.instanceof(Uint8Array)),
  TicketTable: z.string(),
  TicketKind: z.optional(z.enum(['incident', 'catalogRequest', 'bareRequest'])),
  CorrelationField: z.optional(z.string()),
  CatalogVariable: z.optional(z.string()),
  RequestSysId: z.optional(z.string()),
  RequestNumber: z.optional(z.string()),
  Number: z.optional(z.string()),
  SysId: z.optional(z.string()),
  Url: z.optional(z.string()),
  TicketState: z.optional(z.string()),
  TicketApproval: z.optional(z.string()),
  CloseCode: z.optional(z.string()),
  ResolvedBy: z.optional(z.string()),
  ClosedBy: z.optional(z.string()),
  /** When the row became `open` first, ISO 8601. */
  OpenedAt: z.optional(z.string()),
  /** When the ticket's record was read last, by the instance's clock, ISO 8601. */
  SeenAt: z.optional(z.string()),
  SeenModCount: z.optional(z.int()),
  /** Whether another connector had opened the ticket; it may not carry our marks. */
  Adopted: z.optional(z.boolean()),
  /** When its order was given up although the ticket is open, ISO 8601. */
  ExpiredAt: z.optional(z.string()),
});

/** One generation of one order in the ledger. */
export type TicketRow = z.infer<typeof ticketRow>;

/**
 * What the list of unfinished tickets tells of one, without reading its row. `HasPending`: something is decided and not
 * yet known to be sent. What an earlier version wrote lacks the optional columns.
 */
export const unfinishedRow = z.object({
  ...z.pick(ticketRow, {
    v: true,
    State: true,
    TicketTable: true,
    SysId: true,
    Number: true,
    OrderedAt: true,
    ResourceType: true,
    TicketState: true,
    TicketApproval: true,
    OpenedAt: true,
    SeenAt: true,
    ProvisioningState: true,
    Adopted: true,
  }).shape,
  AssignmentId: z.optional(z.string()),
  ChangeType: z.optional(z.string()),
  HasPending: z.optional(z.boolean()),
  /** When an operator said that a ticket which is gone is to be kept as it is, ISO 8601. */
  KeptAt: z.optional(z.string()),
});

/** What the list of unfinished tickets tells of one. */
export type UnfinishedRow = z.infer<typeof unfinishedRow>;

/**
 * What became of one delivery: `decided` names the ticket key it led to (`Absorbed`: it added nothing to that ticket);
 * `waiting` says why it was put back and until when, and keeps the envelope that was put back, as JSON.
 */
export const deliveryRow = z.object({
  v: z.int(),
  State: z.enum(['waiting', 'decided']),
  DeliveryId: z.string(),
  OrderedAt: z.string(),
  TicketKey: z.optional(z.string()),
  Absorbed: z.optional(z.boolean()),
  Reason: z.optional(z.string()),
  Since: z.optional(z.string()),
  NotBefore: z.optional(z.string()),
  /** When an operator sent it again, which was not worked on yet. */
  ReleasedAt: z.optional(z.string()),
  Summary: z.optional(z.string()),
  Envelope: z.optional(z.instanceof(Uint8Array)),
});

/** What became of one delivery. */
export type DeliveryRow = z.infer<typeof deliveryRow>;

/** A row as it was read: with the version and the time of its last write, by storage. */
export interface Stored<T> {
  readonly row: T;
  readonly etag: string;
  readonly writtenAt: Date;
}
