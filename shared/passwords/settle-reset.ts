import type { Log } from '../log.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { MessageQueue } from '../storage/message-queue.ts';
import { type Ledger, PASSWORDS } from '../tickets/ledger.ts';
import type { PasswordResult } from './password-result.ts';
import type { ResetLedger, StoredReset } from './reset-ledger.ts';

/** Sends what a decided reset has pending, says in its row that nothing is, and ends its waiting. */
export type SettleReset = (stored: Pick<StoredReset, 'row' | 'etag'>) => Promise<void>;

/** Builds it. Sending comes first: a crash in between sends twice what carries the same `ResultId`. */
export function makeSettleReset(deps: {
  readonly resets: ResetLedger;
  readonly ledger: Pick<Ledger, 'forgetWaiting'>;
  readonly results: MessageQueue;
  readonly poison: MessageQueue;
  readonly log: Log;
}): SettleReset {
  return async (stored) => {
    const { Pending, PoisonPending, ...rest } = stored.row;
    if (Pending !== undefined) {
      const result: PasswordResult = JSON.parse(Pending);
      await deps.results.send(result);
      deps.log.info('passwordResult.sent', { resultId: result.ResultId, state: result.State });
    }
    if (PoisonPending !== undefined) {
      const envelope: Envelope = JSON.parse(Buffer.from(PoisonPending).toString('utf8'));
      await deps.poison.send(envelope);
    }
    if (Pending !== undefined || PoisonPending !== undefined) await deps.resets.write(rest, stored);
    await deps.ledger.forgetWaiting(PASSWORDS, rest.DeliveryId, rest.DeliveryId);
  };
}
