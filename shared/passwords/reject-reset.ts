import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { neutralLine } from '../neutral-text.ts';
import { parse } from '../parse.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import { connectionName, namedUser, userNamed } from './password-request.ts';
import type { PasswordResult } from './password-result.ts';
import type { ResetLedger, ResetRow } from './reset-ledger.ts';
import { claimLeftInSeconds } from './reset-password.ts';
import type { SettleReset } from './settle-reset.ts';

/**
 * Gives a reset up: an `Errored` result where connection and user are known, and the message in poison. Says for how many seconds
 * somebody is at it still, and then does nothing; 0 where it is given up, or was decided before. The envelope holds no password.
 */
export type RejectReset = (envelope: Envelope, reason: string) => Promise<number>;

const LONGEST_REASON = 1_000;

/** Builds it; result and poison become pending in one write, and are sent by whoever meets the row. */
export function makeRejectReset(deps: {
  readonly resets: ResetLedger;
  readonly settle: SettleReset;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): RejectReset {
  const { resets, settle, clock, log } = deps;

  return async (envelope, why) => {
    const { DeliveryId: deliveryId } = envelope;
    const stored = await resets.read(deliveryId);
    if (stored && stored.row.State !== 'working') {
      await settle(stored);
      return 0;
    }
    const left = stored ? claimLeftInSeconds(stored) : 0;
    if (left > 0) return left;
    const { connection, user } = namedIn(envelope.Order);
    const maySet = stored?.row.MaySet === true;
    const reason = `${maySet ? 'The password may have been set. ' : ''}${why}`.slice(0, LONGEST_REASON).toWellFormed();
    const { SecretName: secretName } = stored?.row ?? {};
    const result: PasswordResult | undefined =
      connection === undefined || user === undefined
        ? undefined
        : {
            v: 1,
            ResultId: deliveryId,
            Connection: connection,
            User: user,
            State: 'Errored',
            Message: neutralLine(reason, LONGEST_REASON),
            ...(maySet && secretName !== undefined && { SecretName: secretName }),
            OccurredAt: clock.now().toISOString(),
            ...(envelope.TraceParent !== undefined && { TraceParent: envelope.TraceParent }),
          };
    const row: ResetRow = {
      ...(stored?.row ?? {
        v: 1,
        DeliveryId: deliveryId,
        OrderedAt: envelope.OrderedAt,
        Connection: connection ?? '',
        ClaimId: randomUUID(),
      }),
      State: 'rejected',
      ClaimSeconds: 0,
      Outcome: 'Errored',
      ...(result && { Pending: JSON.stringify(result) }),
      PoisonPending: Buffer.from(JSON.stringify({ ...envelope, Reason: reason }), 'utf8'),
    };
    const etag = await resets.write(row, stored);
    log.error('reset.rejected', { deliveryId, connection, reason });
    await settle({ row, etag });
    return 0;
  };
}

/** Who waits for a result, as far as it can be read. */
function namedIn(data: unknown): { readonly connection: string | undefined; readonly user: string | undefined } {
  const member = <T>(schema: z.ZodMiniType<T>, name: string) => {
    const parsed = parse(schema, typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined);
    return parsed.ok ? parsed.value : undefined;
  };
  const user = member(namedUser, 'User');
  return { connection: member(connectionName, 'Connection'), user: user && userNamed({ User: user }) };
}
