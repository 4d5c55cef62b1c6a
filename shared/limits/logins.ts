import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import { type JudgedLogin, judgeLogin, type StoppedLogin, toStopped, versionsIn } from './judge-login.ts';
import { type LoginPermits, makeLoginPermits } from './login-permits.ts';
import {
  LOGIN_PARTITION,
  type LoginRows,
  loginRowKeys,
  readLoginRows,
  readStop,
  type StopColumns,
} from './login-rows.ts';

/** Who may look whether a stopped login works again: one instance at a time. */
export type Turn =
  | Exclude<JudgedLogin, { readonly kind: 'untried' }>
  /** Another instance is at it, or it is too early. */
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'turn';
      readonly stop: StoppedLogin;
      /** Ends the stop, for ServiceNow accepted the login; not where it refused somebody meanwhile. @throws UnavailableError. */
      accepted(): Promise<boolean>;
      /** Lets the next one look; after `accepted` or a refusal there is nothing to it. Never fails. */
      end(): Promise<void>;
    };

/**
 * Which logins are stopped, over all instances, in table `limits`. Five failures in a row lock an account at ServiceNow
 * ("Lockout for failed logins"), and with Basic every call is a login; so the first refusal stops the login everywhere,
 * and only settings of another version may be tried, once, by one instance. What was refused is remembered beyond the
 * stop for as long as an instance may still have those settings.
 * Permission needed: Storage Table Data Contributor on table `limits`.
 */
export interface Logins extends LoginPermits {
  /** What may be done with a version of a login's settings, as it was at most `maxAgeInMs` ago. @throws UnavailableError. */
  judge(login: string, version: string): Promise<JudgedLogin>;
  /** The same as far as it is known here: with a permit in hand, that is as fresh. */
  judgeNow(login: string, version: string): JudgedLogin;
  /** Whether the login is stopped, as it was at most `maxAgeInMs` ago. @throws UnavailableError. */
  stopped(login: string): Promise<StoppedLogin | undefined>;
  /**
   * Counts a refusal and stops the login, here at once. Where that can't be written, this process remembers it and writes
   * it as soon as it can.
   */
  refused(login: string, version: string): Promise<StoppedLogin>;
  /**
   * Asks for the one turn to try a stopped login with settings of that version, which were read at most `settingsAgeInMs`
   * ago: after a release, refused ones are tried only when nothing else can have been read since.
   *
   * @throws UnavailableError.
   */
  takeTurn(login: string, version: string, settingsAgeInMs: number): Promise<Turn>;
  /** All stopped logins. @throws UnavailableError. */
  all(): Promise<readonly StoppedLogin[]>;
  /** Allows one more try, for an operator. Says whether the login was stopped. @throws UnavailableError. */
  release(login: string): Promise<boolean>;
}

const MOST_VERSIONS_KEPT = 10;
/** A refusal that could not be written is written after so long, whether anybody asks or not. */
const WRITE_AGAIN_AFTER_IN_MS = 5_000;

/** What this process knows of the others, and since when: nothing older replaces it. */
interface Known {
  readonly row: StopRow | undefined;
  readonly atInMs: number;
}

type StopRow = Pick<NonNullable<LoginRows['stop']>, 'columns' | 'isLive'>;

