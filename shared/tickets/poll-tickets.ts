import { messageOf } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { INCIDENT } from './incident-fields.ts';
import { keyFieldsOf } from './our-records.ts';
import { readPollCookie } from './poll-cookie.ts';
import type { PollTable } from './poll-table.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import { TICKET_TABLES } from './ticket-tables.ts';

/**
 * Turns what people did to our tickets since the last poll into results.
 *
 * @throws AggregateError with the failures of single connections and tables, after each of them had its turn.
 */
export type PollTickets = () => Promise<void>;

/** Connections polled at a time: one whose host does not answer holds up no other. */
const POLLED_AT_A_TIME = 16;

/** Builds the poll of all connections that mappings name. */
export function makePollTickets(deps: {
  readonly mappings: Mappings;
  readonly serviceNow: ServiceNow;
  readonly pollTable: PollTable;
  readonly cookies: BlobStore;
  readonly log: Log;
}): PollTickets {
  const { mappings, serviceNow, log } = deps;

  return async () => {
    const failures: unknown[] = [];
    const failed = (connection: string, error: unknown, table?: string) => {
      log.error('poll.failed', { connection, ...(table !== undefined && { table }), reason: messageOf(error) });
      failures.push(error);
    };
    await inParallel(await mappings.connections(), POLLED_AT_A_TIME, async (connection) => {
      try {
        await pollConnection(connection, (table, error) => failed(connection, error, table));
      } catch (error) {
        failed(connection, error);
      }
    });
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Polling failed for ${failures.length} connection(s) or tables, the next poll carries on: ${failures.map(messageOf).join('; ')}`,
      );
  };

  async function pollConnection(connection: string, failed: (table: string, error: unknown) => void): Promise<void> {
    const instance = await serviceNow.open(connection);
    const mapped = await mappings.of(connection);
    const keyFields = keyFieldsOf(mapped);
    const directory = instance.settings.cookieDirectory;
    for (const table of TICKET_TABLES) {
      try {
        const cookie = await readPollCookie(deps.cookies, { directory, connection, table });
        const isMapped = mapped.some(({ TicketType }) => tableOf(TicketType) === table);
        // A table that was polled before may have tickets still, whatever the mappings say by now.
        if (isMapped || cookie.polledAt || cookie.unfinished)
          await deps.pollTable(instance, { table, keyFields }, cookie);
      } catch (error) {
        failed(table, error);
      }
    }
  }
}

function tableOf(ticketType: ResourceTypeMapping['TicketType']): string {
  return ticketType === 'incident' ? INCIDENT : REQUESTED_ITEM;
}
