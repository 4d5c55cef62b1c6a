import { neutralLine } from '../neutral-text.ts';
import { openPoisoned, type PoisonedMessage } from '../poison/poisoned-message.ts';
import type { WhyNotReplay } from '../poison/replay-poisoned.ts';
import type { Envelope } from '../provisioning/envelope.ts';
import type { StoredMessage } from '../storage/queue-reader.ts';
import { readPasswordRequest, safeEnvelope, userNamed } from './password-request.ts';
import type { ResetLedger } from './reset-ledger.ts';

/** Opens a message of the poison queue of resets; total. What the platform put there is as it was sent: no password in it gets any further. */
export function openPoisonedReset(message: StoredMessage): PoisonedMessage {
  const poisoned = openPoisoned(message);
  return { ...poisoned, envelope: safeEnvelope(poisoned.envelope) };
}

/** One line about what a message of `password-resets` asks for. */
export function summarizeReset({ Order: data }: Pick<Envelope, 'Order'>): string {
  const request = readPasswordRequest(data);
  if (!request.ok) return 'a password reset that can not be read';
  const [user, connection] = [userNamed(request.value), request.value.Connection].map((text) => neutralLine(text, 100));
  return `the password of ${user} through connection ${connection}`;
}

/** Why a reset had better not be done over: its password was set, or may have been, and another one would take its place. */
export function makeWhyNotReplayReset(resets: Pick<ResetLedger, 'read'>): WhyNotReplay {
  return async ({ DeliveryId: deliveryId, Unsure: unsure }) => {
    const row = (await resets.read(deliveryId))?.row;
    if (row?.State === 'done') return 'its password was set already';
    return row?.MaySet || unsure ? 'its password may have been set: look at the user' : undefined;
  };
}
