import { systemClock } from '../../../../shared/clock.ts';
import { type Logins, makeLogins } from '../../../../shared/limits/logins.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { startStorage, unreachableUrl } from '../storage/start-storage.ts';

/** Several instances of the app, as far as logins go: each knows the others through table `limits` only. */
export interface StartedInstances {
  readonly instances: readonly Logins[];
  /** One more, that can't reach the table. */
  unreachable(): Promise<Logins>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts them over a table of their own; times are short, storage's clock shows whole seconds. */
export async function startInstances(
  count: number,
  times: { readonly maxAgeInMs?: number; readonly longestCallInMs?: number } = {},
): Promise<StartedInstances> {
  const storage = await startStorage();
  await storage.table('limits').createTable();
  const start = (tableUrl: string) =>
    makeLogins({
      table: entityTable(tableUrl, 'limits', storage.loadCredential),
      clock: systemClock,
      random: Math.random,
      maxAgeInMs: 500,
      longestCallInMs: 500,
      turnInMs: 20_000,
      rememberForInMs: 20_000,
      ...times,
    });
  return {
    instances: Array.from({ length: count }, () => start(storage.tableUrl)),
    unreachable: async () => start(await unreachableUrl()),
    [Symbol.asyncDispose]: storage.close,
  };
}
