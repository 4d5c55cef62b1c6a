import { RestError } from '@azure/storage-queue';

const GONE = new Set(['PopReceiptMismatch', 'QueueBeingDeleted', 'QueueDisabled']);

/**
 * Tells whether a storage call failed because the message is someone else's by now, or the message or its queue is gone:
 * nothing is left to do. Source: QueueProcessor.cs, DeleteMessageAsync and ReleaseMessageAsync.
 */
export function isGone(error: unknown): boolean {
  return error instanceof RestError && (error.statusCode === 404 || GONE.has(error.code ?? ''));
}
