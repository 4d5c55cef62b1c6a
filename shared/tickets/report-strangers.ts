import type { Log } from '../log.ts';
import type { OnceADay } from '../once-a-day.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { Ledger } from './ledger.ts';
import { keyIn, ourRecords } from './our-records.ts';
import type { ReconcileRun } from './reconcile-run.ts';

/**
 * Warns, once a day each, of active tickets that carry our marker and that no order is followed by: the ledger does not know them, or
 * knows another one of the same key. They are never taken over by themselves, for nobody knows whose they are.
 *
 * @throws ServiceNowError, UnavailableError.
 */
export type ReportStrangers = (run: ReconcileRun, table: string, followed: number) => Promise<void>;

/** Builds it: the tickets are counted in one call, and read only where the count differs from that of the ledger. */
export function makeReportStrangers(deps: {
  readonly withPermit: WithPermit;
  readonly ledger: Pick<Ledger, 'listUnfinished' | 'readTicket'>;
  readonly isDue: OnceADay;
  readonly log: Log;
}): ReportStrangers {
  const { withPermit, ledger, isDue, log } = deps;

  return async ({ instance, connection, marker, keyFields }, table, followed) => {
    const around = <T>(call: () => Promise<T>) => withPermit(instance, 'reconcile', call);
    const where: Condition[] = [
      ['correlation_display', '=', marker],
      ['active', '=', 'true'],
    ];
    const { totalCount } = await around(() => instance.tables.list(table, { where, fields: ['sys_id'], limit: 1 }));
    if (totalCount === undefined || totalCount === followed) return;

    const known = new Set<string | undefined>();
    for await (const { tickets } of ledger.listUnfinished(connection))
      for (const { row } of tickets) if (row.TicketTable === table) known.add(row.SysId);
    const query = { where, fields: ['sys_id', 'number', 'correlation_display', ...keyFields] };
    for await (const { records } of readAll(instance.tables, table, query, instance.settings.pageSize, around)) {
      const { ours } = ourRecords(records, { connection, marker, keyFields });
      for (const record of ours) if (!known.has(record.sys_id)) await report(record);
    }

    async function report(record: ServiceNowRecord): Promise<void> {
      const { number, sys_id: sysId } = record;
      const key = keyIn(record, keyFields);
      const row = key === undefined ? undefined : (await ledger.readTicket(connection, key))?.row;
      if (!row) {
        if (isDue(`unknown ${connection} ${sysId}`))
          log.warn('ticket.unknown', { connection, ticket: number, ticketKey: key });
      } else if (row.SysId !== undefined && row.SysId !== sysId && isDue(`${key} ${sysId}`))
        log.error('ticket.doubled', { ticketKey: key, followed: row.Number, other: number });
    }
  };
}
