import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { PageSize } from './page-size.ts';

/** Makes one call of an export, and makes it again where a smaller page may get through. */
export type ReadPage = <T>(call: () => Promise<T>) => Promise<T>;

const MOST_TRIES = 4;

/**
 * Builds it: each call has a permit of its own, so that tickets go first. A page that was cut, or did not come in time, is asked for
 * again at half its size; a host that wants to be sent less is left alone, and the run goes on at the next tick.
 */
export function makeReadPage(instance: Instance, size: PageSize, withPermit: WithPermit): ReadPage {
  return async (call) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const page = await withPermit(instance, 'export', call);
        size.grow();
        return page;
      } catch (error) {
        if (!isTooLarge(error) || attempt === MOST_TRIES || !size.halve()) throw error;
      }
    }
  };
}

/** Whether it is what instances do with pages that take too long: cut them, give up, or let a gateway give up. */
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof ServiceNowError) || error.failure.class !== 'transient') return false;
  const { status, execution } = error;
  return status !== 429 && execution !== 'none' && error.failure.retryAfterInSeconds === undefined;
}
