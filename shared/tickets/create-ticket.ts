import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ConnectorError, messageOf } from '../errors.ts';
import type { Brake, DailyLimit } from '../limits/brake.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import { ticketKey, ticketMarker } from '../provisioning/order-key.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { readAgain } from '../storage/read-again.ts';
import type { AttachDetails } from './attach-details.ts';
import { claimTicket } from './claim-ticket.ts';
import { type CreateDecision, decideCreate } from './decide-create.ts';
import { assignmentChange, decidedDelivery } from './decided-delivery.ts';
import type { TicketDrafter } from './draft-ticket.ts';
import { followContext } from './follow-ticket.ts';
import { type AssignmentView, keyOf, type Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import { lookUpTicket } from './look-up-ticket.ts';
import type { OpenTicket } from './open-ticket.ts';
import { type Claim, postTicket, UnclearPostError } from './post-ticket.ts';
import type { PutBack } from './put-back.ts';
import type { SettlePending } from './settle-pending.ts';
import type { TicketOrder } from './ticket-order.ts';

/**
 * Makes the ticket of one order, exactly one whatever fails on the way; returns when the message can be finished, and says
 * whether it was `created` now, or nothing had to be posted.
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
    const { came, rest } = await deps.withPermit(instance, () =>
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
      ? { kind: 'takeOver', row: own, lookUp: false }
      : decideCreate({ orderKey, deliveryId, orderedAt }, view);
    const follow = followContext(instance.settings.root, order.mapping);

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
    if (suspect) {
      const record = await lookUpTicket(instance, suspect.row.TicketTable, lookUpKeys(suspect.row), log);
      if (record) {
        log.info('ticket.adopted', { ticketKey: keyOf(suspect.row), ticket: record.number });
        const delivery = decidedDelivery(order, view, keyOf(suspect.row), false);
        return notPosted(async () => {
          // Whoever made it may not have got as far.
          await deps.attach.missing(instance, order, suspect.row, record);
          await deps.open(partition, await deps.settle(partition, suspect), record, follow, delivery);
        });
      }
    }

    const generation = decision.kind === 'claim' ? decision.generation : decision.row.row.Generation;
    const previous = decision.kind === 'takeOver' ? decision.row : undefined;
    // From here on the ticket is a new one: held back, it costs no call.
    const leave = await deps.brake.take(dailyLimits(order, instance));
    try {
      const draft = await drafter.draft(order, instance, view, ticketKey(orderKey, generation));
      const { stored, claim } = await claimTicket(order, generation, previous, view, deps);
      const record = await post(instance, partition, stored, draft.values, claim);
      log.info('ticket.created', { ticketKey: keyOf(stored.row), ticket: record.number });
      return {
        came: 'created',
        rest: async () => {
          await drafter.compare(order, draft.values, record);
          await deps.attach.all(instance, stored.row, record, draft.attachment);
          await deps.open(partition, stored, record, follow);
          await deps.track.succeeded({
            connection: order.mapping.Connection,
            resourceType: order.order.ResourceType.Identifier,
          });
        },
      };
    } catch (error) {
      if (error instanceof ConnectorError && !(error instanceof UnclearPostError)) leave.giveBack();
      throw error;
    }
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
      // After anything but a foreseen failure nobody knows; the claim runs out, and the ticket is looked for.
      if (!(error instanceof ConnectorError) || error instanceof UnclearPostError) throw error;
      // There certainly is no ticket: give the claim back, so that the next copy need not wait and look.
      try {
        await ledger.write(partition, { ticket: { row: { ...stored.row, NotPosted: true }, previous: stored } });
      } catch (writing) {
        log.warn('ledger.unwritten', { ticketKey: keyOf(stored.row), reason: messageOf(writing) });
      }
      throw error;
    }
  }

  function notPosted(rest: () => Promise<void>): Applied {
    return { came: 'notPosted', rest };
  }

  function lookUpKeys(row: TicketRow) {
    return {
      key: keyOf(row),
      marker: ticketMarker(config.installationId, row.Connection),
      firstClaimedAt: new Date(row.FirstClaimedAt),
    };
  }
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
