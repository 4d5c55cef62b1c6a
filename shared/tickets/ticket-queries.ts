import type { Condition } from '../servicenow/encoded-query.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { RecordQuery } from '../servicenow/table-api.ts';
import { INCIDENT_FIELDS } from './incident-fields.ts';

/** A ticket created a day before its claim can't be; the bound spares the instance a scan, for the field is not indexed. */
const SLACK_IN_MS = 86_400_000;

/** The look-up of the ticket with this key, which is claimed since then. */
export function lookUpQuery(ticket: {
  readonly key: string;
  readonly marker: string;
  readonly firstClaimedAt: Date;
}): RecordQuery {
  return {
    where: [
      ['correlation_id', '=', ticket.key],
      ['correlation_display', '=', ticket.marker],
      ['sys_created_on', '>=', toServiceNowTime(new Date(ticket.firstClaimedAt.getTime() - SLACK_IN_MS))],
    ],
    fields: INCIDENT_FIELDS,
    orderBy: 'sys_created_on',
    limit: 10,
  };
}

/** A poll's query: our tickets, or those of them that were updated since then. */
export function changedTicketsQuery(marker: string, since: Date | undefined) {
  const where: Condition[] = [['correlation_display', '=', marker]];
  if (since) where.push(['sys_updated_on', '>=', toServiceNowTime(since)]);
  return { where, fields: INCIDENT_FIELDS } satisfies Pick<RecordQuery, 'where' | 'fields'>;
}
