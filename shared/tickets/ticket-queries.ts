import type { Condition } from '../servicenow/encoded-query.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { RecordQuery } from '../servicenow/table-api.ts';
import type { TicketReference } from './ticket-reference.ts';
import { fieldsOf, followedFieldsOf } from './ticket-tables.ts';

/** A ticket created a day before its claim can't be; the bound spares the instance a scan, for the field is not indexed. */
const SLACK_IN_MS = 86_400_000;

/** Name and value of a variable as table `sc_item_option_mtom` reaches them: what was answered when an item was ordered. */
export const VARIABLE_NAME = 'sc_item_option.item_option_new.name';
export const VARIABLE_VALUE = 'sc_item_option.value';

/** The look-up of the records of a table that carry the key of a ticket, which is claimed since then; with `fields` read too. */
export function lookUpQuery(
  {
    table,
    correlationField,
    key,
    marker,
    firstClaimedAt,
  }: Pick<TicketReference, 'table' | 'correlationField' | 'key' | 'marker' | 'firstClaimedAt'>,
  fields: readonly string[] = [],
): RecordQuery {
  return {
    where: [[correlationField, '=', key], ['correlation_display', '=', marker], createdSince(firstClaimedAt)],
    fields: fieldsOf(table, [correlationField, ...fields]),
    orderBy: 'sys_created_on',
    limit: 10,
  };
}

/** The look-up of requested items that were ordered with the key of a ticket in a variable. */
export function variableQuery(variable: string, { key, firstClaimedAt }: TicketReference): RecordQuery {
  return {
    where: [[VARIABLE_NAME, '=', variable], [VARIABLE_VALUE, '=', key], createdSince(firstClaimedAt)],
    fields: ['sys_id', 'request_item', VARIABLE_NAME, VARIABLE_VALUE],
    orderBy: 'sys_created_on',
    limit: 10,
  };
}

function createdSince(firstClaimedAt: Date): Condition {
  return ['sys_created_on', '>=', toServiceNowTime(new Date(firstClaimedAt.getTime() - SLACK_IN_MS))];
}

/** A poll's query: our tickets, or those of them that were updated since then. */
export function changedTicketsQuery(
  table: string,
  correlationFields: readonly string[],
  marker: string,
  since: Date | undefined,
) {
  const where: Condition[] = [['correlation_display', '=', marker]];
  if (since) where.push(['sys_updated_on', '>=', toServiceNowTime(since)]);
  return { where, fields: followedFieldsOf(table, correlationFields) } satisfies Pick<RecordQuery, 'where' | 'fields'>;
}
