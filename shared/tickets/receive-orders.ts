import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { decideFailure, type PutBackDecision } from '../decide-failure.ts';
import { failureOf, PermanentError } from '../errors.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import {
  CHANGE_TYPES,
  identifyOrder,
  isChangeType,
  type OrderIdentity,
  type ProvisioningOrder,
  readOrder,
} from '../provisioning/order.ts';
import { orderKey } from '../provisioning/order-key.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { CreateTicket } from './create-ticket.ts';
import { summarizeOrder } from './describe-order.ts';
import type { KeepRepeat } from './keep-repeat.ts';
import { type Ledger, NO_CONNECTION } from './ledger.ts';
import type { OrderPlace, PutBack } from './put-back.ts';
import type { Rejection, RejectOrder } from './reject-order.ts';
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
  readonly config: Pick<Config, 'installationId' | 'deferral' | 'holdInMs'>;
  readonly mappings: Mappings;
  readonly ledger: Ledger;
  readonly serviceNow: ServiceNow;
  readonly create: CreateTicket;
  readonly reject: RejectOrder;
  readonly keepRepeat: KeepRepeat;
  readonly putBack: PutBack;
  readonly orders: MessageQueue;
  readonly store: OrderStore;
  readonly track: TrackRecord;
  readonly random: () => number;
  readonly log: Log;
}

/** What is known of an order when something fails: it grows while the order is read. */
interface Progress {
  data: unknown;
  identity: OrderIdentity;
  order: ProvisioningOrder | undefined;
  place: OrderPlace | undefined;
  readonly claimId: string;
}

/** A connection that made a ticket within this time is not what keeps an order from becoming one. */
const LATELY_IN_MS = 30 * 60_000;

/** Builds the receiver. */
export function makeReceiveOrders(deps: ReceiveOrdersDeps): ReceiveOrders {
  const { config, mappings, serviceNow, store, track } = deps;

  return async (envelope) => {
    const progress: Progress = {
      data: undefined,
      identity: identifyOrder(undefined),
      order: undefined,
      place: undefined,
      claimId: randomUUID(),
    };
    try {
      const content = await store.ordersOf(envelope);
      if (content.kind === 'longList') return await splitOrders(envelope, content, deps);
      const { list, orders } = content;
      if (list && orders.length === 0)
        throw new PermanentError('Expected orders in ProvisioningOrdersList, got an empty list');
      if (orders.length > 1) return await splitOrders(envelope, content, deps);
      progress.data = orders[0];
      progress.identity = identifyOrder(orders[0]);
      await receiveOrder(envelope, progress);
    } catch (error) {
      await onFailure(envelope, progress, error);
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
    progress.order = order;
    const summary = summarizeOrder(order);
    progress.place = { partition: NO_CONNECTION, assignmentId: order.AssignedResourceTypeId, summary };
    const mapping = await mappings.find(order.ResourceType.Identifier);
    const place = { partition: mapping.Connection, assignmentId: order.AssignedResourceTypeId, summary };
    progress.place = place;
    if (envelope.NotBefore !== undefined) {
      // It may have waited for its mapping, and nobody knew its connection then.
      await deps.ledger.forgetWaiting(NO_CONNECTION, place.assignmentId, envelope.DeliveryId);
    }
    if (!isChangeType(order.ChangeType)) {
      throw new PermanentError(
        `Expected ChangeType ${CHANGE_TYPES.join(', ')}, got ${JSON.stringify(order.ChangeType.slice(0, 40))}: nothing can be asked of a person with it`,
      );
    }
    const key = keyOfOrder(progress);
    if (await deps.keepRepeat({ envelope, place, orderKey: key })) return;
    const instance = await serviceNow.open(mapping.Connection);
    await deps.create(
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
  }

  function keyOfOrder({ data, identity, order, place }: Progress): string {
    const { assignmentId = '', changeType, resourceType } = identity;
    return orderKey({
      installationId: config.installationId,
      connection: place === undefined || place.partition === NO_CONNECTION ? '' : place.partition,
      resourceType,
      assignmentId,
      changeType,
      workflowInstanceId: order?.WorkflowInstanceId ?? undefined,
      // An order that can't be read is told from others by all of it.
      changes: order ? (order.Changes ?? {}) : JSON.stringify(data),
    });
  }

  async function onFailure(envelope: Envelope, progress: Progress, error: unknown): Promise<void> {
    const { place } = progress;
    const failure = failureOf(error);
    const refusal = error instanceof ServiceNowError && failure?.class === 'permanent' ? error.message : undefined;
    const decision = decideFailure(
      error,
      failure,
      {
        attempt: envelope.Attempt,
        waitedSeconds: envelope.WaitedSeconds,
        othersSucceed: place !== undefined && track.succeedsLately(place.partition, LATELY_IN_MS),
        sameRefusals:
          refusal === undefined ? 0 : track.refused(`resource type ${progress.identity.resourceType}`, refusal),
        random: deps.random(),
      },
      config,
    );
    if (decision.kind === 'throw') throw error;
    if (decision.kind !== 'reject') return putBackAfter(envelope, place, decision);
    await rejectOrPutBack(envelope, place, {
      envelope,
      identity: progress.identity,
      place,
      orderKey: keyOfOrder(progress),
      reason: decision.reason,
      claimId: progress.claimId,
    });
  }

  /** An order is given up only when that is written down: what keeps it from that must not end in platform poison. */
  async function rejectOrPutBack(
    envelope: Envelope,
    place: OrderPlace | undefined,
    rejection: Rejection,
  ): Promise<void> {
    try {
      const { orderKey: key } = rejection;
      if (!place || !(await deps.keepRepeat({ envelope, place, orderKey: key }))) await deps.reject(rejection);
    } catch (error) {
      // Neither aged nor counted among refusals: this is not the order's failure.
      const work = { attempt: envelope.Attempt, waitedSeconds: 0, othersSucceed: false, sameRefusals: 0 };
      const decision = decideFailure(error, failureOf(error), { ...work, random: deps.random() }, config);
      if (decision.kind !== 'defer' && decision.kind !== 'hold') throw error;
      await putBackAfter(envelope, place, decision);
    }
  }

  async function putBackAfter(
    envelope: Envelope,
    place: OrderPlace | undefined,
    { kind, delayInSeconds, reason }: PutBackDecision,
  ): Promise<void> {
    await deps.putBack(envelope, place, { kind: kind === 'defer' ? 'deferred' : 'held', delayInSeconds, reason });
  }
}
