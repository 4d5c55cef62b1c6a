import type { QueueSettings } from './read-host-json.ts';

/** What is known about a message whose attempt begins or ended. */
export interface Attempt {
  readonly dequeueCount: number;
  /** False for queues named `…-poison`, and where the poison queue's name would be too long. */
  readonly hasPoisonQueue: boolean;
}

/** `leave`: nothing is called, the message returns when its visibility runs out. */
export type Settlement =
  | { readonly action: 'delete' | 'poison' | 'leave' }
  | { readonly action: 'release'; readonly visibilityTimeoutInSeconds: number };

/**
 * Decides whether a message that was just received is run. Not if it was received more often than allowed (its last
 * attempts killed the host), and not if its text cannot be decoded.
 * Source: QueueProcessor.cs, BeginProcessingMessageAsync.
 */
export function decideStart(
  { dequeueCount, hasPoisonQueue, isDecodable }: Attempt & { isDecodable: boolean },
  { maxDequeueCount }: QueueSettings,
): Settlement | { readonly action: 'run' } {
  if (isDecodable && dequeueCount <= maxDequeueCount) return { action: 'run' };
  return { action: hasPoisonQueue ? 'poison' : 'leave' };
}

/**
 * Decides what becomes of a message after its attempt: the last allowed failure moves it at once, an earlier one gives
 * it back for another attempt after `visibilityTimeout`.
 * Source: QueueProcessor.cs, CompleteProcessingMessageAsync.
 */
export function decideEnd(
  { dequeueCount, hasPoisonQueue, succeeded }: Attempt & { succeeded: boolean },
  { maxDequeueCount, visibilityTimeoutInMs }: QueueSettings,
): Settlement {
  if (succeeded) return { action: 'delete' };
  if (!hasPoisonQueue) return { action: 'leave' };
  if (dequeueCount >= maxDequeueCount) return { action: 'poison' };
  return { action: 'release', visibilityTimeoutInSeconds: Math.ceil(visibilityTimeoutInMs / 1000) };
}
