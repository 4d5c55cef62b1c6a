import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { HoldError, messageOf } from '../errors.ts';
import type { Holds } from '../limits/holds.ts';
import type { Permits } from '../limits/permits.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { ChangeType, ProvisioningOrder } from '../provisioning/order.ts';
import { ticketKey, ticketMarker } from '../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/servicenow.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { ConflictError } from '../storage/entity-table.ts';
import { decideCreate } from './decide-create.ts';
import { describeOrder } from './describe-order.ts';
import { changedFields, draftIncident } from './draft-incident.ts';
import type { CallerFinder } from './find-caller.ts';
import { INCIDENT } from './incident-fields.ts';
import { type AssignmentView, keyOf, type Ledger } from './ledger.ts';
import type { DeliveryRow, Stored, TicketRow } from './ledger-row.ts';
import { lookUpTicket } from './look-up-ticket.ts';
import type { OpenTicket } from './open-ticket.ts';
import { type Claim, postTicket, UnclearPostError } from './post-ticket.ts';
import type { OrderPlace, PutBack } from './put-back.ts';
import type { SettlePending } from './settle-pending.ts';

/** One order that was understood, with everything its ticket needs. */
export interface TicketOrder {
  readonly envelope: Envelope;
  readonly order: ProvisioningOrder;
  readonly changeType: ChangeType;
  readonly orderKey: string;
  readonly mapping: ResourceTypeMapping;
  readonly place: OrderPlace;
  /** Names this handling of the order; a row that carries it is under this handling's claim. */
  readonly claimId: string;
}

/**
 * Makes the ticket of one order, exactly one whatever fails on the way; returns when the message can be finished.
 *
 * @throws ConnectorError where the order has to come back, wait or be given up; the row then says whether somebody
 *   may post for it without looking first.
 */
export type CreateTicket = (order: TicketOrder, instance: Instance) => Promise<void>;

