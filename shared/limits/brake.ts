import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { HoldError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import { decideDraw, isBraked } from './decide-draw.ts';
import {
  describeScope,
  HOLD_PARTITION,
  type HoldScope,
  holdRowKeys,
  readDay,
  scopeColumnsOf,
  scopeOf,
} from './hold-rows.ts';
import type { KnownLimits } from './known-limits.ts';

/** Leave to make one new ticket. */
export interface Leave {
  /** Gives it back where certainly no ticket was made; once only. */
  giveBack(): void;
}

/** A scope and the most new tickets that may be made in it on a day (UTC). */
export interface DailyLimit {
  readonly scope: HoldScope;
  readonly limit: number;
}

/** What was drawn in a scope today, for people. */
export interface DrawnToday {
  readonly scope: HoldScope;
  /** New tickets made today, or about to be made. */
  readonly drawn: number;
  /** How often an operator allowed the limit's worth once more. */
  readonly extra: number;
  /** Since when orders wait for it, where the limit was reached. */
  readonly brakedSince: string | undefined;
}

/**
 * `MaxNewTicketsPerDay`: so that a mistake in the role model does not flood a service desk. All instances together never make
 * more new tickets than the limit; each draws leave from table `limits` in blocks, small ones near the limit, and gives back what it
 * does not use. What a killed one had drawn, 20 at most, is lost for that day.
 * Permission needed: Storage Table Data Contributor on table `limits`.
 */
export interface Brake {
  /**
   * Leave for one new ticket, counted in all these scopes.
   *
   * @throws HoldError where a limit is reached, until 00:00 UTC or until an operator releases it; UnavailableError.
   */
  take(limits: readonly DailyLimit[]): Promise<Leave>;
  /** Allows the limit's worth once more today. Gives since when it was reached, if it was. @throws UnavailableError. */
  release(scope: HoldScope): Promise<string | undefined>;
  /** Every scope in which leave was drawn today. @throws UnavailableError. */
  today(): Promise<readonly DrawnToday[]>;
}

interface Allowance {
  day: string;
  left: number;
  drawing: Promise<void> | undefined;
  idleTimer: NodeJS.Timeout | undefined;
}

/** What nobody has asked for in so long is given back; not by all instances at once. */
const IDLE_IN_MS = 5_000;

/** Builds the brake. */
export function makeBrake(deps: {
  readonly table: EntityTable;
  readonly known: KnownLimits;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}): Brake {
  const { table, known, clock, log } = deps;
  const allowances = new Map<string, Allowance>();
  const today = () => clock.now().toISOString().slice(0, 10);

  function allowanceOf(rowKey: string): Allowance {
    const allowance = allowances.get(rowKey) ?? { day: '', left: 0, drawing: undefined, idleTimer: undefined };
    allowances.set(rowKey, allowance);
    // What was drawn for a day is for that day.
    if (allowance.day < today()) allowance.left = 0;
    return allowance;
  }

  async function read(rowKey: string) {
    const entity = await table.get(HOLD_PARTITION, rowKey);
    return { etag: entity?.etag, columns: readDay(entity) };
  }

  async function write(scope: HoldScope, etag: string | undefined, day: object): Promise<void> {
    const { day: rowKey } = holdRowKeys(scope);
    const columns = { ...scopeColumnsOf(scope), ...day };
    await table.commit(HOLD_PARTITION, [
      etag === undefined ? { kind: 'insert', rowKey, columns } : { kind: 'replace', rowKey, etag, columns },
    ]);
  }

  async function draw({ scope, limit }: DailyLimit): Promise<void> {
    const { day: rowKey } = holdRowKeys(scope);
    const alert = randomUUID();
    await readAgain(async () => {
      const { etag, columns: before } = await read(rowKey);
      const now = clock.now().toISOString();
      const decision = decideDraw(before, { today: today(), limit, alert, now });
      if (decision.kind === 'braked') {
        known.forget();
        if (decision.columns) await write(scope, etag, decision.columns);
        // Our own, written although the answer was lost, is told too.
        if (decision.columns || before?.Alert === alert) tellBraked({ scope, limit }, before?.Since || now);
        throw brakedError({ scope, limit });
      }
      await write(scope, etag, decision.columns);
      const allowance = allowanceOf(rowKey);
      allowance.day = decision.columns.Day;
      allowance.left += decision.block;
      if (decision.endedSince !== undefined)
        log.info('hold.ended', {
          ...fieldsOf(scope),
          since: decision.endedSince,
          reason: 'new tickets may be made again',
        });
    });
  }

  function tellBraked({ scope, limit }: DailyLimit, since: string): void {
    log.error('hold.placed', {
      ...fieldsOf(scope),
      since,
      reason: brakedError({ scope, limit }).message,
      todo: 'see whether so many orders are meant; `npm run connections -- release` allows as many again today',
    });
  }

  /** One at a time; whoever comes meanwhile waits for what it brings. */
  function drawOnce(limit: DailyLimit, allowance: Allowance): Promise<void> {
    allowance.drawing ??= draw(limit).finally(() => {
      allowance.drawing = undefined;
    });
    return allowance.drawing;
  }

  async function takeOne(limit: DailyLimit): Promise<() => void> {
    const { day: rowKey } = holdRowKeys(limit.scope);
    for (;;) {
      const allowance = allowanceOf(rowKey);
      if (allowance.left > 0) {
        allowance.left -= 1;
        const { day } = allowance;
        giveBackWhenIdle(limit.scope, allowance);
        return () => {
          if (allowance.day !== day) return;
          allowance.left += 1;
          giveBackWhenIdle(limit.scope, allowance);
        };
      }
      const { rows } = await known.view();
      const row = rows.days.find((one) => one.rowKey === rowKey);
      if (isBraked(row?.columns, today(), limit.limit) && row?.columns.Alert) throw brakedError(limit);
      await drawOnce(limit, allowance);
    }
  }

  function giveBackWhenIdle(scope: HoldScope, allowance: Allowance): void {
    clearTimeout(allowance.idleTimer);
    allowance.idleTimer = setTimeout(() => void giveBack(scope, allowance), IDLE_IN_MS * (1 + deps.random()));
    allowance.idleTimer.unref();
  }

  async function giveBack(scope: HoldScope, allowance: Allowance): Promise<void> {
    const { day, left } = allowance;
    if (left === 0) return;
    allowance.left = 0;
    try {
      const { etag, columns } = await read(holdRowKeys(scope).day);
      if (columns?.Day !== day) return;
      // Once only: a write whose answer is lost may have been done, and leave given back twice would exceed the limit.
      await write(scope, etag, { ...columns, Drawn: columns.Drawn - left });
    } catch (error) {
      // It is lost for today, which errs on the side of too few.
      log.info('limits.unwritten', { reason: messageOf(error) });
    }
  }

  return {
    async take(limits) {
      const taken: (() => void)[] = [];
      try {
        for (const limit of limits) taken.push(await takeOne(limit));
      } catch (error) {
        for (const giveOne of taken) giveOne();
        throw error;
      }
      let isGivenBack = false;
      return {
        giveBack() {
          if (isGivenBack) return;
          isGivenBack = true;
          for (const giveOne of taken) giveOne();
        },
      };
    },

    release: (scope) =>
      readAgain(async () => {
        const { etag, columns } = await read(holdRowKeys(scope).day);
        if (!columns || columns.Day < today() || columns.Alert === '') return undefined;
        await write(scope, etag, { ...columns, Extra: columns.Extra + 1, Alert: '' });
        known.forget();
        return columns.Since;
      }),

    async today() {
      known.forget();
      const { rows } = await known.view();
      return rows.days
        .filter(({ columns }) => columns.Day >= today())
        .map(({ columns }) => ({
          scope: scopeOf(columns),
          drawn: columns.Drawn,
          extra: columns.Extra,
          brakedSince: columns.Alert === '' ? undefined : columns.Since,
        }));
    },
  };
}

function brakedError({ scope, limit }: DailyLimit): HoldError {
  const where = describeScope(scope);
  return new HoldError(
    where,
    `As many new tickets were made today as MaxNewTicketsPerDay allows for ${where} (${limit}, or a multiple that operators released); orders wait until 00:00 UTC, or until \`npm run connections -- release ${scope.connection}\``,
  );
}

function fieldsOf(scope: HoldScope) {
  return {
    scope: describeScope(scope),
    connection: scope.connection,
    ...(scope.resourceType !== undefined && { resourceType: scope.resourceType }),
    kind: 'brake',
  };
}
