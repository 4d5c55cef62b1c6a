import { z } from 'zod';

const invocation = { functionName: z.string(), invocationId: z.string() };

/** Checks what a functions host tells about itself over its IPC channel. */
export const hostEventSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('invocation.started'),
    ...invocation,
    messageId: z.string().exactOptional(),
    dequeueCount: z.number().exactOptional(),
  }),
  z.object({
    event: z.literal('invocation.finished'),
    ...invocation,
    messageId: z.string().exactOptional(),
    succeeded: z.boolean(),
    error: z.string().exactOptional(),
  }),
  z.object({
    event: z.enum(['message.deleted', 'message.released', 'message.poisoned']),
    queue: z.string(),
    messageId: z.string(),
  }),
  z.object({
    event: z.literal('log'),
    functionName: z.string().exactOptional(),
    invocationId: z.string().exactOptional(),
    level: z.string(),
    message: z.string(),
  }),
]);

/**
 * Something that happened in a functions host. `message.*` says what became of a message in storage, after it did;
 * `log` is a line of the app (with `functionName`) or of the host.
 */
export type HostEvent = z.infer<typeof hostEventSchema>;
