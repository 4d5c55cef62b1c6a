import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import { ConflictError } from '../storage/entity-table.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { Ledger } from './ledger.ts';

/** Why and for how long a message is put back. Only `deferred` spends an attempt and ages the order. */
export interface PutBackReason {
  readonly kind: 'deferred' | 'held' | 'waiting';
  readonly delayInSeconds: number;
  readonly reason: string;
}

/** Where an order's row is, once that is known. */
export interface OrderPlace {
  readonly partition: string;
  readonly assignmentId: string;
  readonly summary: string;
}

/** Puts a message back on the queue, to show again after a delay; what it was is finished afterwards. */
export type PutBack = (envelope: Envelope, place: OrderPlace | undefined, why: PutBackReason) => Promise<void>;

/**
 * Builds the put-back. The `waiting` row comes first, for a hidden queue message can't be listed and a row can; it is
 * for people only, so a ledger that can't be written does not keep the message from being put back.
 */
export function makePutBack(deps: {
  readonly ledger: Ledger;
  readonly orders: MessageQueue;
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly log: Log;
  /** What the messages ask for; events are named by it. */
  readonly work?: 'order' | 'reset';
}): PutBack {
  const { ledger, orders, store, clock, log, work = 'order' } = deps;

  async function recordWaiting(
    envelope: Envelope,
    place: OrderPlace,
    reason: string,
    notBefore: string,
  ): Promise<void> {
    const { partition, assignmentId, summary } = place;
    const previous = await ledger.readDelivery(partition, assignmentId, envelope.DeliveryId);
    if (previous?.row.State === 'decided') return;
    await ledger.write(partition, {
      delivery: {
        assignmentId,
        previous,
        row: {
          v: 1,
          State: 'waiting',
          DeliveryId: envelope.DeliveryId,
          OrderedAt: envelope.OrderedAt,
          Reason: reason.slice(0, 1000),
          Since: previous?.row.Since ?? clock.now().toISOString(),
          NotBefore: notBefore,
          Summary: summary,
          // What an operator sends again or gives up: a hidden message can't be reached.
          Envelope: Buffer.from(JSON.stringify(envelope), 'utf8'),
        },
      },
    });
  }

  return async (envelope, place, { kind, delayInSeconds, reason }) => {
    const delay = Math.ceil(delayInSeconds);
    const notBefore = new Date(clock.now().getTime() + delay * 1000).toISOString();
    const spent =
      kind === 'deferred' ? { Attempt: envelope.Attempt + 1, WaitedSeconds: envelope.WaitedSeconds + delay } : {};
    const sent = await store.fit({ ...envelope, ...spent, NotBefore: notBefore, Reason: reason });
    if (place) {
      try {
        await recordWaiting(sent, place, reason, notBefore);
      } catch (error) {
        // A copy of the message got further meanwhile, or the ledger is away: the message itself must not be lost.
        if (!(error instanceof ConflictError))
          log.warn('ledger.unwritten', { deliveryId: envelope.DeliveryId, reason: messageOf(error) });
      }
    }
    await orders.send(sent, delay);
    log.warn(`${work}.${kind}`, {
      deliveryId: envelope.DeliveryId,
      attempt: envelope.Attempt,
      delayInSeconds: delay,
      reason,
      ...(place && { [work]: place.summary }),
    });
  };
}
