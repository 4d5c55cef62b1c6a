import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import { type JudgedLogin, judgeLogin, type StoppedLogin, toStopped, versionsIn } from './judge-login.ts';
import { makeKnownLogins } from './known-logins.ts';
import { IDLE_IN_MS, type LeasePool, makeLeasePool } from './lease-pool.ts';
import { LOGIN_PARTITION, readStop, type StopColumns } from './login-rows.ts';

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
export interface Logins extends LeasePool {
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
  const known = makeKnownLogins(table, clock, maxAgeInMs);
  let turns = 0;

  /** Changes the stop as long as this turn holds; says whether it did. */
  function changeInTurn(
    login: string,
    holder: string,
    change: (columns: StopColumns) => StopColumns,
  ): Promise<boolean> {
    return readAgain(async () => {
      const { stop } = await known.read(login);
      if (stop?.columns.Holder !== holder) return false;
      await known.write(login, stop.etag, change(stop.columns));
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
          const others = versionsIn(columns).filter((refused) => refused !== version);
          const memory = { Versions: others.join(' '), LiveInMs: deps.rememberForInMs };
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

  const judgeNow = (login: string, version: string) => judgeLogin(known.row(login), version);

  return {
    acquire: makeLeasePool({
      ...deps,
      owner,
      partition: LOGIN_PARTITION,
      windowInMs: maxAgeInMs,
      // A token is asked for once in a long while.
      idleInMs: (limit) => (limit === 1 ? 0 : IDLE_IN_MS),
      isForHosts: false,
      readRows: known.read,
    }).acquire,
    judgeNow,
    refused: known.addRefusal,

    async judge(login, version) {
      await known.refresh(login);
      return judgeNow(login, version);
    },

    async stopped(login) {
      await known.refresh(login);
      const row = known.row(login);
      return row && row.columns.Failures > 0 ? toStopped(row.columns) : undefined;
    },

    async takeTurn(login, version, settingsAgeInMs) {
      await known.writeRefusals(login);
      const { stop: row } = await known.read(login);
      if (!row) return { kind: 'free' };
      const judged = judgeLogin(row, version);
      if (judged.kind !== 'untried') return judged;
      const { columns, etag, isLive, ageInMs } = row;
      if (columns.Holder !== '' && isLive) return { kind: 'busy' };
      if (judged.stop.versions.includes(version) && Math.max(ageInMs, 0) < settingsAgeInMs) return { kind: 'busy' };
      turns += 1;
      const holder = `${owner}.${turns}`;
      try {
        await known.write(login, etag, { ...columns, Holder: holder, LiveInMs: deps.turnInMs });
      } catch (error) {
        // Another instance was quicker, unless it was this one, and the answer was lost.
        if (!(error instanceof ConflictError)) throw error;
        if ((await known.read(login)).stop?.columns.Holder !== holder) return { kind: 'busy' };
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
        const { stop } = await known.read(login);
        if (!stop || stop.columns.Failures === 0) return false;
        // Whoever has the turn keeps it.
        await known.write(login, stop.etag, { ...stop.columns, Released: true });
        return true;
      }),
  };
}
