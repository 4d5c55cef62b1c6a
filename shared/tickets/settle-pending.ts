import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { ProvisioningResult } from '../provisioning/result.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import type { Ledger } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';

/** Sends what a row has pending, and then says in the row that nothing is. */
export type SettlePending = (partition: string, stored: Stored<TicketRow>) => Promise<Stored<TicketRow>>;

/**
 * Builds the settler. Sending comes first and clearing second, so a crash in between sends twice what carries the same
 * `ResultId`, and never loses it.
 */
export function makeSettlePending(deps: {
  readonly ledger: Ledger;
  readonly results: MessageQueue;
  readonly poison: MessageQueue;
  readonly log: Log;
}): SettlePending {
  return async (partition, stored) => {
    const { Pending, PoisonPending, ...rest } = stored.row;
    if (Pending === undefined && PoisonPending === undefined) return stored;
    if (Pending !== undefined) {
      const result: ProvisioningResult = JSON.parse(Pending);
      await deps.results.send(result);
      logResult(deps.log, result);
    }
    if (PoisonPending !== undefined) {
      const envelope: Envelope = JSON.parse(Buffer.from(PoisonPending).toString('utf8'));
      await deps.poison.send(envelope);
    }
    const etag = await deps.ledger.write(partition, { ticket: { row: rest, previous: stored } });
    return { row: rest, etag, writtenAt: stored.writtenAt };
  };
}

/** Says in the log that a result was sent; its message stays out, for it holds people's words. */
export function logResult(
  log: Log,
  { ResultId, OrderKey, AssignmentId, ProvisioningState, ResourceType, Ticket }: ProvisioningResult,
): void {
  log.info('result.sent', {
    resultId: ResultId,
    orderKey: OrderKey,
    assignment: AssignmentId,
    state: ProvisioningState,
    resourceType: ResourceType,
    ticket: Ticket?.Number,
  });
}
