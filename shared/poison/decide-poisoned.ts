import type { Envelope } from '../provisioning/envelope.ts';
import type { PoisonedMessage } from './poisoned-message.ts';

/**
 * What to do with a message of poison.
 *
 * - `leave`: it never expires; only an operator moves it.
 * - `putBack`: the platform gave it up for the first time; it is tried once more.
 * - `keep`: the platform gave it up again; it stays in poison, from now on without an end.
 */
export type PoisonDecision =
  | { readonly kind: 'leave' }
  | { readonly kind: 'putBack' | 'keep'; readonly envelope: Envelope };

const GIVEN_UP_TWICE =
  'The platform gave it up again after it was put back: the app failed at it at every attempt, or ended while it was at it. The log of the app says more; once that is repaired, replay it';

/** Decides by who put the message there and whether it was put back before. Pure and total. */
export function decidePoisoned({ envelope, expiresAt }: PoisonedMessage): PoisonDecision {
  if (expiresAt === undefined) return { kind: 'leave' };
  if (envelope.PutBack) return { kind: 'keep', envelope: keptFor(envelope, GIVEN_UP_TWICE) };
  const { Reason: _reason, NotBefore: _notBefore, ...rest } = envelope;
  return { kind: 'putBack', envelope: { ...rest, PutBack: true } };
}

/** The envelope as it stays in poison, and why. */
export function keptFor(envelope: Envelope, reason: string): Envelope {
  return { ...envelope, Reason: reason };
}
