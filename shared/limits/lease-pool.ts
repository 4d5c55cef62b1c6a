import type { Clock } from '../clock.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import type { LeaseRows } from './lease-rows.ts';
import { ANNOUNCE_EVERY_IN_MS, makeLeases, type Place, rankIn } from './leases.ts';
import { makePermit, type Permit } from './permit.ts';

/** Permits by name (of a name, of a ServiceNow host), of each at most so many over all instances. */
export interface LeasePool {
  /**
   * Waits in line for at most `waitInMs`, behind smaller ranks (from 1 on), unless it has waited for two minutes: then it is
   * next. `undefined` when none came free in time. What is known of the others is then no older than `windowInMs`. A call that starts at once is over before anybody else gets the permit.
   *
   * @throws UnavailableError when table `limits` can't be reached.
   */
  acquire(name: string, limit: number, waitInMs: number, rank?: number): Promise<Permit | undefined>;
}

interface Slot {
  readonly index: number;
  etag: string;
  usableUntil: Deadline;
  inUse: boolean;
  /** Gives it up when it was not used for a while; renews it while one use outlasts windows. */
  timer?: NodeJS.Timeout;
  /** The renewal under way: its row is not written by anybody else meanwhile. */
  renewing?: Promise<void>;
}

/** Calls may start until then, by both clocks: a machine that slept has a monotonic clock that stood still. */
interface Deadline {
  readonly monotonicInMs: number;
  readonly wallInMs: number;
}

interface Waiter {
  readonly limit: number;
  readonly rank: number;
  readonly sinceInMs: number;
  readonly settle: (slot: Slot | undefined) => void;
  readonly fail: (error: unknown) => void;
}

interface Pool {
  readonly slots: Set<Slot>;
  readonly waiters: Set<Waiter>;
  isWorking: boolean;
  /** The rest is what the last look showed. The smallest limit that anybody has told of, where one counts for all. */
  limitTold: number;
  /** How many permits others had. */
  takenElsewhere: number;
  /** The smallest rank of others in line. */
  rankElsewhere: number;
  /** When the rows were read last, or never. */
  lookedAtInMs: number;
  /** Resolves when a slot came back whose window is over. */
  returned: PromiseWithResolvers<void>;
}

/** A permit is kept for the next call for so long, unless its use is rare. */
export const IDLE_IN_MS = 2_000;
/** Who has waited for so long is next, whatever its rank. */
const NEXT_AFTER_IN_MS = 120_000;
/** Rows are looked at again this often while somebody waits, and however many come and go never more often than that. */
const LOOK_EVERY_IN_MS = 250;
const MIN_BETWEEN_LOOKS_IN_MS = 100;

/**
 * Builds the permits over table `limits`. An instance leases a permit for a window, uses it for many calls, and renews it
 * only while nobody else waits. A lease outlasts its window by the longest call, so a killed instance's permits come back
 * by themselves and never too early. What this costs depends on time alone, never on the number of calls.
 */