/** Builds the logins. */
export function makeLogins(deps: {
  readonly table: EntityTable;
  readonly clock: Clock;
  readonly random: () => number;
  /** How old may be what this process knows of the others. */
  readonly maxAgeInMs: number;
  /** The longest that a call and what the server does after it may take. */
  readonly longestCallInMs: number;
  /** The longest that reading the settings anew and signing in may take, with the waits in between. */
  readonly turnInMs: number;
  /** How long an instance may use settings that others have read anew. */
  readonly rememberForInMs: number;
}): Logins {
  const { table, clock, maxAgeInMs } = deps;
  const owner = randomUUID();
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<unknown>>();
  /** Versions refused to this process and not written yet; the first refusal of a login comes first. */
  const unwritten = new Map<string, string[]>();
  const writing = new Map<string, Promise<void>>();
  const waiting = new Set<string>();
  let turns = 0;

  function keep(login: string, row: StopRow | undefined, atInMs: number): void {
    const before = known.get(login);
    if (!before || before.atInMs <= atInMs) known.set(login, { row, atInMs });
  }

  async function readRows(login: string): Promise<LoginRows> {
    const startedAtInMs = clock.monotonicInMs();
    const rows = await readLoginRows(table, login);
    keep(login, rows.stop, startedAtInMs);
    return rows;
  }

  /** Reads unless what is known is fresh enough; however many ask at once, one read runs. */
  async function refresh(login: string): Promise<void> {
    const state = known.get(login);
    if (state && clock.monotonicInMs() - state.atInMs < maxAgeInMs) return;
    const running = reading.get(login) ?? readRows(login).finally(() => reading.delete(login));
    reading.set(login, running);
    await running;
  }

  /** The row as it is when everything is written that this process knows. */
  function rowOf(login: string): StopRow | undefined {
    const { row } = known.get(login) ?? {};
    const more = unwritten.get(login) ?? [];
    return more.length === 0 ? row : { columns: withRefusals(login, row, more), isLive: true };
  }

  function withRefusals(login: string, row: StopRow | undefined, versions: readonly string[]): StopColumns {
    const before = row && (row.columns.Failures > 0 || row.isLive) ? row.columns : undefined;
    return {
      v: 1,
      Login: login,
      Versions: [...new Set([...versionsIn(before), ...versions])].slice(-MOST_VERSIONS_KEPT).join(' '),
      Failures: (before?.Failures ?? 0) + versions.length,
      StoppedAt: before && before.Failures > 0 ? before.StoppedAt : clock.now().toISOString(),
      Released: false,
      Holder: '',
      LiveInMs: 0,
    };
  }

  /** Writes all refusals that are not written yet, one writer at a time. @throws UnavailableError, ConflictError. */
  function writeRefusals(login: string): Promise<void> {
    const running = writing.get(login) ?? writeUntilDone(login);
    if (unwritten.has(login)) writing.set(login, running);
    return running;
  }

  async function writeUntilDone(login: string): Promise<void> {
    try {
      for (let versions = unwritten.get(login); versions; versions = unwritten.get(login)) {
        const batch = [...versions];
        const columns = await readAgain(async () => {
          const { stop } = await readRows(login);
          const changed = withRefusals(login, stop, batch);
          await write(login, stop?.etag, changed);
          return changed;
        });
        keep(login, { columns, isLive: true }, clock.monotonicInMs());
        versions.splice(0, batch.length);
        if (versions.length === 0) unwritten.delete(login);
      }
    } finally {
      writing.delete(login);
    }
  }

  function writeLater(login: string): void {
    if (waiting.has(login)) return;
    waiting.add(login);
    setTimeout(() => {
      waiting.delete(login);
      writeRefusals(login).catch(() => writeLater(login));
    }, WRITE_AGAIN_AFTER_IN_MS).unref();
  }

  async function write(login: string, etag: string | undefined, columns: StopColumns): Promise<void> {
    const rowKey = loginRowKeys(login).stop;
    const change =
      etag === undefined
        ? ({ kind: 'insert', rowKey, columns } as const)
        : ({ kind: 'replace', rowKey, etag, columns } as const);
    await table.commit(LOGIN_PARTITION, [change]);
  }

  /** Changes the stop, or removes it for `undefined`, as long as this turn holds; says whether it did. */
  async function changeInTurn(
    login: string,
    holder: string,
    change: (columns: StopColumns) => StopColumns | undefined,
  ): Promise<boolean> {
    return readAgain(async () => {
      const { stop } = await readRows(login);
      if (stop?.columns.Holder !== holder) return false;
      const columns = change(stop.columns);
      if (columns) await write(login, stop.etag, columns);
      else await table.commit(LOGIN_PARTITION, [{ kind: 'delete', rowKey: stop.rowKey }]);
      keep(login, columns && { columns, isLive: true }, clock.monotonicInMs());
      return true;
    });
  }

  function turnOf(login: string, version: string, stop: StoppedLogin, holder: string): Turn {
    let isOver = false;
    return {
      kind: 'turn',
      stop,
      async accepted() {
        const isDone = await changeInTurn(login, holder, (columns) => {
          const versions = versionsIn(columns).filter((refused) => refused !== version);
          if (versions.length === 0) return undefined;
          const memory = { Versions: versions.join(' '), LiveInMs: deps.rememberForInMs };
          return { ...columns, ...memory, Failures: 0, Released: false, Holder: '' };
        });
        isOver = true;
        return isDone;
      },
      async end() {
        if (isOver) return;
        try {
          await changeInTurn(login, holder, (columns) => ({ ...columns, Holder: '', LiveInMs: 0 }));
        } catch (error) {
          // Nothing is lost by it: the turn runs out by itself.
          if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error;
        }
      },
    };
  }

  const judgeNow = (login: string, version: string) => judgeLogin(rowOf(login), version);

  return {
    acquire: makeLoginPermits({ ...deps, owner, windowInMs: maxAgeInMs, readRows }).acquire,
    judgeNow,

    async judge(login, version) {
      await refresh(login);
      return judgeNow(login, version);
    },

    async stopped(login) {
      await refresh(login);
      const row = rowOf(login);
      return row && row.columns.Failures > 0 ? toStopped(row.columns) : undefined;
    },

    async refused(login, version) {
      const versions = unwritten.get(login) ?? [];
      versions.push(version);
      unwritten.set(login, versions);
      const stop = toStopped(withRefusals(login, known.get(login)?.row, versions));
      try {
        await writeRefusals(login);
        const { row } = known.get(login) ?? {};
        return row ? toStopped(row.columns) : stop;
      } catch (error) {
        if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error;
        writeLater(login);
        return stop;
      }
    },

    async takeTurn(login, version, settingsAgeInMs) {
      if (unwritten.has(login)) await writeRefusals(login);
      const { stop: row } = await readRows(login);
      if (!row) return { kind: 'free' };
      const judged = judgeLogin(row, version);
      if (judged.kind !== 'untried') return judged;
      const { columns, etag, isLive, ageInMs } = row;
      if (columns.Holder !== '' && isLive) return { kind: 'busy' };
      if (judged.stop.versions.includes(version) && Math.max(ageInMs, 0) < settingsAgeInMs) return { kind: 'busy' };
      turns += 1;
      const holder = `${owner}.${turns}`;
      try {
        await write(login, etag, { ...columns, Holder: holder, LiveInMs: deps.turnInMs });
      } catch (error) {
        // Another instance was quicker, unless it was this one, and the answer was lost.
        if (!(error instanceof ConflictError)) throw error;
        if ((await readRows(login)).stop?.columns.Holder !== holder) return { kind: 'busy' };
      }
      return turnOf(login, version, judged.stop, holder);
    },

    async all() {
      const { entities } = await table.list(LOGIN_PARTITION, '0', '~');
      return entities.flatMap((entity) => {
        const columns = readStop(entity);
        return columns && columns.Failures > 0 ? [toStopped(columns)] : [];
      });
    },

    release: (login) =>
      readAgain(async () => {
        const { stop } = await readRows(login);
        if (!stop || stop.columns.Failures === 0) return false;
        // Whoever has the turn keeps it.
        await write(login, stop.etag, { ...stop.columns, Released: true });
        return true;
      }),
  };
}
