import type { Envelope } from '../../shared/provisioning/envelope.ts';
import type { OrderStore } from '../../shared/provisioning/order-store.ts';
import { ConflictError } from '../../shared/storage/entity-table.ts';
import type { MessageQueue } from '../../shared/storage/message-queue.ts';
import { keptEnvelope } from '../../shared/tickets/kept-envelope.ts';
import type { Ledger } from '../../shared/tickets/ledger.ts';
import type { DeliveryRow, Stored } from '../../shared/tickets/ledger-row.ts';
import type { GiveUp } from './give-up.ts';
import type { FoundWaiting, WaitingOrder, WaitingPlace } from './waiting-orders.ts';

/** What became of one order that waited; `refused` says why nothing did. */
export interface Acted {
  readonly order: WaitingOrder;
  readonly refused?: string;
}

/** What these commands need. */
export interface WaitingCommandDeps {
  readonly ledger: Ledger;
  readonly store: OrderStore;
  readonly orders: MessageQueue;
  readonly giveUp: GiveUp;
  readonly now: () => Date;
}

/**
 * Sends a copy of an order that waits, to be worked on at once; not a second one while the first was not worked on yet. The
 * original comes back when its time is over, and is a repeat then. @throws UnavailableError.
 */
export async function releaseWaiting({ order, place }: FoundWaiting, deps: WaitingCommandDeps): Promise<Acted> {
  const kept = await readKept(place, deps.ledger);
  if (typeof kept === 'string') return { order, refused: kept };
  const { stored, envelope } = kept;
  const { ReleasedAt: before } = stored.row;
  if (before !== undefined) return { order, refused: `it was sent again at ${before}, and waits for its turn` };
  const at = deps.now().toISOString();
  await deps.orders.send(await deps.store.fit({ ...envelope, NotBefore: at }));
  try {
    await deps.ledger.markReleased(place.partition, place.rowKey, stored, at);
  } catch (error) {
    // It is worked on already.
    if (!(error instanceof ConflictError)) throw error;
  }
  return { order };
}

/**
 * Gives an order up that waits: `Errored`, and kept in poison. Its message finishes as a repeat when it comes back.
 *
 * @throws UnavailableError.
 */
export async function dropWaiting(found: FoundWaiting, deps: WaitingCommandDeps): Promise<Acted> {
  const { order, place } = found;
  const kept = await readKept(place, deps.ledger);
  const refused = typeof kept === 'string' ? kept : await deps.giveUp(kept.envelope, found);
  return refused === undefined ? { order } : { order, refused };
}

async function readKept(
  { partition, rowKey }: WaitingPlace,
  ledger: Ledger,
): Promise<{ stored: Stored<DeliveryRow>; envelope: Envelope } | string> {
  const stored = await ledger.readWaiting(partition, rowKey);
  if (!stored) return 'it does not wait any more';
  const { Envelope: kept, NotBefore: notBefore = 'soon' } = stored.row;
  if (!kept)
    return `it was put back by an older version, which did not keep it: wait until it comes back (${notBefore}) and is put back again`;
  const envelope = keptEnvelope(stored.row);
  return envelope
    ? { stored, envelope }
    : `what is kept of it can not be read: wait until it comes back (${notBefore})`;
}
