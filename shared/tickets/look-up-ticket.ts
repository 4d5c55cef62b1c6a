import { HoldError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { lookUpQuery } from './ticket-queries.ts';

/**
 * The ticket with this key, or `undefined` where there certainly is none: a complete answer, no row, and a count of 0.
 * Several for one key: the oldest, and the log tells all numbers.
 *
 * @throws HoldError where a ticket is hidden from us, or the instance did not understand the query: then nobody may
 *   conclude that there is none.
 * @throws ServiceNowError where the answer did not come.
 */
export async function lookUpTicket(
  instance: Instance,
  table: string,
  ticket: { readonly key: string; readonly marker: string; readonly firstClaimedAt: Date },
  log: Log,
): Promise<ServiceNowRecord | undefined> {
  const { records, totalCount } = await instance.tables.list(table, lookUpQuery(ticket));
  const held = (reason: string) =>
    new HoldError(
      `order ${ticket.key}`,
      `${reason}; no second ticket is made for ${ticket.key} until this is put right`,
    );
  if (records.some((record) => record.correlation_id !== ticket.key || record.correlation_display !== ticket.marker)) {
    throw held(
      'ServiceNow answered the search for a ticket with other tickets, so it does not understand the query: check that the account may read correlation_id and correlation_display',
    );
  }
  if (records.length > 1)
    log.error('ticket.doubled', { ticketKey: ticket.key, numbers: records.map(({ number }) => number).join(' ') });
  if (records[0]) return records[0];
  if (totalCount === 0) return undefined;
  throw held(
    totalCount === undefined
      ? 'ServiceNow did not say how many tickets match (X-Total-Count)'
      : 'ServiceNow has a ticket for this order that the account may not read: give it read access',
  );
}
