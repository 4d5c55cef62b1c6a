import * as z from 'zod/mini';
import { type Parsed, parse } from '../parse.ts';

const level = z._default(z.enum(['Low', 'Medium', 'High'], 'expected Low, Medium or High'), 'Low');

const flag = z._default(
  z.pipe(
    z.union([z.boolean(), z.enum(['true', 'false'])]),
    z.transform((value) => value === true || value === 'true'),
  ),
  false,
);

/** The vendor's rule for connection identifiers; `#` can't stand in a key of table storage either. */
const CONNECTION =
  'expected the identifier of a connection: not begun by a digit, without < > : " / \\ | ? * _ # and control characters';

const schema = z.looseObject({
  Connection: z.string(CONNECTION).check(z.regex(/^[^\d<>:"/\\|?*_#\p{Cc}][^<>:"/\\|?*_#\p{Cc}]{0,99}$/u, CONNECTION)),
  TicketType: z._default(z.literal('incident', 'expected incident'), 'incident'),
  TicketCallerId: z.optional(z.string()),
  FallbackCaller: z.optional(z.string()),
  AssignmentGroup: z.optional(z.string()),
  TicketCategory: z.optional(z.string()),
  TicketSubCategory: z.optional(z.string()),
  TicketImpact: level,
  TicketUrgency: level,
  TicketAdditionalInformation: z.optional(z.string()),
  TicketSynchroIsNotAvailable: flag,
  ResolvedCounts: flag,
});

/**
 * How orders of one resource type become tickets: Identity Manager's `ServiceNowResourceTypeMapping` by its own
 * property names, and ours: `TicketType`, `FallbackCaller` (who is the caller where ServiceNow does not know the owner),
 * `AssignmentGroup` (by name or sys_id) and `ResolvedCounts` (whether a resolved incident counts as closed).
 */
export type ResourceTypeMapping = z.infer<typeof schema>;

/** Reads one mapping; every fault is one sentence. */
export function readMapping(data: unknown): Parsed<ResourceTypeMapping> {
  return parse(schema, data);
}
