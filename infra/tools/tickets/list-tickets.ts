import { neutralLine } from '../../../shared/neutral-text.ts';
import type { UnfinishedTicket } from '../../../shared/tickets/ledger.ts';
import { stateMapOf } from '../../../shared/tickets/state-maps.ts';
import { openQueues } from '../open-queues.ts';
import { csvLine } from './csv-line.ts';
import type { TicketCommand } from './ticket-command.ts';
import { readTicketOptions } from './ticket-options.ts';
import { ticketPartitions } from './ticket-partitions.ts';

/** What is told of one unfinished ticket; times in ISO 8601. */
type ListedTicket = ReturnType<typeof told>;

const COLUMNS = [
  'connection',
  'number',
  'assignment',
  'changeType',
  'resourceType',
  'state',
  'ticketState',
  'approval',
  'orderedAt',
  'openedAt',
  'seenAt',
  'kept',
  'pending',
] as const satisfies readonly (keyof ListedTicket)[];

/**
 * `list`: what is open, since when, and what it waits for; as it is read, however much there is. Permission needed: Storage Table
 * Data Reader on table `tickets`.
 */
export const listTickets: TicketCommand = {
  usage: `  list [--connection <id>] [--json|--csv]   the tickets that are not finished: since when they are open, and what they wait for`,
  read(args) {
    const options = readTicketOptions(args);
    if (!options || options.positionals.length > 0) return undefined;
    const { connection, format } = options;
    const [json, csv] = [format === 'json', format === 'csv'];
    return async (tools, terminal) => {
      const { ledger } = openQueues(tools);
      if (csv) terminal.print(csvLine(COLUMNS));
      let count = 0;
      for (const partition of await ticketPartitions(tools, connection, terminal)) {
        for await (const { tickets } of ledger.listUnfinished(partition)) {
          for (const ticket of tickets) {
            count += 1;
            const one = told(partition, ticket);
            if (csv) terminal.print(csvLine(COLUMNS.map((column) => one[column])));
            else terminal.print(json ? JSON.stringify(one) : forPeople(one));
          }
        }
      }
      if (count === 0 && !json && !csv) terminal.print('No ticket is unfinished.');
      return 0;
    };
  },
};

function told(connection: string, { key, row }: UnfinishedTicket) {
  const line = (text: string | undefined) => (text === undefined ? undefined : neutralLine(text, 200));
  return {
    connection,
    ticketKey: key,
    number: line(row.Number),
    assignment: line(row.AssignmentId),
    changeType: line(row.ChangeType),
    resourceType: line(row.ResourceType),
    state: row.State,
    ticketState:
      row.TicketState === undefined
        ? undefined
        : line(stateMapOf(row.TicketTable).labels[row.TicketState] ?? row.TicketState),
    approval: line(row.TicketApproval),
    orderedAt: row.OrderedAt.split('#')[0],
    openedAt: row.OpenedAt,
    seenAt: row.SeenAt,
    kept: row.KeptAt !== undefined,
    pending: row.HasPending ?? false,
  };
}

function forPeople(one: ListedTicket): string {
  const { number, ticketState, approval, openedAt, orderedAt, seenAt, kept, pending, state } = one;
  const what =
    state === 'creating'
      ? 'is being made'
      : `${ticketState ?? state}${approval === undefined ? '' : `, approval ${approval}`} since ${openedAt ?? orderedAt}`;
  const more = [
    ...(seenAt === undefined ? [] : [`seen ${seenAt}`]),
    ...(kept ? ['kept although it is gone'] : []),
    ...(pending ? ['a result is to be sent'] : []),
  ];
  return `${number ?? one.ticketKey}  ${what}; ${one.changeType ?? ''} ${one.resourceType ?? ''} (assignment ${one.assignment ?? 'unknown'}), ${neutralLine(one.connection, 200)}${more.map((text) => `; ${text}`).join('')}`;
}
