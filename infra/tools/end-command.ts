import { setTimeout as pause } from 'node:timers/promises';

/** Unused permits for a login go back two seconds after their last use, and then block the app no more. */
const PERMITS_RETURN_IN_MS = 3_000;

/**
 * Ends the process when everything it wrote is out: connections that are kept alive must not keep it. Where passwords may
 * have been used, it first waits until their permits are back, or the app would wait for them until they run out.
 */
export async function endCommand(exitCode: number, options?: { readonly usedPermits: boolean }): Promise<void> {
  if (options?.usedPermits) await pause(PERMITS_RETURN_IN_MS);
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', () => resolve(true)))),
  );
  process.exit(exitCode);
}
