import { HoldError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { RecordQuery, ServiceNowRecord } from '../servicenow/table-api.ts';
import { lookUpQuery } from './ticket-queries.ts';
import type { TicketReference } from './ticket-reference.ts';

/**
 * The record with the key of this ticket, with `fields` beside what is always read, or `undefined` where there certainly is none. Several for one key: the oldest, and
 * the log tells all numbers.
 *
 * @throws HoldError, ServiceNowError as `lookUp` does.
 */
export async function lookUpTicket(
  instance: Instance,
  ticket: TicketReference,
  log: Log,
  fields: readonly string[] = [],
): Promise<ServiceNowRecord | undefined> {
  const { table, key, marker, correlationField } = ticket;
  const records = await lookUp(instance, table, lookUpQuery(ticket, fields), ticket, {
    isMeant: (record) => record[correlationField] === key && record.correlation_display === marker,
    fields: `${correlationField} and correlation_display`,
  });
  if (records.length > 1)
    log.error('ticket.doubled', { ticketKey: key, numbers: records.map(({ number }) => number).join(' ') });
  return records[0];
}

/**
 * What a search for one ticket gives: none only where there certainly is none, by a complete answer, no row, and a count of 0.
 *
 * @throws HoldError where a row is hidden from us, or the instance did not understand the query: then nobody may conclude
 *   that there is none.
 * @throws ServiceNowError where the answer did not come.
 */
export async function lookUp(
  instance: Instance,
  table: string,
  query: RecordQuery,
  { key }: Pick<TicketReference, 'key'>,
  meant: { readonly isMeant: (record: ServiceNowRecord) => boolean; readonly fields: string },
): Promise<readonly ServiceNowRecord[]> {
  const { records, totalCount } = await instance.tables.list(table, query);
  const held = (reason: string) =>
    new HoldError(`order ${key}`, `${reason}; no second ticket is made for ${key} until this is put right`);
  if (!records.every(meant.isMeant)) {
    throw held(
      `ServiceNow answered the search for a ticket with other records of ${table}, so it does not understand the query: check that the account may read ${meant.fields}`,
    );
  }
  if (records.length > 0 || totalCount === 0) return records;
  throw held(
    totalCount === undefined
      ? 'ServiceNow did not say how many tickets match (X-Total-Count)'
      : `ServiceNow has a ticket for this order that the account may not read (table ${table}): give it read access`,
  );
}
