import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import { readFilters } from '../servicenow/read-filters.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { boundHeap } from './bound-heap.ts';
import { readExportSettings } from './export-settings.ts';
import type { ExportTable } from './export-table.ts';
import { type ExportedTable, readExportedTables } from './exported-tables.ts';

/**
 * Exports every table that the mappings name, as far as it is due.
 *
 * @throws AggregateError with the failures of single tables, after each of them had its turn.
 */
export type ExportEntities = () => Promise<void>;

/** Connections at a time: one whose host does not answer holds up no other. */
const AT_A_TIME = 16;

/** Builds the export of all tables. Those of one connection go one after another, each with all its readers. */
export function makeExportEntities(deps: {
  readonly config: Pick<Config, 'exportRunInMs'>;
  readonly readSettings: ReadSettings;
  readonly serviceNow: ServiceNow;
  readonly exportTable: ExportTable;
  readonly clock: Pick<Clock, 'monotonicInMs'>;
  readonly log: Log;
}): ExportEntities {
  const { config, clock, log } = deps;
  /** Where the last run stopped for lack of time; the next one begins behind that, so that each table has its turn. */
  const stoppedAt = new Map<string, string>();

  return async () => {
    boundHeap();
    const endsAtInMs = clock.monotonicInMs() + config.exportRunInMs;
    const isTimeUp = () => clock.monotonicInMs() >= endsAtInMs;
    const failures: unknown[] = [];
    const failed = (error: unknown, of: { readonly connection?: string; readonly table?: string }) => {
      log.error('export.failed', { ...of, reason: messageOf(error) });
      failures.push(error);
    };
    const { settings, tables, faults } = await readPlan();
    for (const fault of faults) failed(new Error(fault), {});

    await inParallel(byConnection(tables), AT_A_TIME, async ([connection, own]) => {
      try {
        const instance = await deps.serviceNow.open(connection);
        let begun = 0;
        const filters = readFilters(instance.settings.filters);
        for (const table of inTurn(own, stoppedAt.get(connection))) {
          // The first one always has its turn, however long the sign-in took.
          if (begun > 0 && isTimeUp()) return;
          begun += 1;
          stoppedAt.set(connection, table.table);
          const fault = filters.faults.get(table.table);
          try {
            // Without its filter there would be rows in the file that nobody wants there.
            if (fault !== undefined) throw new Error(fault);
            await deps.exportTable(instance, { table, filter: filters.byTable.get(table.table), settings, isTimeUp });
          } catch (error) {
            failed(error, { connection, table: table.table });
          }
        }
        stoppedAt.delete(connection);
      } catch (error) {
        failed(error, { connection });
      }
    });
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Export failed for ${failures.length} connection(s) or tables, their files are as before: ${failures.map(messageOf).join('; ')}`,
      );
  };

  async function readPlan() {
    try {
      const settings = await readExportSettings(deps.readSettings);
      return { settings, ...(await readExportedTables(deps.readSettings)) };
    } catch (error) {
      log.error('export.failed', { reason: messageOf(error) });
      throw error;
    }
  }
}

function byConnection(tables: readonly ExportedTable[]): ReadonlyMap<string, readonly ExportedTable[]> {
  const found = new Map<string, ExportedTable[]>();
  for (const table of tables) found.set(table.connection, [...(found.get(table.connection) ?? []), table]);
  return found;
}

/** The tables from the one that comes after `last` on. */
function inTurn(tables: readonly ExportedTable[], last: string | undefined): readonly ExportedTable[] {
  const next = tables.findIndex(({ table }) => table === last) + 1;
  return [...tables.slice(next), ...tables.slice(0, next)];
}
