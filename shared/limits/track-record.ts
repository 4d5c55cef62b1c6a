import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { ConnectorError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';
import { HOLD_PARTITION, type HoldScope, holdRowKeys, type RunColumns, readRun, scopeColumnsOf } from './hold-rows.ts';
import type { KnownLimits } from './known-limits.ts';

/** What happened lately over all instances: enough to tell an outage from an order that alone keeps failing. */
export interface TrackRecord {
  /** A ticket was made: written down at most once a minute, and it ends a run of refusals. Never fails. */
  succeeded(order: Required<HoldScope>): Promise<void>;
  /** Whether a ticket was made through the connection within the last `withinInMs`, give or take a minute. Never fails. */
  succeedsLately(connection: string, withinInMs: number): Promise<boolean>;
  /**
   * Counts one more of the same refusal within a resource type and gives how many it were running.
   *
   * @throws UnavailableError.
   */
  refused(order: Required<HoldScope>, refusal: string): Promise<number>;
}

const WRITE_EVERY_IN_MS = 60_000;

/** Builds the record over table `limits`. Permission needed: Storage Table Data Contributor on it. */
export function makeTrackRecord(deps: {
  readonly table: EntityTable;
  readonly known: KnownLimits;
  readonly clock: Clock;
  readonly log: Log;
}): TrackRecord {
  const { table, known, clock, log } = deps;
  /** By row key, when this process knew of a success last. */
  const successes = new Map<string, number>();
  const written = new Map<string, number>();

  async function tell(connection: string): Promise<void> {
    const rowKey = holdRowKeys({ connection }).success;
    const now = clock.monotonicInMs();
    if (now - (written.get(rowKey) ?? Number.NEGATIVE_INFINITY) < WRITE_EVERY_IN_MS) return;
    written.set(rowKey, now);
    await table.commit(HOLD_PARTITION, [{ kind: 'put', rowKey, columns: scopeColumnsOf({ connection }) }]);
  }

  /** Ends a run that this process knows of; one that is younger than what it knows ends at its own next success. */
  async function endRun(order: Required<HoldScope>): Promise<void> {
    const { rows } = await known.view();
    const run = rows.runs.find(({ rowKey, columns }) => rowKey === holdRowKeys(order).run && columns.Count > 0);
    if (!run) return;
    await table.commit(HOLD_PARTITION, [
      { kind: 'replace', rowKey: run.rowKey, etag: run.etag, columns: { ...run.columns, Count: 0 } },
    ]);
    known.forget();
  }

  return {
    async succeeded(order) {
      const now = clock.monotonicInMs();
      successes.set(holdRowKeys({ connection: order.connection }).success, now);
      successes.set(holdRowKeys(order).success, now);
      for (const write of [() => tell(order.connection), () => endRun(order)]) {
        try {
          await write();
        } catch (error) {
          if (!(error instanceof ConnectorError)) throw error;
          known.forget();
          log.info('limits.unwritten', { reason: messageOf(error) });
        }
      }
    },

    async succeedsLately(connection, withinInMs) {
      const key = holdRowKeys({ connection }).success;
      const at = successes.get(key);
      if (at !== undefined && clock.monotonicInMs() - at <= withinInMs) return true;
      try {
        const { rows, readAgoInMs } = await known.view();
        return rows.successes.some(({ rowKey, ageInMs }) => rowKey === key && ageInMs + readAgoInMs <= withinInMs);
      } catch (error) {
        // Who can't tell gives nothing up.
        if (error instanceof ConnectorError) return false;
        throw error;
      }
    },

    refused: (order, refusal) =>
      readAgain(async () => {
        const keys = holdRowKeys(order);
        const entity = await table.get(HOLD_PARTITION, keys.run);
        const before = readRun(entity);
        const hash = sha256Hex(refusal, 32);
        const ageInMs = entity ? clock.now().getTime() - entity.writtenAt.getTime() : 0;
        const succeededAgoInMs = clock.monotonicInMs() - (successes.get(keys.success) ?? Number.NEGATIVE_INFINITY);
        const isRunning = before?.Refusal === hash && succeededAgoInMs >= ageInMs;
        const columns: RunColumns = {
          ...scopeColumnsOf(order),
          Refusal: hash,
          Count: isRunning ? before.Count + 1 : 1,
        };
        await table.commit(HOLD_PARTITION, [
          entity
            ? { kind: 'replace', rowKey: keys.run, etag: entity.etag, columns }
            : { kind: 'insert', rowKey: keys.run, columns },
        ]);
        return columns.Count;
      }),
  };
}
