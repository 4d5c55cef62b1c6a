import { randomUUID } from 'node:crypto';
import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { HoldError, messageOf, UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import {
  describeScope,
  HOLD_PARTITION,
  type HoldColumns,
  type HoldKind,
  type HoldScope,
  holdRowKeys,
  type LimitRow,
  readHold,
  scopeColumnsOf,
  scopeOf,
} from './hold-rows.ts';
import {
  isInTheWay,
  isProbed,
  isStricter,
  judgeProbe,
  type ProbeOutcome,
  probeDueInMs,
  quietAfter,
} from './judge-hold.ts';
import type { KnownLimits } from './known-limits.ts';

/** A hold as people are told of it. */
export interface PlacedHold {
  readonly scope: HoldScope;
  readonly kind: HoldKind;
  readonly reason: string;
  readonly since: string;
  readonly isProbed: boolean;
}

/** The turn of one order to look whether what holds all others is over. */
export interface ProbeTurn {
  /** Says what came of it, and in how many seconds the next turn can be taken where it did not end the hold. Never fails. */
  end(outcome: ProbeOutcome): Promise<number | undefined>;
}

/**
 * Scopes whose orders wait, over all instances, in table `limits`. A hold is in place for all within `maxAgeInMs`; orders
 * that meet one cost no call, neither to ServiceNow nor to the table.
 * Permission needed: Storage Table Data Contributor on table `limits`.
 */
export interface Holds {
  /**
   * Lets an order pass where nothing holds it, or where it is its turn to probe. While requests can't be completed, only an
   * order whose request `isBegun` may probe, for another one would make one more of them.
   *
   * @throws HoldError where it is held; UnavailableError where nobody can know.
   */
  enter(order: Required<HoldScope>, isBegun?: () => Promise<boolean>): Promise<ProbeTurn | undefined>;
  /**
   * Places a hold for all instances, once, and says in how many seconds the first order may probe. Where it can't be
   * written, this process keeps to it and writes it when it can. `cause` is the `DeliveryId` that met it. Never fails.
   */
  place(scope: HoldScope, kind: HoldKind, reason: string, cause?: string): Promise<number | undefined>;
  /**
   * Whether this delivery placed the hold before, and others went on since: then it is not what is around it that is wrong.
   *
   * @throws UnavailableError.
   */
  isAlone(scope: HoldScope, kind: HoldKind, cause: string): Promise<boolean>;
  /** Ends what was placed: a pause, a loss, or what else there is. Gives what it ended. @throws UnavailableError. */
  end(scope: HoldScope, which: 'pause' | 'loss' | 'others'): Promise<PlacedHold | undefined>;
  /** All that are in place. @throws UnavailableError. */
  all(): Promise<readonly PlacedHold[]>;
}

/** Storage's clock shows whole seconds. */
const CLOCK_GRAIN_IN_S = 2;

/** What somebody has to do, by what holds. */
const REMEDIES: Readonly<Record<HoldKind, string>> = {
  pause: '`npm run connections -- resume` ends the pause',
  loss: 'find out what became of them, then run `npm run tickets -- accept-loss` or `npm run tickets -- keep`',
  changed: 'put it right, then run `npm run connections -- release`',
  refused:
    'check the account, its roles and the access to the API (`npm run doctor`); one order at a time looks whether it is over',
  refusals: 'check the mapping and the rules of the table; one order at a time looks whether it is over',
  reference: 'put the mapping or the record right; one order at a time looks whether it is over',
  unfinished:
    'let the account read and write what it orders; the order whose request is not complete looks whether it is over',
};

/** Builds the holds. */
export function makeHolds(deps: {
  readonly table: EntityTable;
  readonly known: KnownLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** How long orders are put back at most, and a hold is not probed at most. */
  readonly holdInMs: number;
  /** How long a hold is not probed at first. */
  readonly firstQuietInMs: number;
  /** The longest that making a ticket may take, with all waits. */
  readonly turnInMs: number;
}): Holds {
  const { table, known, clock, log } = deps;
  /** Holds that could not be written. */
  const unwritten = new Map<string, HoldColumns>();
  let writing: Promise<void> | undefined;
  /** Turns being taken by this process. */
  const taking = new Set<string>();

  const quiet = (probes: number) => quietAfter(probes, Math.min(deps.firstQuietInMs, deps.holdInMs), deps.holdInMs);

  async function read(rowKey: string) {
    const entity = await table.get(HOLD_PARTITION, rowKey);
    const stored = readHold(entity);
    const ended = stored?.EndedAt === '' ? undefined : stored;
    return { etag: entity?.etag, columns: ended ? undefined : stored, ended };
  }

  async function write(rowKey: string, etag: string | undefined, columns: HoldColumns): Promise<string | undefined> {
    const change =
      etag === undefined
        ? ({ kind: 'insert', rowKey, columns } as const)
        : ({ kind: 'replace', rowKey, etag, columns } as const);
    const etags = await table.commit(HOLD_PARTITION, [change]);
    known.forget();
    return etags.get(rowKey);
  }

  async function writePlaced(rowKey: string, columns: HoldColumns): Promise<void> {
    const isPlaced = await readAgain(async () => {
      const { etag, columns: before, ended } = await read(rowKey);
      // It may be our own, written although the answer was lost.
      if (before?.Id === columns.Id) return true;
      if (before && !isStricter(columns.Kind, before.Kind)) return false;
      const earlier = ended?.EndedBy === 'probe' && ended.Kind === columns.Kind ? ended.Causes : '';
      await write(rowKey, etag, { ...columns, Causes: addCause(earlier, columns.Causes) });
      return true;
    });
    known.forget();
    if (isPlaced) log.error('hold.placed', { ...fieldsOf(columns), todo: REMEDIES[columns.Kind] });
  }

  async function takeTurn(row: LimitRow<HoldColumns>): Promise<HeldTurn> {
    const columns = { ...row.columns, Holder: randomUUID(), QuietInMs: deps.turnInMs };
    if (taking.has(row.rowKey)) throw heldBy(row.columns);
    taking.add(row.rowKey);
    try {
      const etag = await write(row.rowKey, row.etag, columns);
      return { rowKey: row.rowKey, etag: etag ?? '', columns };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      known.forget();
      throw heldBy(row.columns);
    } finally {
      taking.delete(row.rowKey);
    }
  }

  /** Gives a turn back; where somebody else wrote the row meanwhile, that counts. */
  async function endTurn({ rowKey, etag, columns }: HeldTurn, outcome: ProbeOutcome): Promise<number | undefined> {
    const verdict = judgeProbe(columns.Kind, outcome);
    const probes = columns.Probes + (verdict === 'failed' ? 1 : 0);
    const quietInMs = verdict === 'atOnce' ? 0 : quiet(verdict === 'later' ? 0 : probes);
    try {
      await write(rowKey, etag, {
        ...columns,
        Holder: '',
        QuietInMs: quietInMs,
        Probes: probes,
        ...(verdict === 'over' && { EndedAt: clock.now().toISOString(), EndedBy: 'probe' }),
      });
      if (verdict === 'over') log.info('hold.ended', fieldsOf(columns));
    } catch (error) {
      known.forget();
      // Nothing is lost by it: the turn runs out by itself.
      if (!(error instanceof ConflictError)) log.warn('limits.unwritten', { reason: messageOf(error) });
    }
    return verdict === 'over' ? undefined : quietInMs / 1000 + CLOCK_GRAIN_IN_S;
  }

  /** Says once, over all instances, that an operator ended it: the operator's command logs nothing. */
  async function tellEnded({ rowKey, etag, columns }: LimitRow<HoldColumns>): Promise<void> {
    if (columns.EndedBy !== 'operator' || taking.has(rowKey)) return;
    taking.add(rowKey);
    try {
      await write(rowKey, etag, { ...columns, EndedBy: 'told' });
      log.info('hold.ended', fieldsOf(columns));
    } catch (error) {
      known.forget();
      if (!(error instanceof ConflictError || error instanceof UnavailableError)) throw error;
    } finally {
      taking.delete(rowKey);
    }
  }

  /** Writes what could not be written before: once for all who ask meanwhile, or each of them would tell of it. */
  function writeLate(): Promise<void> {
    if (unwritten.size === 0) return Promise.resolve();
    writing ??= writeAllLate().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAllLate(): Promise<void> {
    for (const [rowKey, columns] of unwritten) {
      try {
        await writePlaced(rowKey, columns);
        unwritten.delete(rowKey);
      } catch (error) {
        if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error;
      }
    }
  }

  return {
    async enter(order, isBegun) {
      await writeLate();
      const own = [...unwritten.values()].find((columns) => isInTheWay(columns, order));
      if (own) throw heldBy(own);
      const { rows, readAgoInMs } = await known.view();
      for (const row of rows.holds) await tellEnded(row);
      const inTheWay = rows.holds.filter(({ columns }) => isInTheWay(columns, order));
      const closed = inTheWay.find((row) => probeDueInMs(row, readAgoInMs) > 0);
      if (closed) throw heldBy(closed.columns);
      const unfinished = inTheWay.find((row) => row.columns.Kind === 'unfinished');
      // Where none that was begun has come for as long as all come back, there is none left, and any order may look.
      const lateInMs = unfinished ? -probeDueInMs(unfinished, readAgoInMs) : 0;
      if (unfinished && lateInMs <= deps.holdInMs + deps.turnInMs && !(await isBegun?.()))
        throw heldBy(unfinished.columns);
      const turns: HeldTurn[] = [];
      try {
        for (const row of inTheWay) turns.push(await takeTurn(row));
      } catch (error) {
        for (const turn of turns) await endTurn(turn, 'notAsked');
        throw error;
      }
      if (turns.length === 0) return undefined;
      return {
        async end(outcome) {
          const waits: number[] = [];
          for (const turn of turns) {
            const wait = await endTurn(turn, outcome);
            if (wait !== undefined) waits.push(wait);
          }
          return waits.length > 0 ? Math.max(...waits) : undefined;
        },
      };
    },

    async place(scope, kind, reason, cause) {
      const rowKey = holdRowKeys(scope).hold(kind);
      const columns: HoldColumns = {
        ...scopeColumnsOf(scope),
        Kind: kind,
        Id: randomUUID(),
        Reason: reason.slice(0, 1000).toWellFormed(),
        Since: clock.now().toISOString(),
        EndedAt: '',
        EndedBy: '',
        Causes: cause === undefined ? '' : causeOf(cause),
        Holder: '',
        QuietInMs: quiet(0),
        Probes: 0,
      };
      try {
        await writePlaced(rowKey, columns);
      } catch (error) {
        log.warn('limits.unwritten', { reason: messageOf(error) });
        if (!unwritten.has(rowKey)) unwritten.set(rowKey, columns);
      }
      return isProbed(kind) ? quiet(0) / 1000 + CLOCK_GRAIN_IN_S : undefined;
    },

    async isAlone(scope, kind, cause) {
      const { ended } = await read(holdRowKeys(scope).hold(kind));
      return ended?.Kind === kind && ended.EndedBy === 'probe' && ended.Causes.split(' ').includes(causeOf(cause));
    },

    end: (scope, which) =>
      readAgain(async () => {
        const rowKey = holdRowKeys(scope).hold(which === 'others' ? 'changed' : which);
        const { etag, columns } = await read(rowKey);
        if (!columns) return undefined;
        await write(rowKey, etag, {
          ...columns,
          Holder: '',
          EndedAt: clock.now().toISOString(),
          EndedBy: 'operator',
        });
        return toPlaced(columns);
      }),

    async all() {
      known.forget();
      const { rows } = await known.view();
      return rows.holds.filter(({ columns }) => columns.EndedAt === '').map(({ columns }) => toPlaced(columns));
    },
  };
}

/** So many orders may meet what others do not meet, and each is told from the hold's being over. */
const MOST_CAUSES = 100;

function causeOf(deliveryId: string): string {
  return sha256Hex(deliveryId, 16);
}

function addCause(earlier: string, cause: string): string {
  const others = earlier.split(' ').filter((one) => one !== '' && one !== cause);
  return [...others, ...(cause === '' ? [] : [cause])].slice(-MOST_CAUSES).join(' ');
}

interface HeldTurn {
  readonly rowKey: string;
  readonly etag: string;
  readonly columns: HoldColumns;
}

function toPlaced(columns: HoldColumns): PlacedHold {
  const { Kind: kind, Reason: reason, Since: since } = columns;
  return { scope: scopeOf(columns), kind, reason, since, isProbed: isProbed(kind) };
}

function heldBy(columns: HoldColumns): HoldError {
  const scope = describeScope(scopeOf(columns));
  const what = columns.Kind === 'pause' ? 'Paused by an operator' : 'On hold';
  return new HoldError(
    scope,
    `${what} since ${columns.Since} (${scope}): ${columns.Reason}; ${REMEDIES[columns.Kind]}`,
  );
}

function fieldsOf(columns: HoldColumns) {
  const { Connection: connection, ResourceType, Kind: kind, Reason: reason, Since: since } = columns;
  return {
    scope: describeScope(scopeOf(columns)),
    connection,
    ...(ResourceType !== '' && { resourceType: ResourceType }),
    kind,
    since,
    reason,
  };
}
