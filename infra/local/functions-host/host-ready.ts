import { z } from 'zod';

/** Checks the message by which a functions host says that the app is loaded and its triggers run. */
export const hostReadySchema = z.object({
  event: z.literal('ready'),
  functions: z.array(z.string()),
  adminUrl: z.string(),
});

/** The one message of a functions host that is no event: it runs. */
export type HostReady = z.infer<typeof hostReadySchema>;
