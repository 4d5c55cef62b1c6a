import type { Config } from '../config.ts';
import { HoldError } from '../errors.ts';
import type { Permits, Work } from '../limits/permits.ts';
import type { Instance } from './client.ts';
import { ServiceNowError } from './servicenow-error.ts';

/**
 * Runs calls to an instance, one at a time, under one permit of its host.
 *
 * @throws HoldError when no permit came free within `waitInMs` (default `PERMIT_WAIT_SECONDS`): the work comes back
 *   within half a minute and has spent no attempt; or while the host is paused, until which the work is put back.
 */
export type WithPermit = <T>(instance: Instance, work: Work, calls: () => Promise<T>, waitInMs?: number) => Promise<T>;

/** Work that found no permit comes back spread over this many seconds. */
const SPREAD_IN_SECONDS = 30;

/** Builds the guard. A permit stays taken for a while after a call without an answer: the server is still at work. */
export function makeWithPermit(deps: {
  readonly permits: Permits;
  readonly random: () => number;
  readonly config: Pick<Config, 'permitWaitInMs' | 'permitLingerInMs'>;
}): WithPermit {
  const { permits, random, config } = deps;
  return async (instance, work, calls, waitInMs = config.permitWaitInMs) => {
    const permit = await permits.acquire(instance.host, instance.concurrencyLimit, waitInMs, work);
    if (!permit) {
      throw new HoldError(
        `host ${instance.host}`,
        `All calls that ServiceNow at ${instance.host} may be sent at a time are in flight`,
        { retryAfterInSeconds: 1 + random() * SPREAD_IN_SECONDS },
      );
    }
    let lingerInMs = 0;
    try {
      return await calls();
    } catch (error) {
      if (isWithoutAnswer(error)) lingerInMs = config.permitLingerInMs;
      throw error;
    } finally {
      permit.release(lingerInMs);
    }
  };
}

/** Whether a call, or the call that made the failure, may still be running at the server. */
function isWithoutAnswer(error: unknown): boolean {
  if (error instanceof ServiceNowError) return error.execution === 'unknown' && error.status === undefined;
  return error instanceof Error && error.cause instanceof ServiceNowError && isWithoutAnswer(error.cause);
}
