import * as z from 'zod/mini';

/**
 * What became of a password: `Executed` where it was set, `Unverified` where ServiceNow said so and nothing shows it, or shows it
 * in part, `Errored` where it was not.
 */
const PASSWORD_STATES = ['Executed', 'Unverified', 'Errored'] as const;

/**
 * One message on `password-results`, sent at least once; never the password. `ResultId` is the `DeliveryId` of the reset, `User` what
 * the message named the user by, `SecretName` where the password is in the vault of passwords.
 */
export const passwordResult = z.looseObject({
  v: z.int(),
  ResultId: z.string(),
  Connection: z.string(),
  User: z.string(),
  State: z.enum(PASSWORD_STATES),
  Message: z.string(),
  SecretName: z.optional(z.string()),
  OccurredAt: z.string(),
  TraceParent: z.optional(z.string()),
});

/** One outcome, as it is sent. */
export type PasswordResult = z.infer<typeof passwordResult>;
