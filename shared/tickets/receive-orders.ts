import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { PermanentError } from '../errors.ts';
import type { Holds, ProbeTurn } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import type { OnFailure } from '../on-failure.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import { isErased } from '../provisioning/erased-order.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { CHANGE_TYPES, identifyOrder, isChangeType, type OrderIdentity, readOrder } from '../provisioning/order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { CreateTicket } from './create-ticket.ts';
import { summarizeOrder } from './describe-order.ts';
import { isDone } from './is-done.ts';
import type { KeepRepeat } from './keep-repeat.ts';
import { keyOfOrder } from './key-of-order.ts';
import { type Ledger, NO_CONNECTION } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import type { OrderPlace, PutBack } from './put-back.ts';
import type { RejectOrder } from './reject-order.ts';
import { splitOrders } from './split-orders.ts';

/**
 * Handles one message of `provisioning-orders`: a list is split, an order becomes a ticket, and what fails is put back
 * or given up by its class. Returning means the message may be deleted: its content is somewhere safe.
 *
 * @throws anything nobody foresaw; the platform then delivers the message again and poisons it in the end.
 */
export type ReceiveOrders = (envelope: Envelope) => Promise<void>;

/** What receiving orders needs. */
export interface ReceiveOrdersDeps {
  readonly config: Pick<Config, 'installationId'>;
  readonly mappings: Mappings;
  readonly ledger: Ledger;
  readonly serviceNow: ServiceNow;
  readonly create: CreateTicket;
  readonly reject: RejectOrder;
  readonly keepRepeat: KeepRepeat;
  readonly putBack: PutBack;
  readonly orders: MessageQueue;
  readonly store: OrderStore;
  readonly holds: Pick<Holds, 'enter'>;
  readonly onFailure: OnFailure;
  readonly log: Log;
}

/** What is known of an order when something fails: it grows while the order is read. */
interface Progress {
  data: unknown;
  identity: OrderIdentity;
  place: OrderPlace | undefined;
  /** The connection and resource type it goes to, once its mapping is known. */
  scope: { readonly connection: string; readonly resourceType: string } | undefined;
  /** Where it is this order's turn to look whether a hold is over. */
  turn: ProbeTurn | undefined;
  readonly claimId: string;
}

/** Builds the receiver. */
export function makeReceiveOrders(deps: ReceiveOrdersDeps): ReceiveOrders {
  const { config, mappings, serviceNow, store, holds } = deps;

  return async (envelope) => {
    const progress: Progress = {
      data: undefined,
      identity: identifyOrder(undefined),
      place: undefined,
      scope: undefined,
      turn: undefined,
      claimId: randomUUID(),
    };
    try {
      const content = await store.ordersOf(envelope);
      if (content.kind === 'longList') return await splitOrders(envelope, content, deps);
      const { list, orders } = content;
      if (list && orders.length === 0)
        throw new PermanentError('Expected orders in ProvisioningOrdersList, got an empty list');
      if (orders.length > 1) return await splitOrders(envelope, content, deps);
      // Only what was decided on is ever erased, or what an operator has taken out of poison.
      if (isErased(orders[0])) return deps.log.info('order.erased', { deliveryId: envelope.DeliveryId });
      progress.data = orders[0];
      progress.identity = identifyOrder(orders[0]);
      await receiveOrder(envelope, progress);
    } catch (error) {
      const { place, scope, turn } = progress;
      const accountScope = scope && { connection: scope.connection };
      await deps.onFailure({ envelope, place, scope, accountScope, turn }, error, (reason) =>
        giveUp(envelope, progress, reason),
      );
    }
  };

  async function receiveOrder(envelope: Envelope, progress: Progress): Promise<void> {
    const { identity } = progress;
    if (identity.assignmentId !== undefined) {
      progress.place = {
        partition: NO_CONNECTION,
        assignmentId: identity.assignmentId,
        summary: 'an order not read yet',
      };
    }
    const parsed = readOrder(progress.data);
    if (!parsed.ok)
      throw new PermanentError(`Expected a provisioning order, got something else: ${parsed.faults.join('; ')}`);
    const order = parsed.value;
    const summary = summarizeOrder(order);
    progress.place = { partition: NO_CONNECTION, assignmentId: order.AssignedResourceTypeId, summary };
    const mapping = await mappings.find(order.ResourceType.Identifier);
    const place = { partition: mapping.Connection, assignmentId: order.AssignedResourceTypeId, summary };
    progress.place = place;
    if (envelope.NotBefore !== undefined) {
      // It may have waited for its mapping, and nobody knew its connection then; an operator may have dropped it meanwhile.
      const { DeliveryId: deliveryId } = envelope;
      if (await deps.ledger.forgetWaiting(NO_CONNECTION, place.assignmentId, deliveryId)) {
        return deps.log.info('delivery.repeated', { deliveryId });
      }
    }
    if (!isChangeType(order.ChangeType)) {
      throw new PermanentError(
        `Expected ChangeType ${CHANGE_TYPES.join(', ')}, got ${JSON.stringify(order.ChangeType.slice(0, 40))}: nothing can be asked of a person with it`,
      );
    }
    const key = keyOf(progress);
    if (await deps.keepRepeat({ envelope, place, orderKey: key })) return;
    progress.scope = { connection: mapping.Connection, resourceType: order.ResourceType.Identifier };
    try {
      progress.turn = await holds.enter(progress.scope, async () => {
        const { tickets } = await deps.ledger.readAssignment(place.partition, place.assignmentId);
        return tickets.some(({ row }) => row.OrderKey === key && isBegun(row));
      });
    } catch (error) {
      // What waited may have been dropped, or sent again, by an operator: it does not wait on.
      const { DeliveryId: deliveryId, NotBefore: waited } = envelope;
      if (waited === undefined || !(await isDone(deps.ledger, place, deliveryId))) throw error;
      return deps.log.info('delivery.repeated', { deliveryId, orderKey: key });
    }
    const instance = await serviceNow.open(mapping.Connection);
    const came = await deps.create(
      {
        envelope,
        identity,
        order,
        changeType: order.ChangeType,
        orderKey: key,
        mapping,
        place,
        claimId: progress.claimId,
      },
      instance,
    );
    await progress.turn?.end(came === 'created' ? 'created' : 'notAsked');
  }

  async function giveUp(envelope: Envelope, progress: Progress, reason: string): Promise<void> {
    const { identity, place, claimId } = progress;
    const orderKey = keyOf(progress);
    if (place && (await deps.keepRepeat({ envelope, place, orderKey }))) return;
    await deps.reject({ envelope, identity, place, orderKey, reason, claimId });
  }

  function keyOf({ data, place }: Progress): string {
    return keyOfOrder(config.installationId, place?.partition, data);
  }
}

/** Whether a request was made that is to be completed. */
function isBegun({ State, RequestSysId }: TicketRow): boolean {
  return State === 'creating' && RequestSysId !== undefined;
}
