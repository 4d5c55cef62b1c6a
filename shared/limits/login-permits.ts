import type { Clock } from '../clock.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { ANNOUNCE_EVERY_IN_MS, makeLoginLeases } from './login-leases.ts';
import type { LoginRows } from './login-rows.ts';
import { makePermit, type Permit } from './permit.ts';

/** Permits to send a login's password, at most so many over all instances. */
export interface LoginPermits {
  /**
   * Waits in line for at most `waitInMs`; `undefined` when none came free in time. What others know of the login is then
   * no older than `windowInMs`. A call that starts at once is over before anybody else gets the permit.
   *
   * @throws UnavailableError when table `limits` can't be reached.
   */
  acquire(login: string, limit: number, waitInMs: number): Promise<Permit | undefined>;
}

interface Slot {
  readonly index: number;
  etag: string;
  usableUntil: Deadline;
  inUse: boolean;
  /** Gives it up when it was not used for a while. */
  idleTimer?: NodeJS.Timeout;
}

/** Calls may start until then, by both clocks: a machine that slept has a monotonic clock that stood still. */
interface Deadline {
  readonly monotonicInMs: number;
  readonly wallInMs: number;
}

interface Waiter {
  readonly limit: number;
  readonly settle: (slot: Slot | undefined) => void;
  readonly fail: (error: unknown) => void;
}

interface Pool {
  readonly slots: Set<Slot>;
  readonly waiters: Set<Waiter>;
  isWorking: boolean;
  /** When the rows were read last, or never. */
  lookedAtInMs: number;
  /** Resolves when a slot came back whose window is over. */
  returned: PromiseWithResolvers<void>;
}

/** How long a permit is kept for the next call; one for a token, which is asked for once in a long while, is not. */
const IDLE_IN_MS = 2_000;
/** Rows are looked at again this often while somebody waits, and however many come and go never more often than that. */
const LOOK_EVERY_IN_MS = 250;
const MIN_BETWEEN_LOOKS_IN_MS = 100;

/**
 * Builds the permits over table `limits`. An instance leases a permit for a window, uses it for many calls, and renews it
 * only while nobody else waits. A lease outlasts its window by the longest call, so a killed instance's permits come back
 * by themselves and never too early. What this costs depends on time alone, never on the number of calls.
 */
