const MAX_QUEUE_NAME_LENGTH = 63;

/**
 * Gives the name of the queue that takes a queue's failed messages; undefined where there is none: the queue is such a
 * queue itself, or the name would be too long. Source: QueueListenerFactory.cs.
 */
export function poisonQueueName(queue: string): string | undefined {
  const name = `${queue}-poison`;
  return queue.endsWith('-poison') || name.length > MAX_QUEUE_NAME_LENGTH ? undefined : name;
}
