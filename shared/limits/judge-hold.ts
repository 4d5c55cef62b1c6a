import type { HoldColumns, HoldKind, HoldScope, LimitRow } from './hold-rows.ts';

/** What became of the order that probed, as far as its holds are concerned. */
export type ProbeOutcome =
  /** Its ticket was made. */
  | 'created'
  /** ServiceNow refused the account or the API. */
  | 'accountRefused'
  /** ServiceNow took the account, and refused this order. */
  | 'orderRefused'
  /** A record that the mapping names was not found. */
  | 'notFound'
  /** A request was made, and could not be completed. */
  | 'unfinished'
  /** ServiceNow was not asked: the order turned out to be done, or to wait for something else. */
  | 'notAsked'
  /** Nobody can tell: ServiceNow, or storage, is unwell. */
  | 'unclear';

/** What a probe says about a hold: it is over, it is not, or the next order may look (`atOnce`, or after a while). */
export type ProbeVerdict = 'over' | 'failed' | 'atOnce' | 'later';

/** Whether orders may look if such a hold is over, one at a time; the others end by an operator only. */
export function isProbed(kind: HoldKind): boolean {
  return kind !== 'pause' && kind !== 'loss' && kind !== 'changed';
}

/** Whether a hold takes the place of another one on the same scope: one that only a person ends, or that fewer may probe. */
export function isStricter(kind: HoldKind, than: HoldKind): boolean {
  return isProbed(than) && (!isProbed(kind) || (kind === 'unfinished' && than !== kind));
}

/** Whether a hold that is in place is in the way of an order. */
export function isInTheWay({ EndedAt, Connection, ResourceType }: HoldColumns, order: HoldScope): boolean {
  return (
    EndedAt === '' && Connection === order.connection && (ResourceType === '' || ResourceType === order.resourceType)
  );
}

/** Milliseconds until an order may probe; 0 or less when it may now, infinite where nobody may. */
export function probeDueInMs({ columns, ageInMs }: LimitRow<HoldColumns>, readAgoInMs: number): number {
  return isProbed(columns.Kind) ? columns.QuietInMs - ageInMs - readAgoInMs : Number.POSITIVE_INFINITY;
}

/** What the outcome of a probe says about a hold of that kind. Pure and total. */
export function judgeProbe(kind: HoldKind, outcome: ProbeOutcome): ProbeVerdict {
  if (outcome === 'created') return 'over';
  if (outcome === 'notAsked') return 'atOnce';
  if (outcome === 'unclear') return 'later';
  if (kind === 'unfinished' || outcome === 'unfinished') return kind === outcome ? 'failed' : 'later';
  if (kind === 'refused') {
    if (outcome === 'accountRefused') return 'failed';
    // A record that was not found was looked for with success, but reading is not creating.
    return outcome === 'orderRefused' ? 'over' : 'later';
  }
  if (kind === 'refusals') return outcome === 'orderRefused' ? 'failed' : 'later';
  if (outcome === 'notFound') return 'failed';
  // References are looked for before the ticket is posted.
  return outcome === 'orderRefused' ? 'over' : 'later';
}

/** How long nobody probes after that many failed probes: growing, so that a short trouble ends soon. Pure. */
export function quietAfter(probes: number, firstInMs: number, longestInMs: number): number {
  return Math.min(firstInMs * 2 ** Math.min(probes, 30), longestInMs);
}
