import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { HoldError, messageOf, UnavailableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ConflictError, type EntityChange, type EntityTable } from '../storage/entity-table.ts';
import { type CircuitColumns, circuitRowKey, type LimitRow } from './lease-rows.ts';

/**
 * What came of one request to a host: it `answered`, it `failed` (no answer, or 5xx), or it answered that nothing be sent
 * for that long (`Retry-After`).
 */
export type CallOutcome =
  | { readonly kind: 'answered' | 'failed' }
  | { readonly kind: 'askedToWait'; readonly forInMs: number };

/** The row of a host's circuit as it was read last, or written here; without an ETag, it could not be written. */
interface KnownRow {
  readonly columns: CircuitColumns;
  readonly etag: string | undefined;
  /** By the monotonic clock. */
  readonly endsAtInMs: number;
}

interface Circuit {
  failures: number;
  row: KnownRow | undefined;
  /** What was read before that says less than what is known here. */
  changedAtInMs: number;
}

/** So many failures in a row, and the host is left alone for a moment. */
const FAILURES_UNTIL_PAUSE = 5;
const FIRST_PAUSE_IN_MS = 1_000;
const LONGEST_PAUSE_IN_MS = 60_000;
/** Rate rules count by the hour; a host that asks for more is asked again after that. */
const LONGEST_ASKED_PAUSE_IN_MS = 3_600_000;
/** A pause that ends within this time is sat out; work that meets a longer one is put back. */
const PATIENCE_IN_MS = 5_000;
const LOOK_EVERY_IN_MS = 500;
/** Work that is put back is spread over at most so many seconds. */
const SPREAD_IN_SECONDS = 30;
/** Storage's clock shows whole seconds. */
const CLOCK_GRAIN_IN_MS = 1_000;

/**
 * Keeps all instances from a ServiceNow host that asks for a pause, or is unwell; then one of them looks, with one piece of
 * work, whether it is over. The pause is a row beside the leases, so that every look at those shows it.
 */
