import { makePermit, type Permit } from './permit.ts';

/** Bounds the calls in flight per ServiceNow host. */
export interface Permits {
  /**
   * A permit for `host`, of which at most `limit` are out at a time; waits in line for at most `waitInMs`.
   * Where connections name the same host with other limits, the smallest counts. `undefined` when none came free in time.
   */
  acquire(host: string, limit: number, waitInMs: number): Promise<Permit | undefined>;
}

interface Host {
  taken: number;
  /** The smallest limit asked for since the host was last idle. */
  limit: number;
  readonly waiting: Array<() => void>;
}

/** The permits of this process. Sharing them over all instances takes another implementation of the same port. */
export function makePermits(): Permits {
  const hosts = new Map<string, Host>();

  function handOn(host: Host): void {
    while (host.taken < host.limit) {
      const next = host.waiting.shift();
      if (!next) return;
      next();
    }
  }

  return {
    acquire(name, limit, waitInMs) {
      const known = hosts.get(name);
      const host = known && (known.taken > 0 || known.waiting.length > 0) ? known : { taken: 0, limit, waiting: [] };
      host.limit = Math.min(host.limit, limit);
      hosts.set(name, host);
      return new Promise((resolve) => {
        let settled = false;
        const giveUp = setTimeout(() => {
          settled = true;
          resolve(undefined);
        }, waitInMs);
        host.waiting.push(() => {
          if (settled) return;
          settled = true;
          clearTimeout(giveUp);
          host.taken += 1;
          resolve(
            makePermit(() => {
              host.taken -= 1;
              handOn(host);
            }),
          );
        });
        handOn(host);
      });
    },
  };
}
