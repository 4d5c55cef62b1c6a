import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { ConflictError, type EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import { type StoppedLogin, toStopped, versionsIn } from './judge-login.ts';
import { LOGIN_PARTITION, type LoginRows, loginRowKeys, readLoginRows, type StopColumns } from './login-rows.ts';

/** A login's stop, or memory of one. */
export type StopRow = Pick<NonNullable<LoginRows['stop']>, 'columns' | 'isLive'>;

/** What this process knows of the logins that it and all others were refused. */
export interface KnownLogins {
  /** Reads all rows of a login and keeps what concerns its stop. @throws UnavailableError. */
  read(login: string): Promise<LoginRows>;
  /** Reads unless what is known is fresh enough; however many ask at once, one read runs. @throws UnavailableError. */
  refresh(login: string): Promise<void>;
  /** The row as it is when everything is written that this process knows. */
  row(login: string): StopRow | undefined;
  /** Writes a stop over that version of its row, or the first one. @throws UnavailableError, ConflictError. */
  write(login: string, etag: string | undefined, columns: StopColumns): Promise<void>;
  /** Counts a refusal, here at once; where it can't be written, it is as soon as that is possible. */
  addRefusal(login: string, version: string): Promise<StoppedLogin>;
  /** Writes all refusals that are not written yet. @throws UnavailableError, ConflictError. */
  writeRefusals(login: string): Promise<void>;
}

/** What is known since when: nothing older replaces it. */
interface Known {
  readonly row: StopRow | undefined;
  readonly atInMs: number;
}

const MOST_VERSIONS_KEPT = 10;
/** A refusal that could not be written is written after so long, whether anybody asks or not. */
const WRITE_AGAIN_AFTER_IN_MS = 5_000;

/** Builds it over table `limits`; nothing is known yet. */
export function makeKnownLogins(table: EntityTable, clock: Clock, maxAgeInMs: number): KnownLogins {
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<unknown>>();
  /** Versions refused to this process and not written yet. */
  const unwritten = new Map<string, string[]>();
  const writing = new Map<string, Promise<void>>();
  const waiting = new Set<string>();

  function keep(login: string, row: StopRow | undefined, atInMs: number): void {
    const before = known.get(login);
    if (!before || before.atInMs <= atInMs) known.set(login, { row, atInMs });
  }

  async function read(login: string): Promise<LoginRows> {
    const startedAtInMs = clock.monotonicInMs();
    const rows = await readLoginRows(table, login);
    keep(login, rows.stop, startedAtInMs);
    return rows;
  }

  async function write(login: string, etag: string | undefined, columns: StopColumns): Promise<void> {
    const rowKey = loginRowKeys(login).stop;
    await table.commit(LOGIN_PARTITION, [
      etag === undefined ? { kind: 'insert', rowKey, columns } : { kind: 'replace', rowKey, etag, columns },
    ]);
    keep(login, { columns, isLive: true }, clock.monotonicInMs());
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

  /** One writer at a time; it goes on until nothing is left, what comes meanwhile included. */
  function writeRefusals(login: string): Promise<void> {
    if (!unwritten.has(login)) return Promise.resolve();
    const running = writing.get(login) ?? writeUntilDone(login);
    writing.set(login, running);
    return running;
  }

  async function writeUntilDone(login: string): Promise<void> {
    try {
      for (let versions = unwritten.get(login); versions; versions = unwritten.get(login)) {
        const batch = [...versions];
        await readAgain(async () => {
          const { stop } = await read(login);
          await write(login, stop?.etag, withRefusals(login, stop, batch));
        });
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

  function row(login: string): StopRow | undefined {
    const stored = known.get(login)?.row;
    const more = unwritten.get(login);
    return more ? { columns: withRefusals(login, stored, more), isLive: true } : stored;
  }

  return {
    read,
    row,
    write,
    writeRefusals,

    async refresh(login) {
      const state = known.get(login);
      if (state && clock.monotonicInMs() - state.atInMs < maxAgeInMs) return;
      const running = reading.get(login) ?? read(login).finally(() => reading.delete(login));
      reading.set(login, running);
      await running;
    },

    async addRefusal(login, version) {
      const versions = unwritten.get(login) ?? [];
      versions.push(version);
      unwritten.set(login, versions);
      const stop = toStopped(withRefusals(login, known.get(login)?.row, versions));
      try {
        await writeRefusals(login);
        const written = known.get(login)?.row;
        return written ? toStopped(written.columns) : stop;
      } catch (error) {
        if (!(error instanceof UnavailableError || error instanceof ConflictError)) throw error;
        writeLater(login);
        return stop;
      }
    },
  };
}
