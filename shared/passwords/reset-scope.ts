import type { HoldScope } from '../limits/hold-rows.ts';

/** What holds on password resets are placed on: they stand beside resource types, and hold no order. */
const RESETS_SCOPE = 'PasswordReset';

/** The resets of a connection as a scope. */
export function resetScope(connection: string): Required<HoldScope> {
  return { connection, resourceType: RESETS_SCOPE };
}
