import * as z from 'zod/mini';

/**
 * The provisioning states a ticket can put a resource in, as Identity Manager names them: `Transmitted` while the
 * ticket is open, `Executed` when it was done, `Verified` when no synchronization will confirm it, `Errored` when not.
 */
export const PROVISIONING_STATES = ['Transmitted', 'Executed', 'Verified', 'Errored'] as const;

/** One of the provisioning states that results carry. */
export type ProvisioningState = (typeof PROVISIONING_STATES)[number];

/** The ticket a result speaks of. */
const resultTicket = z.looseObject({
  Connection: z.string(),
  Table: z.string(),
  Number: z.string(),
  SysId: z.string(),
  Url: z.string(),
  State: z.string(),
  ResolvedBy: z.optional(z.string()),
  ClosedBy: z.optional(z.string()),
});

/**
 * One message on `provisioning-results`: one change of one assignment's provisioning state, sent at least once.
 *
 * `ResultId` is `<ticket key>:<Sequence>` and the same for every repeat. The queue keeps no order: of all results of an
 * assignment the one with the highest (`OrderedAt`, `Generation`, `Sequence`) counts.
 */
export const provisioningResult = z.looseObject({
  v: z.int(),
  ResultId: z.string(),
  Sequence: z.int(),
  Generation: z.int(),
  OrderKey: z.string(),
  OrderedAt: z.string(),
  AssignmentId: z.string(),
  ChangeType: z.string(),
  OwnerId: z.string(),
  OwnerType: z.string(),
  ResourceType: z.string(),
  ProvisioningState: z.enum(PROVISIONING_STATES),
  Message: z.string(),
  OccurredAt: z.string(),
  TraceParent: z.optional(z.string()),
  Ticket: z.optional(resultTicket),
});

/** One change of a provisioning state, as it is sent. */
export type ProvisioningResult = z.infer<typeof provisioningResult>;