/** What creating tickets needs. */
export interface CreateTicketDeps {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly permits: Permits;
  readonly holds: Holds;
  readonly track: TrackRecord;
  readonly callers: CallerFinder;
  readonly settle: SettlePending;
  readonly open: OpenTicket;
  readonly putBack: PutBack;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** How often a row that others change at the same moment is read again within one handling. */
const MOST_READINGS = 4;
/** Orders that found no permit come back spread over this many seconds. */
const PERMIT_SPREAD_IN_SECONDS = 30;

/**
 * Builds the use case. The order of its steps is the protocol:
 * permit → read by assignment → claim the ticket key → POST → send `Transmitted` → row `open`.
 */
export function makeCreateTicket(deps: CreateTicketDeps): CreateTicket {
  const { config, ledger, permits, holds, callers, clock, log } = deps;
  const claimLengthInMs = config.requestTimeoutInMs + config.unclearWaitInMs + config.claimMarginInMs;

  return async (order, instance) => {
    const scope = `resource type ${order.order.ResourceType.Identifier}`;
    const held = holds.reasonFor(scope);
    if (held !== undefined) throw new HoldError(scope, held);
    const permit = await permits.acquire(instance.host, instance.concurrencyLimit, config.permitWaitInMs);
    if (!permit) {
      const delayInSeconds = 1 + deps.random() * PERMIT_SPREAD_IN_SECONDS;
      return deps.putBack(order.envelope, order.place, {
        kind: 'waiting',
        delayInSeconds,
        reason: 'all calls that ServiceNow may be sent at a time are in flight',
      });
    }
    let lingerInMs = 0;
    let made: (() => Promise<void>) | undefined;
    try {
      made = await readAndDecide(order, instance);
    } catch (error) {
      if (error instanceof UnclearPostError && error.withoutAnswer) lingerInMs = config.permitLingerInMs;
      throw error;
    } finally {
      permit.release(lingerInMs);
    }
    await made?.();
  };

  /** Everything that calls ServiceNow; gives what is left to do once the permit is free again. */
  async function readAndDecide(order: TicketOrder, instance: Instance): Promise<(() => Promise<void>) | undefined> {
    for (let reading = 1; ; reading += 1) {
      try {
        const view = await ledger.readAssignment(order.place.partition, order.place.assignmentId);
        return await apply(order, instance, view);
      } catch (error) {
        if (!(error instanceof ConflictError) || reading >= MOST_READINGS) throw error;
      }
    }
  }

  async function apply(
    order: TicketOrder,
    instance: Instance,
    view: AssignmentView,
  ): Promise<(() => Promise<void>) | undefined> {
    const { envelope, place, orderKey } = order;
    const { partition } = place;
    const { DeliveryId: deliveryId, OrderedAt: orderedAt } = envelope;
    const decision = decideCreate({ orderKey, deliveryId, orderedAt }, view);
    const delivery = view.deliveries.find(({ row }) => row.DeliveryId === deliveryId);
    const follow = {
      root: instance.settings.root,
      resolvedCounts: order.mapping.ResolvedCounts,
      synchronizationFollows: !order.mapping.TicketSynchroIsNotAvailable,
    };

    if (decision.kind === 'repeat') {
      log.info('delivery.repeated', { deliveryId, orderKey });
      return async () => void (decision.row && (await deps.settle(partition, decision.row)));
    }
    if (decision.kind === 'absorb') {
      const key = keyOf(decision.row.row);
      await ledger.write(partition, { delivery: deliveryChange(order, delivery, key, true) });
      log.info('delivery.absorbed', { deliveryId, ticketKey: key, ticket: decision.row.row.Number });
      return () => deps.settle(partition, decision.row).then(() => {});
    }
    if (decision.kind === 'wait') {
      return () =>
        deps.putBack(envelope, place, { kind: 'waiting', delayInSeconds: decision.seconds, reason: decision.reason });
    }

    const suspect = decision.kind === 'claim' ? decision.lookUpFirst : decision.lookUp ? decision.row : undefined;
    if (suspect) {
      const record = await lookUpTicket(instance, suspect.row.TicketTable, lookUpKeys(suspect.row), (numbers) =>
        log.error('ticket.doubled', { ticketKey: keyOf(suspect.row), numbers: numbers.join(' ') }),
      );
      if (record) {
        const change =
          delivery?.row.State === 'decided' ? undefined : deliveryChange(order, delivery, keyOf(suspect.row), false);
        return async () => deps.open(partition, await deps.settle(partition, suspect), record, follow, change);
      }
    }

    const generation = decision.kind === 'claim' ? decision.generation : decision.row.row.Generation;
    const draft = await draftFor(order, instance, view, ticketKey(orderKey, generation));
    const previous = decision.kind === 'takeOver' ? decision.row : undefined;
    const { stored, claim } = await takeClaim(order, generation, previous, delivery);
    const record = await post(instance, partition, stored, draft, claim);
    deps.track.succeeded(order.mapping.Connection);
    deps.track.succeeded(`resource type ${order.order.ResourceType.Identifier}`);
    noteChangedFields(order, draft, record);
    return () => deps.open(partition, stored, record, follow);
  }

  async function draftFor(
    { order, changeType, envelope, mapping, orderKey }: TicketOrder,
    instance: Instance,
    view: AssignmentView,
    key: string,
  ): Promise<ServiceNowRecord> {
    const callerValue = mapping.TicketCallerId === undefined ? undefined : order.Owner?.[mapping.TicketCallerId];
    const callerSysId = typeof callerValue === 'string' ? await callers.find(instance, callerValue) : undefined;
    if (callerSysId === undefined)
      log.warn('caller.notFound', {
        orderKey,
        resourceType: order.ResourceType.Identifier,
        attribute: mapping.TicketCallerId,
      });
    const text = describeOrder(order, changeType, {
      ticketKey: key,
      callerFound: callerSysId !== undefined,
      additionalInformation: mapping.TicketAdditionalInformation,
      resolvedCounts: mapping.ResolvedCounts,
      otherTickets: view.tickets
        // A late older order would undo a newer one that is done already: its text has to say so.
        .filter(
          ({ row: { OrderKey, State, OrderedAt } }) =>
            OrderKey !== orderKey && (State === 'open' || (State === 'closed' && OrderedAt > envelope.OrderedAt)),
        )
        .map(({ row }) => ({
          number: row.Number ?? '',
          url: row.Url ?? '',
          changeType: row.ChangeType,
          newer: row.OrderedAt > envelope.OrderedAt,
        })),
    });
    return draftIncident(mapping, text, {
      key,
      marker: ticketMarker(config.installationId, mapping.Connection),
      callerSysId,
    });
  }

  async function takeClaim(
    order: TicketOrder,
    generation: number,
    previous: Stored<TicketRow> | undefined,
    delivery: Stored<DeliveryRow> | undefined,
  ) {
    const row: TicketRow = {
      ...(previous?.row ?? newRow(order, generation, clock.now())),
      ClaimId: order.claimId,
      ClaimSeconds: Math.ceil(claimLengthInMs / 1000),
      NotPosted: false,
    };
    const askedAtInMs = clock.monotonicInMs();
    const etag = await ledger.write(order.place.partition, {
      ticket: { row, previous },
      ...(delivery?.row.State !== 'decided' && { delivery: deliveryChange(order, delivery, keyOf(row), false) }),
    });
    const claim: Claim = { askedAtInMs, writtenAtInMs: clock.monotonicInMs(), lengthInMs: row.ClaimSeconds * 1000 };
    return { stored: { row, etag, writtenAt: clock.now() }, claim };
  }

  async function post(
    instance: Instance,
    partition: string,
    stored: Stored<TicketRow>,
    draft: ServiceNowRecord,
    claim: Claim,
  ): Promise<ServiceNowRecord> {
    try {
      return await postTicket(instance, stored.row.TicketTable, draft, lookUpKeys(stored.row), claim, deps);
    } catch (error) {
      if (error instanceof UnclearPostError) throw error;
      // There certainly is no ticket: give the claim back, so that the next copy need not wait and look.
      try {
        await ledger.write(partition, { ticket: { row: { ...stored.row, NotPosted: true }, previous: stored } });
      } catch (writing) {
        log.warn('ledger.unwritten', { ticketKey: keyOf(stored.row), reason: messageOf(writing) });
      }
      throw error;
    }
  }

  function lookUpKeys(row: TicketRow) {
    return {
      key: keyOf(row),
      marker: ticketMarker(config.installationId, row.Connection),
      firstClaimedAt: new Date(row.FirstClaimedAt),
    };
  }

  function noteChangedFields(
    { order, orderKey }: TicketOrder,
    draft: ServiceNowRecord,
    record: ServiceNowRecord,
  ): void {
    const changed = changedFields(draft, record);
    if (changed.length === 0) return;
    const resourceType = order.ResourceType.Identifier;
    log.warn('ticket.changedByInstance', {
      orderKey,
      resourceType,
      ticket: record.number,
      fields: changed.join(' '),
    });
    if (changed.some((field) => field.startsWith('correlation_'))) {
      holds.place(
        `resource type ${resourceType}`,
        `ServiceNow stored ${changed.join(', ')} of ${record.number} otherwise than it was sent, so tickets of resource type "${resourceType}" could not be found again: let the account write these fields and keep business rules off them, then restart the app`,
      );
    }
  }
}

/** A name for one handling of one order. */
export function newClaimId(): string {
  return randomUUID();
}

function newRow({ envelope, order, orderKey, mapping }: TicketOrder, generation: number, now: Date): TicketRow {
  return {
    v: 1,
    State: 'creating',
    OrderKey: orderKey,
    Generation: generation,
    OrderedAt: envelope.OrderedAt,
    DeliveryId: envelope.DeliveryId,
    Connection: mapping.Connection,
    ResourceType: order.ResourceType.Identifier,
    AssignmentId: order.AssignedResourceTypeId,
    ChangeType: order.ChangeType,
    OwnerId: order.Owner?.Id ?? '',
    OwnerType: order.ResourceType.SourceEntityType?.Id ?? '',
    ...(envelope.TraceParent && { TraceParent: envelope.TraceParent }),
    ClaimId: '',
    ClaimSeconds: 0,
    FirstClaimedAt: now.toISOString(),
    NotPosted: false,
    Unclear: false,
    Sequence: 0,
    TicketTable: INCIDENT,
  };
}

function deliveryChange(
  { envelope, place }: TicketOrder,
  previous: Stored<DeliveryRow> | undefined,
  key: string,
  absorbed: boolean,
) {
  const row: DeliveryRow = {
    v: 1,
    State: 'decided',
    DeliveryId: envelope.DeliveryId,
    OrderedAt: envelope.OrderedAt,
    TicketKey: key,
    Absorbed: absorbed,
  };
  return { assignmentId: place.assignmentId, row, previous };
}