export function makeCircuits(deps: {
  readonly table: EntityTable;
  readonly partition: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** How long the work of who looks may take until its first answer. */
  readonly turnInMs: number;
  /** Reads the rows of a host, and gives them to `note`. */
  readonly read: (host: string) => Promise<unknown>;
}) {
  const { table, clock, log } = deps;
  const circuits = new Map<string, Circuit>();
  const readings = new Map<string, Promise<unknown>>();
  /** Turns that work here has. */
  const own = new Set<string>();

  function circuitOf(host: string): Circuit {
    const circuit = circuits.get(host) ?? { failures: 0, row: undefined, changedAtInMs: Number.NEGATIVE_INFINITY };
    circuits.set(host, circuit);
    return circuit;
  }
  const leftInMs = (row: KnownRow | undefined) => (row ? row.endsAtInMs - clock.monotonicInMs() : 0);

  function know(host: string, columns: CircuitColumns | undefined, etag?: string): void {
    circuitOf(host).row = columns && { columns, etag, endsAtInMs: clock.monotonicInMs() + columns.PauseInMs };
  }

  /** Writes the row, or removes it; what is read meanwhile is older. */
  async function commit(host: string, change: (rowKey: string) => EntityChange): Promise<string | undefined> {
    const circuit = circuitOf(host);
    const rowKey = circuitRowKey(host);
    circuit.changedAtInMs = Number.POSITIVE_INFINITY;
    try {
      return (await table.commit(deps.partition, [change(rowKey)])).get(rowKey);
    } finally {
      circuit.changedAtInMs = clock.monotonicInMs();
    }
  }

  /** The same, where it counts here at once, and whether or not it can be written. */
  async function change(
    host: string,
    columns: CircuitColumns | undefined,
    toChange: (rowKey: string) => EntityChange,
  ): Promise<void> {
    know(host, columns);
    const { row } = circuitOf(host);
    try {
      const etag = await commit(host, toChange);
      if (row && circuitOf(host).row === row) circuitOf(host).row = { ...row, etag };
    } catch (error) {
      if (error instanceof UnavailableError) log.warn('limits.unwritten', { reason: messageOf(error) });
      // Another instance changed it first: the next look shows what to.
      else if (error instanceof ConflictError) know(host, undefined);
      else throw error;
    }
  }

  async function pause(host: string, columns: CircuitColumns): Promise<void> {
    circuitOf(host).failures = 0;
    log.warn('host.paused', { host, seconds: columns.PauseInMs / 1000, reason: reasonOf(host, columns) });
    await change(host, columns, (rowKey) => ({ kind: 'put', rowKey, columns }));
  }

  const replacing =
    (etag: string | undefined, columns: CircuitColumns) =>
    (rowKey: string): EntityChange =>
      etag === undefined ? { kind: 'put', rowKey, columns } : { kind: 'replace', rowKey, etag, columns };

  /** Takes the turn to look whether a pause is over; not where somebody was quicker. */
  async function takeTurn(host: string, { columns: before, etag }: KnownRow): Promise<string | undefined> {
    const holder = randomUUID();
    const columns = { ...before, Holder: holder, PauseInMs: deps.turnInMs };
    try {
      const written = await commit(host, replacing(etag, columns));
      know(host, columns, written);
      return holder;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      circuitOf(host).changedAtInMs = Number.NEGATIVE_INFINITY;
      await deps.read(host);
      // Its own, written although the answer was lost.
      return circuitOf(host).row?.columns.Holder === holder ? holder : undefined;
    }
  }

  /** Lets the next one look, where whoever had the turn made no call. */
  function endTurn(host: string, holder: string): void {
    const { row } = circuitOf(host);
    if (row?.columns.Holder !== holder) return;
    const columns = { ...row.columns, Holder: '', PauseInMs: 0 };
    // Where that fails, the turn runs out by itself.
    change(host, columns, replacing(row.etag, columns)).catch(() => {});
  }

  function readOnce(host: string): Promise<unknown> {
    const reading = readings.get(host) ?? deps.read(host).finally(() => readings.delete(host));
    readings.set(host, reading);
    return reading;
  }

  return {
    /** Takes in what the table said, read from `readFromInMs` on by the monotonic clock. */
    note(host: string, row: LimitRow<CircuitColumns> | undefined, readFromInMs: number): void {
      const circuit = circuitOf(host);
      const isUnwritten = circuit.row !== undefined && circuit.row.etag === undefined && leftInMs(circuit.row) > 0;
      if (readFromInMs <= circuit.changedAtInMs || (isUnwritten && !row)) return;
      circuit.row = row && {
        columns: row.columns,
        etag: row.etag,
        endsAtInMs: clock.monotonicInMs() + row.columns.PauseInMs - row.ageInMs + CLOCK_GRAIN_IN_MS,
      };
    },

    /**
     * Lets work begin where the host is not paused, or to look whether that is over; short pauses are sat out. What it
     * returns is to be called when the work is over.
     *
     * @throws HoldError where the pause lasts; UnavailableError when table `limits` can't be reached for a turn.
     */
    async enter(host: string): Promise<() => void> {
      const untilInMs = clock.monotonicInMs() + PATIENCE_IN_MS;
      for (;;) {
        const { row } = circuitOf(host);
        if (!row || (row.columns.Trips === 0 && leftInMs(row) <= 0)) return () => {};
        if (leftInMs(row) <= 0) {
          const holder = await takeTurn(host, row);
          if (holder === undefined) continue;
          own.add(holder);
          return () => {
            own.delete(holder);
            endTurn(host, holder);
          };
        }
        const isProbed = row.columns.Holder !== '';
        const waitInMs = isProbed ? LOOK_EVERY_IN_MS : leftInMs(row);
        if (clock.monotonicInMs() + waitInMs > untilInMs) {
          const seconds = isProbed ? 1 : leftInMs(row) / 1000;
          throw new HoldError(`host ${host}`, reasonOf(host, row.columns), {
            retryAfterInSeconds: seconds + deps.random() * Math.min(seconds, SPREAD_IN_SECONDS),
          });
        }
        await clock.sleep(waitInMs);
        if (isProbed) await readOnce(host);
      }
    },

    /** Says what came of a request, whoever made it; returns when all instances can know. Never fails. */
    async report(host: string, outcome: CallOutcome): Promise<void> {
      const circuit = circuitOf(host);
      const { row } = circuit;
      if (outcome.kind === 'answered') {
        circuit.failures = 0;
        if (!row || row.columns.Trips === 0) return;
        log.info('host.resumed', { host });
        return change(host, undefined, (rowKey) => ({ kind: 'delete', rowKey }));
      }
      if (outcome.kind === 'askedToWait') {
        const forInMs = Math.min(outcome.forInMs, LONGEST_ASKED_PAUSE_IN_MS);
        // Several calls are told the same.
        if (leftInMs(row) >= forInMs - CLOCK_GRAIN_IN_MS && row?.columns.Trips === 0) return;
        return pause(host, { v: 1, Trips: 0, PauseInMs: forInMs, Holder: '' });
      }
      const isOwnTurn = row !== undefined && own.has(row.columns.Holder);
      // Calls that were on their way when the pause began say nothing new.
      if (leftInMs(row) > 0 && !isOwnTurn) return;
      circuit.failures += 1;
      if (circuit.failures < FAILURES_UNTIL_PAUSE && !isOwnTurn) return;
      const trips = row?.columns.Trips ?? 0;
      const PauseInMs = Math.min(FIRST_PAUSE_IN_MS * 2 ** Math.min(trips, 10), LONGEST_PAUSE_IN_MS);
      return pause(host, { v: 1, Trips: trips + 1, PauseInMs, Holder: '' });
    },
  };
}

function reasonOf(host: string, { Trips }: CircuitColumns): string {
  return Trips === 0
    ? `ServiceNow at ${host} asked to be sent nothing for a while (Retry-After)`
    : `ServiceNow at ${host} is unwell (no answer, or 5xx); one call at a time looks whether that is over`;
}
