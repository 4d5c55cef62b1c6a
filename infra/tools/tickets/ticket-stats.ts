import { parseArgs } from 'node:util';
import { neutralLine } from '../../../shared/neutral-text.ts';
import type { UnfinishedRow } from '../../../shared/tickets/ledger-row.ts';
import { formatTable } from '../../local/format-table.ts';
import { openQueues } from '../open-queues.ts';
import type { TicketCommand } from './ticket-command.ts';
import { ticketPartitions } from './ticket-partitions.ts';

interface Stats {
  creating: number;
  open: number;
  waitingForApproval: number;
  /** Resolved incidents that count only when they are closed. */
  resolved: number;
  pending: number;
  oldest: string | undefined;
}

/** `stats`: how many tickets are unfinished, by connection and resource type. Permission needed: Storage Table Data Reader on table `tickets`. */
export const ticketStats: TicketCommand = {
  usage: `  stats [--connection <id>] [--json]        how many tickets are open, wait for approval, are resolved and wait to be closed, and the oldest`,
  read(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { connection: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const { connection, json } = values;
    if (positionals.length > 0 || connection === '') return undefined;
    return async (tools, terminal) => {
      const { ledger } = openQueues(tools);
      const all: ({ connection: string; resourceType: string } & Stats)[] = [];
      for (const partition of await ticketPartitions(tools, connection, terminal)) {
        const byType = new Map<string, Stats>();
        for await (const { tickets } of ledger.listUnfinished(partition))
          for (const { row } of tickets) count(row, byType);
        for (const [resourceType, stats] of byType) all.push({ connection: partition, resourceType, ...stats });
      }
      if (json) terminal.print(JSON.stringify(all));
      else if (all.length === 0) terminal.print('No ticket is unfinished.');
      else
        terminal.print(
          formatTable(
            ['connection', 'resource type', 'being made', 'open', 'for approval', 'resolved', 'to be sent', 'oldest'],
            all.map((one) => [
              neutralLine(one.connection, 100),
              neutralLine(one.resourceType, 100),
              ...[one.creating, one.open, one.waitingForApproval, one.resolved, one.pending].map(String),
              one.oldest ?? '',
            ]),
          ),
        );
      return 0;
    };
  },
};

function count(row: UnfinishedRow, byType: Map<string, Stats>): void {
  const before = byType.get(row.ResourceType);
  const stats = before ?? { creating: 0, open: 0, waitingForApproval: 0, resolved: 0, pending: 0, oldest: undefined };
  byType.set(row.ResourceType, stats);
  if (row.State === 'creating') stats.creating += 1;
  if (row.HasPending) stats.pending += 1;
  if (row.State !== 'open') return;
  stats.open += 1;
  if (row.TicketApproval === 'requested') stats.waitingForApproval += 1;
  if (row.TicketTable === 'incident' && row.TicketState === '6') stats.resolved += 1;
  const at = row.OpenedAt ?? row.OrderedAt;
  if (stats.oldest === undefined || at < stats.oldest) stats.oldest = at;
}
