import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { decideFailure, type FailureDecision, type PutBackDecision } from '../decide-failure.ts';
import { type Failure, failureOf, messageOf, PermanentError } from '../errors.ts';
import type { Holds, ProbeTurn } from '../limits/holds.ts';
import type { ProbeOutcome } from '../limits/judge-hold.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import { isErased } from '../provisioning/erased-order.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { CHANGE_TYPES, identifyOrder, isChangeType, type OrderIdentity, readOrder } from '../provisioning/order.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { CreateTicket } from './create-ticket.ts';
import { summarizeOrder } from './describe-order.ts';
import { isDone } from './is-done.ts';
import type { KeepRepeat } from './keep-repeat.ts';
import { keyOfOrder } from './key-of-order.ts';
import { type Ledger, NO_CONNECTION } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
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
  readonly holds: Pick<Holds, 'enter' | 'place' | 'isAlone'>;
  readonly track: Pick<TrackRecord, 'succeedsLately' | 'refused'>;
  readonly random: () => number;
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

/** A connection that made a ticket within this time is not what keeps an order from becoming one. */
const LATELY_IN_MS = 30 * 60_000;

/** Builds the receiver. */
export function makeReceiveOrders(deps: ReceiveOrdersDeps): ReceiveOrders {
  const { config, mappings, serviceNow, store, holds, track } = deps;

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

  function keyOf({ data, place }: Progress): string {
    return keyOfOrder(config.installationId, place?.partition, data);
  }

  async function onFailure(envelope: Envelope, progress: Progress, error: unknown): Promise<void> {
    const { place, scope } = progress;
    const { failure, outcome } = await judge(envelope, progress, error);
    const waitInSeconds = await progress.turn?.end(outcome);
    const probeInSeconds = (await placeHold(envelope, progress, outcome, error)) ?? spread(waitInSeconds);
    let decision: FailureDecision;
    try {
      decision = decideFailure(
        error,
        // Whoever found it out comes back to probe; all others wait until somebody has.
        failure?.class === 'hold' && probeInSeconds !== undefined
          ? { ...failure, retryAfterInSeconds: probeInSeconds }
          : failure,
        {
          attempt: envelope.Attempt,
          waitedSeconds: envelope.WaitedSeconds,
          othersSucceed: place !== undefined && (await track.succeedsLately(place.partition, LATELY_IN_MS)),
          sameRefusals: outcome === 'orderRefused' && scope ? await track.refused(scope, messageOf(error)) : 0,
          isProbe: waitInSeconds !== undefined,
          random: deps.random(),
        },
        config,
      );
    } catch (counting) {
      // Nobody is given up by who can't count.
      return putBackAfter(envelope, place, deferralAfter(envelope, counting));
    }
    if (decision.kind === 'throw') throw error;
    if (decision.kind === 'hold' && outcome === 'orderRefused' && scope) {
      const placedInSeconds = await holds.place(scope, 'refusals', decision.reason);
      const nextInSeconds = waitInSeconds ?? placedInSeconds ?? decision.delayInSeconds;
      const delayInSeconds = Math.min(decision.delayInSeconds, nextInSeconds);
      return putBackAfter(envelope, place, { ...decision, delayInSeconds });
    }
    if (decision.kind !== 'reject') return putBackAfter(envelope, place, decision);
    await rejectOrPutBack(envelope, place, {
      envelope,
      identity: progress.identity,
      place,
      orderKey: keyOf(progress),
      reason: decision.reason,
      claimId: progress.claimId,
    });
  }

  /** What a failure is about. A refusal that held all orders before, and that others then did not meet, is the order's own. */
  async function judge({ DeliveryId }: Envelope, { scope }: Progress, error: unknown) {
    const failure = failureOf(error);
    const outcome = outcomeOf(error, failure);
    if (outcome !== 'accountRefused' || !scope) return { failure, outcome };
    const isAlone = await holds.isAlone({ connection: scope.connection }, 'refused', DeliveryId).catch((unread) => {
      if (failureOf(unread) === undefined) throw unread;
      return false;
    });
    return isAlone ? ({ failure: { class: 'permanent' }, outcome: 'orderRefused' } as const) : { failure, outcome };
  }

  /** Whoever failed to end a hold may be alone with that: in the next turn another order may be quicker. */
  function spread(waitInSeconds: number | undefined): number | undefined {
    return waitInSeconds === undefined ? undefined : waitInSeconds * (1 + deps.random());
  }

  /** Holds all orders that would be told the same; says in how many seconds this one may look again. */
  async function placeHold(
    { DeliveryId }: Envelope,
    { scope }: Progress,
    outcome: ProbeOutcome,
    error: unknown,
  ): Promise<number | undefined> {
    if (!scope) return undefined;
    if (outcome === 'accountRefused')
      return holds.place({ connection: scope.connection }, 'refused', messageOf(error), DeliveryId);
    if (outcome === 'unfinished') return holds.place(scope, 'unfinished', messageOf(error));
    return outcome === 'notFound' ? holds.place(scope, 'reference', messageOf(error)) : undefined;
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
      await putBackAfter(envelope, place, deferralAfter(envelope, error));
    }
  }

  /** What to do after a failure that is not the order's: it is neither aged nor counted among refusals. */
  function deferralAfter(envelope: Envelope, error: unknown): PutBackDecision {
    const work = { attempt: envelope.Attempt, waitedSeconds: 0, othersSucceed: false, sameRefusals: 0, isProbe: false };
    const decision = decideFailure(error, failureOf(error), { ...work, random: deps.random() }, config);
    if (decision.kind !== 'defer' && decision.kind !== 'hold') throw error;
    return decision;
  }

  async function putBackAfter(
    envelope: Envelope,
    place: OrderPlace | undefined,
    { kind, delayInSeconds, reason }: PutBackDecision,
  ): Promise<void> {
    await deps.putBack(envelope, place, { kind: kind === 'defer' ? 'deferred' : 'held', delayInSeconds, reason });
  }
}

/** Whether a request was made that is to be completed. */
function isBegun({ State, RequestSysId }: TicketRow): boolean {
  return State === 'creating' && RequestSysId !== undefined;
}

/** What a failure says about what holds other orders. */
function outcomeOf(error: unknown, failure: Failure | undefined): ProbeOutcome {
  if (failure?.class === 'hold') return failure.found ?? 'unclear';
  return error instanceof ServiceNowError && failure?.class === 'permanent' ? 'orderRefused' : 'unclear';
}