export function makeLoginPermits(deps: {
  readonly table: EntityTable;
  readonly clock: Clock;
  readonly random: () => number;
  /** This process, told from all others. */
  readonly owner: string;
  readonly windowInMs: number;
  /** The longest that a call and what the server does after it may take. */
  readonly longestCallInMs: number;
  /** Reads the rows of a login. */
  readonly readRows: (login: string) => Promise<LoginRows>;
}): LoginPermits {
  const { clock, windowInMs } = deps;
  const leases = makeLoginLeases(deps.table, deps.owner, windowInMs + deps.longestCallInMs);
  const pools = new Map<string, Pool>();

  function poolOf(login: string): Pool {
    const pool = pools.get(login) ?? {
      slots: new Set<Slot>(),
      waiters: new Set<Waiter>(),
      isWorking: false,
      lookedAtInMs: Number.NEGATIVE_INFINITY,
      returned: Promise.withResolvers<void>(),
    };
    pools.set(login, pool);
    return pool;
  }
  const isUsable = ({ usableUntil }: Slot) =>
    clock.monotonicInMs() < usableUntil.monotonicInMs && clock.now().getTime() < usableUntil.wallInMs;
  const windowFromNow = (): Deadline => ({
    monotonicInMs: clock.monotonicInMs() + windowInMs,
    wallInMs: clock.now().getTime() + windowInMs,
  });

  /** Gives idle slots to whoever waits. */
  function serve({ slots, waiters }: Pool): void {
    for (const waiter of waiters) {
      const slot = [...slots].find((one) => !one.inUse && one.index < waiter.limit && isUsable(one));
      if (!slot) continue;
      slot.inUse = true;
      waiters.delete(waiter);
      waiter.settle(slot);
    }
  }

  async function drop(login: string, pool: Pool, slot: Slot): Promise<void> {
    pool.slots.delete(slot);
    await leases.giveUp(login, slot);
  }

  async function renew(login: string, pool: Pool, slot: Slot, usableUntil: Deadline): Promise<void> {
    const etag = await leases.take(login, slot);
    if (etag === undefined) pool.slots.delete(slot);
    else Object.assign(slot, { etag, usableUntil });
  }

  /** Leases one more slot, if there is one for whoever has so many ahead. */
  async function claim(
    login: string,
    pool: Pool,
    rows: LoginRows,
    ahead: number,
    usableUntil: Deadline,
  ): Promise<'leased' | 'lost' | 'none'> {
    const limit = Math.max(...[...pool.waiters].map((waiter) => waiter.limit));
    const own = new Set([...pool.slots].map(({ index }) => index));
    // Who has waited longer goes first.
    const chosen = leases.free(login, rows, limit).filter(({ index }) => !own.has(index))[ahead];
    if (!chosen) return 'none';
    const etag = await leases.take(login, chosen);
    if (etag === undefined) return 'lost';
    pool.slots.add({ index: chosen.index, etag, usableUntil, inUse: false });
    return 'leased';
  }

  /** Leases and renews as long as somebody here waits. */
  async function work(login: string, pool: Pool): Promise<void> {
    let since: Date | undefined;
    let standing: { readonly since: Date; readonly saidAtInMs: number } | undefined;
    const restInMs = pool.lookedAtInMs + MIN_BETWEEN_LOOKS_IN_MS - clock.monotonicInMs();
    if (restInMs > 0) await clock.sleep(restInMs);
    for (;;) {
      serve(pool);
      if (pool.waiters.size === 0) break;
      pool.returned = Promise.withResolvers();
      pool.lookedAtInMs = clock.monotonicInMs();
      // From before the look on, so that what is known of the login is as fresh as the permit.
      const usableUntil = windowFromNow();
      const rows = await deps.readRows(login);
      // By storage's clock: those of the instances may differ.
      since ??= rows.readAt;
      await leases.tidy(rows);
      const others = leases.others(login, rows);
      for (const slot of [...pool.slots].filter((one) => !one.inUse && !isUsable(one))) {
        if (others.length === 0) await renew(login, pool, slot, usableUntil);
        else {
          // And to the end of the line.
          since = rows.readAt;
          await drop(login, pool, slot);
        }
      }
      serve(pool);
      if (pool.waiters.size === 0) break;
      const claimed = await claim(login, pool, rows, leases.ahead(login, others, since), usableUntil);
      if (claimed === 'leased') {
        since = undefined;
        continue;
      }
      if (claimed === 'lost') continue;
      if (standing?.since !== since || clock.monotonicInMs() - standing.saidAtInMs > ANNOUNCE_EVERY_IN_MS) {
        await leases.stand(login, since);
        standing = { since, saidAtInMs: clock.monotonicInMs() };
      }
      await Promise.race([pool.returned.promise, clock.sleep(LOOK_EVERY_IN_MS * (0.5 + deps.random()))]);
    }
    if (standing) await leases.leave(login);
  }

  function start(login: string, pool: Pool): void {
    if (pool.isWorking) return;
    pool.isWorking = true;
    work(login, pool)
      .catch((error: unknown) => {
        for (const waiter of pool.waiters) waiter.fail(error);
        pool.waiters.clear();
      })
      .finally(() => {
        pool.isWorking = false;
        if (pool.waiters.size > 0) start(login, pool);
      });
  }

  function giveBack(login: string, pool: Pool, slot: Slot, idleInMs: number): void {
    slot.inUse = false;
    serve(pool);
    if (slot.inUse) return;
    if (!isUsable(slot) && pool.waiters.size > 0) {
      pool.returned.resolve();
      return;
    }
    clearTimeout(slot.idleTimer);
    slot.idleTimer = setTimeout(
      () => {
        // What can't be written down now runs out by itself.
        if (!slot.inUse && pool.slots.has(slot)) drop(login, pool, slot).catch(() => {});
      },
      isUsable(slot) ? idleInMs : 0,
    ).unref();
  }

  /** A slot, or none when the time is over, whatever keeps the table from answering. */
  async function wait(login: string, pool: Pool, limit: number, waitInMs: number): Promise<Slot | undefined> {
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Slot | undefined>();
    const waiter: Waiter = { limit, settle, fail };
    pool.waiters.add(waiter);
    serve(pool);
    if (!pool.waiters.has(waiter)) return promise;
    const timer = setTimeout(() => {
      pool.waiters.delete(waiter);
      settle(undefined);
    }, waitInMs);
    start(login, pool);
    return promise.finally(() => clearTimeout(timer));
  }

  return {
    async acquire(login, limit, waitInMs) {
      const pool = poolOf(login);
      const slot = await wait(login, pool, limit, waitInMs);
      return slot && makePermit(() => giveBack(login, pool, slot, limit === 1 ? 0 : IDLE_IN_MS));
    },
  };
}