export function makeLeasePool(deps: {
  readonly table: EntityTable;
  readonly clock: Clock;
  readonly random: () => number;
  /** This process, told from all others. */
  readonly owner: string;
  /** Where the rows are. */
  readonly partition: string;
  readonly windowInMs: number;
  /** How long a permit of so many is kept for the next call. */
  readonly idleInMs: (limit: number) => number;
  /** The longest that a call and what the server does after it may take. */
  readonly longestCallInMs: number;
  /**
   * Whether the permits are a host's: one may be used for several calls, one after the other, and of all limits that anybody
   * names the smallest counts.
   */
  readonly isForHosts: boolean;
  /** Reads the rows of that name. */
  readonly readRows: (name: string) => Promise<LeaseRows>;
}): LeasePool {
  const { clock, windowInMs } = deps;
  const leases = makeLeases(deps.table, deps.partition, deps.owner, windowInMs + deps.longestCallInMs);
  const pools = new Map<string, Pool>();

  function poolOf(name: string): Pool {
    const pool = pools.get(name) ?? {
      slots: new Set<Slot>(),
      waiters: new Set<Waiter>(),
      isWorking: false,
      limitTold: Number.POSITIVE_INFINITY,
      takenElsewhere: 0,
      rankElsewhere: Number.POSITIVE_INFINITY,
      lookedAtInMs: Number.NEGATIVE_INFINITY,
      returned: Promise.withResolvers<void>(),
    };
    pools.set(name, pool);
    return pool;
  }
  const isUsable = ({ usableUntil }: Slot) =>
    clock.monotonicInMs() < usableUntil.monotonicInMs && clock.now().getTime() < usableUntil.wallInMs;
  /** Early enough to be renewed before anybody waits for it. */
  const endsSoon = ({ usableUntil }: Slot) => usableUntil.monotonicInMs - clock.monotonicInMs() < windowInMs / 3;
  const windowFromNow = (): Deadline => ({
    monotonicInMs: clock.monotonicInMs() + windowInMs,
    wallInMs: clock.now().getTime() + windowInMs,
  });

  const rankOf = ({ rank, sinceInMs }: Waiter) => (clock.monotonicInMs() - sinceInMs < NEXT_AFTER_IN_MS ? rank : 0);
  const bestRank = ({ waiters }: Pool) => Math.min(...[...waiters].map(rankOf));
  /** The smallest limit asked for here. */
  const ownLimit = ({ waiters }: Pool) => Math.min(...[...waiters].map(({ limit }) => limit));
  /** The limit of all together. */
  const limitOf = (pool: Pool) =>
    deps.isForHosts ? Math.min(pool.limitTold, ownLimit(pool)) : Number.POSITIVE_INFINITY;

  /** What may be done by what is known: a limit that nobody has told of is told first, and then a look shows who keeps to it. */
  function mayUse(pool: Pool, waiter: Waiter): boolean {
    if (rankOf(waiter) > pool.rankElsewhere) return false;
    if (!deps.isForHosts) return true;
    const inUse = [...pool.slots].filter((slot) => slot.inUse).length;
    return waiter.limit >= pool.limitTold && inUse + pool.takenElsewhere < limitOf(pool);
  }

  /** Whether an idle slot is worth keeping: not where it is over the limit, or for others who come first. */
  const isOfUse = (pool: Pool, slot: Slot) =>
    isUsable(slot) && slot.index < limitOf(pool) && (pool.waiters.size === 0 || bestRank(pool) <= pool.rankElsewhere);

  /** Gives idle slots to whoever waits. */
  function serve(pool: Pool): void {
    const { slots, waiters } = pool;
    for (const waiter of [...waiters].sort((one, other) => rankOf(one) - rankOf(other))) {
      if (!mayUse(pool, waiter)) continue;
      const limit = Math.min(waiter.limit, limitOf(pool));
      const slot = [...slots].find((one) => !one.inUse && one.index < limit && isUsable(one));
      if (!slot) continue;
      slot.inUse = true;
      clearTimeout(slot.timer);
      waiters.delete(waiter);
      waiter.settle(slot);
    }
  }

  async function drop(name: string, pool: Pool, slot: Slot): Promise<void> {
    pool.slots.delete(slot);
    await slot.renewing;
    await leases.giveUp(name, slot);
  }

  /** Renews these at once, so that calls may start by them until then; those that another instance has by now are gone. */
  async function renew(name: string, pool: Pool, slots: readonly Slot[], usableUntil: Deadline): Promise<void> {
    if (slots.length === 0) return;
    await Promise.all(slots.map(({ renewing }) => renewing));
    const etags = await whileRenewing(slots, leases.take(name, slots));
    if (!etags && slots.length > 1) for (const slot of slots) await renew(name, pool, [slot], usableUntil);
    else if (!etags) for (const slot of slots) pool.slots.delete(slot);
    for (const [at, slot] of slots.entries()) {
      if (etags?.[at] !== undefined) Object.assign(slot, { etag: etags[at], usableUntil });
    }
  }

  async function whileRenewing<T>(slots: readonly Slot[], taking: Promise<T>): Promise<T> {
    const settled = taking.then(
      () => {},
      () => {},
    );
    for (const slot of slots) slot.renewing = settled;
    try {
      return await taking;
    } finally {
      for (const slot of slots) delete slot.renewing;
    }
  }

  /** Keeps others from a permit that is in use for longer than a call; no further call may start by it for that. */
  function keepWhileInUse(name: string, slot: Slot): void {
    slot.timer = setInterval(() => {
      if (slot.renewing) return;
      whileRenewing([slot], leases.take(name, [slot])).then(
        (etags) => {
          slot.etag = etags?.[0] ?? slot.etag;
        },
        // Then the lease runs out at its time.
        () => {},
      );
    }, windowInMs).unref();
  }

  /** Leases more slots, if there are any for whoever has so many others ahead; one at a time where there are others. */
  async function claim(
    name: string,
    pool: Pool,
    rows: LeaseRows,
    { others, ahead }: { readonly others: number; readonly ahead: number },
    usableUntil: Deadline,
  ): Promise<'leased' | 'lost' | 'none'> {
    const limit = Math.min(limitOf(pool), Math.max(...[...pool.waiters].map((waiter) => waiter.limit)));
    const own = new Set([...pool.slots].map(({ index }) => index));
    // Who comes first takes first.
    const chosen = leases
      .free(name, rows, limit)
      .filter(({ index }) => !own.has(index))
      .slice(ahead, ahead + (others > 0 ? 1 : pool.waiters.size));
    if (chosen.length === 0) return 'none';
    const etags = await leases.take(name, chosen);
    if (!etags) return 'lost';
    for (const [at, { index }] of chosen.entries())
      pool.slots.add({ index, etag: etags[at] ?? '', usableUntil, inUse: false });
    return 'leased';
  }

  function note(pool: Pool, rows: LeaseRows, standing: LeaseRows['waiting']): void {
    pool.rankElsewhere = Math.min(...standing.map(({ columns }) => rankIn(columns)));
    pool.takenElsewhere = leases.taken(rows);
    const living = rows.limits.filter(({ isLive }) => isLive);
    pool.limitTold = Math.min(...living.map(({ columns }) => columns.Limit));
  }

  /** Leases and renews as long as somebody here waits. */
  async function work(name: string, pool: Pool): Promise<void> {
    let since: Date | undefined;
    let standing: (Place & { readonly saidAtInMs: number }) | undefined;
    const restInMs = pool.lookedAtInMs + MIN_BETWEEN_LOOKS_IN_MS - clock.monotonicInMs();
    if (restInMs > 0) await clock.sleep(restInMs);
    for (;;) {
      serve(pool);
      if (pool.waiters.size === 0) break;
      pool.returned = Promise.withResolvers();
      pool.lookedAtInMs = clock.monotonicInMs();
      // From before the look on, so that what is known of the login is as fresh as the permit.
      const usableUntil = windowFromNow();
      const rows = await deps.readRows(name);
      // By storage's clock: those of the instances may differ.
      since ??= rows.readAt;
      await leases.tidy(rows);
      if (deps.isForHosts && (await leases.tell(name, rows, ownLimit(pool)))) continue;
      const rank = bestRank(pool);
      const standingElsewhere = leases.others(name, rows);
      note(pool, rows, standingElsewhere);
      // Who comes after everybody here is nobody to make room for.
      const others = standingElsewhere.filter(({ columns }) => rankIn(columns) <= rank);
      if (others.length === 0) await renew(name, pool, [...pool.slots].filter(endsSoon), usableUntil);
      for (const slot of [...pool.slots].filter((one) => !one.inUse && !isOfUse(pool, one))) {
        // And to the end of the line, after a window.
        if (!isUsable(slot)) since = rows.readAt;
        await drop(name, pool, slot);
      }
      serve(pool);
      if (pool.waiters.size === 0) break;
      const place = { since, rank };
      const line = { others: others.length, ahead: leases.ahead(name, others, place) };
      const claimed = await claim(name, pool, rows, line, usableUntil);
      if (claimed === 'leased') {
        since = undefined;
        continue;
      }
      if (claimed === 'lost') continue;
      const isElsewhere = standing?.since !== since || standing.rank !== rank;
      if (!standing || isElsewhere || clock.monotonicInMs() - standing.saidAtInMs > ANNOUNCE_EVERY_IN_MS) {
        await leases.stand(name, place);
        standing = { ...place, saidAtInMs: clock.monotonicInMs() };
      }
      await Promise.race([pool.returned.promise, clock.sleep(LOOK_EVERY_IN_MS * (0.5 + deps.random()))]);
    }
    if (standing) await leases.leave(name);
  }

  function start(name: string, pool: Pool): void {
    if (pool.isWorking) return;
    pool.isWorking = true;
    work(name, pool)
      .catch((error: unknown) => {
        for (const waiter of pool.waiters) waiter.fail(error);
        pool.waiters.clear();
      })
      .finally(() => {
        pool.isWorking = false;
        if (pool.waiters.size > 0) start(name, pool);
      });
  }

  function giveBack(name: string, pool: Pool, slot: Slot, idleInMs: number): void {
    slot.inUse = false;
    clearTimeout(slot.timer);
    serve(pool);
    if (slot.inUse) return;
    if (!isOfUse(pool, slot) && pool.waiters.size > 0) {
      pool.returned.resolve();
      return;
    }
    slot.timer = setTimeout(
      () => {
        // What can't be written down now runs out by itself.
        if (!slot.inUse && pool.slots.has(slot)) drop(name, pool, slot).catch(() => {});
      },
      isOfUse(pool, slot) ? idleInMs : 0,
    ).unref();
  }

  /** A slot, or none when the time is over, whatever keeps the table from answering. */
  async function wait(
    name: string,
    pool: Pool,
    { limit, waitInMs, rank }: { readonly limit: number; readonly waitInMs: number; readonly rank: number },
  ): Promise<Slot | undefined> {
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<Slot | undefined>();
    const waiter: Waiter = { limit, rank, sinceInMs: clock.monotonicInMs(), settle, fail };
    pool.waiters.add(waiter);
    serve(pool);
    if (!pool.waiters.has(waiter)) return promise;
    const timer = setTimeout(() => {
      pool.waiters.delete(waiter);
      settle(undefined);
    }, waitInMs);
    start(name, pool);
    return promise.finally(() => clearTimeout(timer));
  }

  return {
    async acquire(name, limit, waitInMs, rank = 1) {
      const pool = poolOf(name);
      const slot = await wait(name, pool, { limit, waitInMs, rank });
      if (!slot) return undefined;
      if (deps.isForHosts) keepWhileInUse(name, slot);
      return makePermit(() => giveBack(name, pool, slot, deps.idleInMs(limit)));
    },
  };
}
