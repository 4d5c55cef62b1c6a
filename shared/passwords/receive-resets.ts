import { PermanentError } from '../errors.ts';
import type { Holds, ProbeTurn } from '../limits/holds.ts';
import type { Log } from '../log.ts';
import type { OnFailure } from '../on-failure.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import { PASSWORDS } from '../tickets/ledger.ts';
import type { OrderPlace, PutBack } from '../tickets/put-back.ts';
import { readPasswordRequest, safeEnvelope } from './password-request.ts';
import { summarizeReset } from './poisoned-reset.ts';
import type { RejectReset } from './reject-reset.ts';
import type { ResetLedger } from './reset-ledger.ts';
import type { ResetPassword } from './reset-password.ts';
import { resetScope } from './reset-scope.ts';
import type { SettleReset } from './settle-reset.ts';

/**
 * Handles one message of `password-resets`. Returning means the message may be deleted: the password is set, or the reset is
 * somewhere safe, without a password in it.
 *
 * @throws anything nobody foresaw; the platform then delivers the message again and poisons it in the end.
 */
export type ReceiveResets = (envelope: Envelope) => Promise<void>;

/** Builds the receiver. */
export function makeReceiveResets(deps: {
  readonly serviceNow: ServiceNow;
  readonly resets: ResetLedger;
  readonly reset: ResetPassword;
  readonly settle: SettleReset;
  readonly reject: RejectReset;
  readonly putBack: PutBack;
  readonly holds: Pick<Holds, 'enter'>;
  readonly onFailure: OnFailure;
  readonly log: Log;
}): ReceiveResets {
  return async (received) => {
    // From here on nothing else is known of what may have been a password.
    const envelope = safeEnvelope(received);
    const place = { partition: PASSWORDS, assignmentId: envelope.DeliveryId, summary: summarizeReset(envelope) };
    const progress: Progress = { place, connection: undefined, turn: undefined };
    try {
      await receive(envelope, progress);
    } catch (error) {
      const { connection, turn } = progress;
      const scope = connection === undefined ? undefined : resetScope(connection);
      await deps.onFailure({ envelope, place, scope, accountScope: scope, turn }, error, async (reason) => {
        const seconds = await deps.reject(envelope, reason);
        if (seconds > 0) await wait(envelope, place, seconds);
      });
    }
  };

  async function receive(envelope: Envelope, progress: Progress): Promise<void> {
    const { DeliveryId: deliveryId } = envelope;
    const stored = await deps.resets.read(deliveryId);
    if (stored && stored.row.State !== 'working') {
      await deps.settle(stored);
      return deps.log.info('delivery.repeated', { deliveryId });
    }
    const parsed = readPasswordRequest(envelope.Order);
    if (!parsed.ok)
      throw new PermanentError(
        `Expected a password reset {Connection, User, Password}, got something else: ${parsed.faults.join('; ')}. No password may stand in a message; whatever was in the place of one was removed`,
      );
    const request = parsed.value;
    // Nobody knows what became of it, and another password would take the place of one that may have been set.
    if (envelope.Unsure && 'Generate' in request.Password)
      throw new PermanentError(
        'The platform gave this reset up, and whether its password was set by then can not be told: look at the user, and replay it for a new password',
      );
    const { Connection: connection } = request;
    progress.connection = connection;
    progress.turn = await deps.holds.enter(resetScope(connection));
    const instance = await deps.serviceNow.open(connection);
    const outcome = await deps.reset({ envelope, request }, instance);
    await progress.turn?.end(outcome.kind === 'done' ? 'created' : 'notAsked');
    if (outcome.kind === 'repeat') deps.log.info('delivery.repeated', { deliveryId });
    if (outcome.kind === 'wait') await wait(envelope, progress.place, outcome.seconds);
  }

  async function wait(envelope: Envelope, place: OrderPlace, seconds: number): Promise<void> {
    const reason = 'Another instance is at this reset, or ended while it was at it';
    await deps.putBack(envelope, place, { kind: 'waiting', delayInSeconds: Math.max(seconds, 1), reason });
  }
}

interface Progress {
  readonly place: OrderPlace;
  connection: string | undefined;
  turn: ProbeTurn | undefined;
}
