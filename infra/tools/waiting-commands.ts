import { failureOf, messageOf } from '../../shared/errors.ts';
import { type Envelope, ordersIn, readEnvelope } from '../../shared/provisioning/envelope.ts';
import { identifyOrder } from '../../shared/provisioning/order.ts';
import type { OrderStore } from '../../shared/provisioning/order-store.ts';
import type { MessageQueue } from '../../shared/storage/message-queue.ts';
import { readAgain } from '../../shared/storage/read-again.ts';
import { keyOfOrder } from '../../shared/tickets/key-of-order.ts';
import type { Ledger } from '../../shared/tickets/ledger.ts';
import type { RejectOrder } from '../../shared/tickets/reject-order.ts';
import type { WaitingOrder, WaitingPlace } from './waiting-orders.ts';

/** What became of one order that waited; `refused` says why nothing did. */
export interface Acted {
  readonly order: WaitingOrder;
  readonly refused?: string;
}

/** What these commands need. */
export interface WaitingCommandDeps {
  readonly installationId: string;
  readonly ledger: Ledger;
  readonly store: OrderStore;
  readonly orders: MessageQueue;
  readonly reject: RejectOrder;
  readonly now: () => Date;
}

/** An order that waits, as it was found. */
export interface FoundWaiting {
  readonly order: WaitingOrder;
  readonly place: WaitingPlace;
}

/**
 * Sends a copy of an order that waits, to be worked on at once. The original comes back when its time is over, and is a repeat
 * then. @throws UnavailableError.
 */
export async function releaseWaiting({ order, place }: FoundWaiting, deps: WaitingCommandDeps): Promise<Acted> {
  const kept = await keptEnvelope(place, deps.ledger);
  if (typeof kept === 'string') return { order, refused: kept };
  await deps.orders.send(await deps.store.fit({ ...kept, NotBefore: deps.now().toISOString() }));
  return { order };
}

/**
 * Gives an order up that waits: `Errored`, and kept in poison. Its message finishes as a repeat when it comes back.
 *
 * @throws UnavailableError.
 */
export async function dropWaiting({ order, place }: FoundWaiting, deps: WaitingCommandDeps): Promise<Acted> {
  const envelope = await keptEnvelope(place, deps.ledger);
  if (typeof envelope === 'string') return { order, refused: envelope };
  let data: unknown;
  try {
    data = ordersIn(await deps.store.contentOf(envelope)).orders[0];
  } catch (error) {
    if (failureOf(error)?.class !== 'permanent') throw error;
    return { order, refused: messageOf(error) };
  }
  const identity = identifyOrder(data);
  const { assignmentId } = identity;
  if (assignmentId === undefined) return { order, refused: 'it names no assignment' };
  const isDropped = await readAgain(() =>
    deps.reject({
      envelope,
      identity,
      place: { partition: place.partition, assignmentId, summary: order.summary },
      orderKey: keyOfOrder(deps.installationId, place.partition, data),
      reason: 'dropped by an operator',
      claimId: undefined,
    }),
  );
  return isDropped ? { order } : { order, refused: 'its ticket is there, or somebody is just making it' };
}

async function keptEnvelope({ partition, rowKey }: WaitingPlace, ledger: Ledger): Promise<Envelope | string> {
  const row = await ledger.readWaiting(partition, rowKey);
  if (!row) return 'it does not wait any more';
  if (!row.Envelope)
    return `it was put back by an older version, which did not keep it: wait until it comes back (${row.NotBefore ?? 'soon'}) and is put back again`;
  const envelope = readEnvelope(JSON.parse(Buffer.from(row.Envelope).toString('utf8')));
  return envelope ?? 'what is kept of it can not be read';
}
