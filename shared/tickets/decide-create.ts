import type { AssignmentView } from './ledger.ts';
import { keyOf } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';

/** The order in hand, as far as the decision needs it. */
export interface IncomingOrder {
  readonly orderKey: string;
  readonly deliveryId: string;
  readonly orderedAt: string;
}

/**
 * What to do with an order.
 *
 * - `repeat`: this very delivery was decided before; what is pending of its row is sent, then it is finished.
 * - `absorb`: another sending of an order whose ticket is open; it is recorded and finished.
 * - `wait`: somebody's claim is alive; the message comes back when it has ended.
 * - `takeOver`: a claim ended; with `lookUp`, a ticket may exist and has to be looked for first.
 * - `claim`: a new generation; `lookUpFirst` is an earlier one whose ticket may have appeared after it was given up.
 */
export type CreateDecision =
  | { readonly kind: 'repeat'; readonly row: Stored<TicketRow> | undefined }
  | { readonly kind: 'absorb'; readonly row: Stored<TicketRow> }
  | { readonly kind: 'wait'; readonly seconds: number; readonly reason: string }
  | { readonly kind: 'takeOver'; readonly row: Stored<TicketRow>; readonly lookUp: boolean }
  | { readonly kind: 'claim'; readonly generation: number; readonly lookUpFirst: Stored<TicketRow> | undefined };

/** Storage's Date header counts whole seconds, so a claim is taken to live this much longer. */
const CLOCK_GRAIN_IN_MS = 2_000;

/** Decides what an order leads to, given all that the ledger knows of its assignment. Pure and total. */
export function decideCreate(order: IncomingOrder, view: AssignmentView): CreateDecision {
  const delivery = view.deliveries.find(({ row }) => row.DeliveryId === order.deliveryId)?.row;
  const decided =
    delivery?.State === 'decided' && view.tickets.find((ticket) => keyOf(ticket.row) === delivery.TicketKey);
  if (decided !== false && decided?.row.State !== 'creating') return { kind: 'repeat', row: decided };

  const others = view.tickets.filter(({ row }) => row.OrderKey !== order.orderKey);
  const other = others.find((ticket) => ticket.row.State === 'creating' && claimEndsInSeconds(ticket, view.readAt) > 0);
  if (other) return wait(other, view, 'a ticket for another order of this assignment is being created');

  const generations = view.tickets
    .filter(({ row }) => row.OrderKey === order.orderKey)
    .sort((a, b) => b.row.Generation - a.row.Generation);
  const creating = decided || generations.find(({ row }) => row.State === 'creating');
  if (creating) return claimed(creating, view);
  // A newer order counts even where it was rejected: its result is newer than all that the open ticket will give.
  const open = generations.find(({ row }) => row.State === 'open');
  const adopted = others.find(
    ({ row }) => row.Adopted && row.State === 'open' && isSameOrder(row.OrderKey, order.orderKey),
  );
  if (adopted) return { kind: 'absorb', row: adopted };
  if (open && !others.some(({ row }) => row.OrderedAt > open.row.OrderedAt)) return { kind: 'absorb', row: open };
  const suspect = generations.find(({ row }) => row.State === 'rejected' && row.Unclear);
  if (suspect && claimEndsInSeconds(suspect, view.readAt) > 0)
    return wait(suspect, view, 'a ticket may still appear for this order, which was given up');
  return { kind: 'claim', generation: (generations[0]?.row.Generation ?? 0) + 1, lookUpFirst: suspect };
}

/** Seconds until a claim has ended for sure, by storage's clock; nothing or less where it has, or was given back. */
export function claimEndsInSeconds({ row, writtenAt }: Stored<TicketRow>, readAt: Date): number {
  if (row.NotPosted) return 0;
  return (writtenAt.getTime() + row.ClaimSeconds * 1000 + CLOCK_GRAIN_IN_MS - readAt.getTime()) / 1000;
}

function claimed(row: Stored<TicketRow>, view: AssignmentView): CreateDecision {
  if (claimEndsInSeconds(row, view.readAt) > 0)
    return wait(row, view, 'a ticket for this order is being created, or one may still appear');
  return { kind: 'takeOver', row, lookUp: !row.row.NotPosted };
}

function wait(row: Stored<TicketRow>, view: AssignmentView, reason: string): CreateDecision {
  return { kind: 'wait', seconds: claimEndsInSeconds(row, view.readAt), reason };
}

/** What another connector was told of is the same order where the account is to be made or removed; it may be modified in many ways. */
function isSameOrder(adopted: string, orderKey: string): boolean {
  const [assignment, change] = orderKey.split('.');
  return (change === 'A' || change === 'D') && adopted.startsWith(`${assignment}.${change}.`);
}
