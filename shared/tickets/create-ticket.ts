import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ConnectorError, HoldError, messageOf } from '../errors.ts';
import type { Brake, DailyLimit } from '../limits/brake.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import { ticketKey } from '../provisioning/order-key.ts';
import type { Instance } from '../servicenow/client.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { readAgain } from '../storage/read-again.ts';
import type { AttachDetails } from './attach-details.ts';
import { untraceable } from './catalog-request-tickets.ts';
import { claimTicket } from './claim-ticket.ts';
import { type CreateDecision, decideCreate } from './decide-create.ts';
import { assignmentChange, decidedDelivery } from './decided-delivery.ts';
import type { TicketDraft, TicketDrafter } from './draft-ticket.ts';
import { followContext } from './follow-ticket.ts';
import { type AssignmentView, keyOf, type Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import type { OpenTicket } from './open-ticket.ts';
import type { PutBack } from './put-back.ts';
import { type Claim, UnclearPostError, UntraceableOrderError } from './send-once.ts';
import type { SettlePending } from './settle-pending.ts';
import { type FoundTicket, type MadeTicket, TICKET_KINDS } from './ticket-kind.ts';
import type { TicketOrder } from './ticket-order.ts';
import { kindColumns, ticketReference, whereToLook } from './ticket-reference.ts';
import { type BegunRequest, UnfinishedTicketError } from './unfinished-ticket-error.ts';

/**
 * Makes the ticket of one order, exactly one whatever fails on the way; returns when the message can be finished, and says
 * whether it was `created` now (or is whole by now, where it had been begun), or nothing had to be posted.
 *
 * @throws ConnectorError where the order has to come back, wait or be given up; the row then says whether somebody
 *   may post for it without looking first.
 */
export type CreateTicket = (order: TicketOrder, instance: Instance) => Promise<'created' | 'notPosted'>;

/** What creating tickets needs. */
export interface CreateTicketDeps {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly withPermit: WithPermit;
  readonly brake: Pick<Brake, 'take'>;
  readonly track: Pick<TrackRecord, 'succeeded'>;
  readonly drafter: TicketDrafter;
  readonly attach: AttachDetails;
  readonly settle: SettlePending;
  readonly open: OpenTicket;
  readonly putBack: PutBack;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Builds the use case. The order of its steps is the protocol:
 * permit → read by assignment → claim the ticket key → POST → send `Transmitted` → row `open`.
 */
export function makeCreateTicket(deps: CreateTicketDeps): CreateTicket {
  const { config, ledger, drafter, log } = deps;

  return async (order, instance) => {
    const { partition, assignmentId } = order.place;
    const { came, rest } = await deps.withPermit(instance, 'order', () =>
      readAgain(async () => apply(order, instance, await ledger.readAssignment(partition, assignmentId))),
    );
    await rest();
    return came;
  };

  /** Everything that calls ServiceNow; gives what is left to do once the permit is free again. */
  async function apply(order: TicketOrder, instance: Instance, view: AssignmentView): Promise<Applied> {
    const { envelope, place, orderKey } = order;
    const { partition } = place;
    const { DeliveryId: deliveryId, OrderedAt: orderedAt } = envelope;
    // Our own claim, written although storage's answer to it was lost: nothing was posted under it.
    const own = view.tickets.find(({ row: { State, ClaimId } }) => State === 'creating' && ClaimId === order.claimId);
    const decision: CreateDecision = own
      ? { kind: 'takeOver', row: own, lookUp: own.row.RequestSysId !== undefined }
      : decideCreate({ orderKey, deliveryId, orderedAt }, view);
    const follow = followContext(instance, order.mapping);

    if (decision.kind === 'repeat') {
      log.info('delivery.repeated', { deliveryId, orderKey });
      return notPosted(async () => void (decision.row && (await deps.settle(partition, decision.row))));
    }
    if (decision.kind === 'absorb') {
      const key = keyOf(decision.row.row);
      const delivery = decidedDelivery(order, view, key, true);
      if (delivery) await ledger.write(partition, { delivery, assignment: assignmentChange(order, view) });
      log.info('delivery.absorbed', { deliveryId, ticketKey: key, ticket: decision.row.row.Number });
      return notPosted(async () => void (await deps.settle(partition, decision.row)));
    }
    if (decision.kind === 'wait') {
      return notPosted(() =>
        deps.putBack(envelope, place, { kind: 'waiting', delayInSeconds: decision.seconds, reason: decision.reason }),
      );
    }

    const suspect = decision.kind === 'claim' ? decision.lookUpFirst : decision.lookUp ? decision.row : undefined;
    const found = suspect && (await find(instance, suspect.row));
    if (suspect && found?.kind === 'whole') {
      const { record } = found;
      log.info('ticket.adopted', { ticketKey: keyOf(suspect.row), ticket: record.number });
      const delivery = decidedDelivery(order, view, keyOf(suspect.row), false);
      const rest = async () => {
        // Whoever made it may not have got as far.
        await deps.attach.missing(instance, order, suspect.row, record);
        await deps.open(partition, await deps.settle(partition, suspect), record, follow, delivery);
      };
      // What kept a request that was begun from being whole is over.
      return { came: suspect.row.RequestSysId === undefined ? 'notPosted' : 'created', rest };
    }
    if (suspect && !found && isUntraceable(suspect.row) && !isDecidedByHand(order, suspect.row, view))
      throw untraceable(`Look in ServiceNow for ${whereToLook(suspect.row)}.`);

    const begun = found?.kind === 'begun' ? found.request : undefined;
    if (begun && suspect) checkStillMadeAlike(order, suspect.row, begun);
    const previous = begun && suspect ? await deps.settle(partition, suspect) : takenOver(decision);
    const generation = previous?.row.Generation ?? (decision.kind === 'claim' ? decision.generation : 1);
    // From here on the ticket is a new one, unless it is begun: where the day's limit is reached, it costs no call.
    const leave = begun ? undefined : await deps.brake.take(dailyLimits(order, instance));
    try {
      const draft = await drafter.draft(order, instance, view, ticketKey(orderKey, generation));
      const { stored, claim } = await claimTicket(order, generation, previous, view, begun, deps);
      const { record, sent } = await make(instance, partition, stored, draft, claim, begun);
      log.info('ticket.created', { ticketKey: keyOf(stored.row), ticket: record.number });
      return {
        came: 'created',
        rest: async () => {
          await drafter.compare(order, sent, record);
          await deps.attach.all(instance, stored.row, record, draft.attachment);
          await deps.open(partition, stored, record, follow);
          await deps.track.succeeded({
            connection: order.mapping.Connection,
            resourceType: order.order.ResourceType.Identifier,
          });
        },
      };
    } catch (error) {
      if (isCertainlyNotMade(error)) leave?.giveBack();
      throw error;
    }
  }

  async function find(instance: Instance, row: TicketRow): Promise<FoundTicket | undefined> {
    return TICKET_KINDS[row.TicketKind ?? 'incident'].find(instance, ticketReference(row, config.installationId), log);
  }

  async function make(
    instance: Instance,
    partition: string,
    stored: Stored<TicketRow>,
    draft: TicketDraft,
    claim: Claim,
    begun: BegunRequest | undefined,
  ): Promise<MadeTicket> {
    const { row } = stored;
    const ticket = ticketReference(row, config.installationId);
    try {
      return await TICKET_KINDS[row.TicketKind ?? 'incident'].make({ instance, ticket, draft, claim, begun }, deps);
    } catch (error) {
      // After anything but a foreseen failure nobody knows; the claim runs out, and the ticket is looked for.
      if (!(error instanceof ConnectorError) || error instanceof UnclearPostError) throw error;
      if (error instanceof UntraceableOrderError) throw error;
      // What there is needs no waiting for; else there certainly is nothing: the next copy need not wait and look.
      const known: Partial<TicketRow> =
        error instanceof UnfinishedTicketError
          ? { ClaimSeconds: 0, RequestSysId: error.request.sysId, RequestNumber: error.request.number }
          : { NotPosted: true };
      try {
        await ledger.write(partition, { ticket: { row: { ...row, ...known }, previous: stored } });
      } catch (writing) {
        log.warn('ledger.unwritten', { ticketKey: keyOf(row), reason: messageOf(writing) });
      }
      throw error;
    }
  }
}

function notPosted(rest: () => Promise<void>): Applied {
  return { came: 'notPosted', rest };
}

/** Whether a failure leaves no ticket, nor a part of one, nor the doubt that there may be one. */
function isCertainlyNotMade(error: unknown): boolean {
  return (
    error instanceof ConnectorError &&
    !(error instanceof UnclearPostError) &&
    !(error instanceof UntraceableOrderError) &&
    !(error instanceof UnfinishedTicketError)
  );
}

/** What was begun is completed as it was begun, by a mapping that says the same still. */
function checkStillMadeAlike({ mapping, changeType }: TicketOrder, row: TicketRow, { number }: BegunRequest): void {
  const { TicketKind, CorrelationField } = kindColumns(mapping, changeType);
  if (TicketKind === row.TicketKind && CorrelationField === row.CorrelationField) return;
  throw new HoldError(
    `order ${keyOf(row)}`,
    `${number} was made in ServiceNow under another mapping and can't be completed: let the mapping of resource type "${row.ResourceType}" say again how tickets are made (it was ${row.TicketKind ?? 'incident'}, CorrelationField ${row.CorrelationField ?? 'correlation_id'})`,
  );
}

function takenOver(decision: CreateDecision): Stored<TicketRow> | undefined {
  return decision.kind === 'takeOver' ? decision.row : undefined;
}

/** Whether nothing in what may have been ordered names the ticket. */
function isUntraceable({ TicketKind, CatalogVariable, RequestSysId }: TicketRow): boolean {
  return TicketKind === 'catalogRequest' && CatalogVariable === undefined && RequestSysId === undefined;
}

/** Whether a person has looked: this delivery is a replay, or a later generation was made because of one. */
function isDecidedByHand({ envelope }: TicketOrder, suspect: TicketRow, { tickets }: AssignmentView): boolean {
  return (
    (envelope.Replay !== undefined && suspect.State === 'rejected') ||
    tickets.some(
      ({ row }) => row.OrderKey === suspect.OrderKey && row.Generation > suspect.Generation && row.SysId !== undefined,
    )
  );
}

/** What came of an order while it had its permit, and what is left to do once that is free again. */
interface Applied {
  readonly came: 'created' | 'notPosted';
  readonly rest: () => Promise<void>;
}

/** Where the ticket of an order counts as a new one, and how many of them there may be on a day. */
function dailyLimits({ mapping, order }: TicketOrder, { settings }: Instance): DailyLimit[] {
  const connection = mapping.Connection;
  const limits: DailyLimit[] = [{ scope: { connection }, limit: settings.maxNewTicketsPerDay }];
  const limit = mapping.MaxNewTicketsPerDay;
  if (limit !== undefined) limits.push({ scope: { connection, resourceType: order.ResourceType.Identifier }, limit });
  return limits;
}
