import { parseArgs } from 'node:util';
import { neutralLine } from '../../../shared/neutral-text.ts';
import { makeWithPermit } from '../../../shared/servicenow/with-permit.ts';
import { type Withdrawn, withdrawTickets } from '../../../shared/tickets/withdraw-tickets.ts';
import { openQueues } from '../open-queues.ts';
import type { TicketCommand } from './ticket-command.ts';
import { ticketPartitions } from './ticket-partitions.ts';

const COMMENT = 'This ticket was made by mistake and is withdrawn: nothing has to be done.';

/** `withdraw`: cancels tickets that were made by mistake. Permissions needed: those of `withdrawTickets`. */
export const withdraw: TicketCommand = {
  usesServiceNow: true,
  usage: `  withdraw --since <ISO 8601> --resource-type <id> [--connection <id>] [--comment <text>] [--also-worked-on] [--dry-run] [--json]
                                            cancels open tickets that were made by mistake, with a comment; their orders end as Errored`,
  read(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        since: { type: 'string' },
        'resource-type': { type: 'string' },
        connection: { type: 'string' },
        comment: { type: 'string', default: COMMENT },
        'also-worked-on': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { since = '', 'resource-type': resourceType, connection, json, 'dry-run': dryRun } = values;
    const isTime = /^\d{4}-\d\d-\d\d(T\S+)?$/.test(since) && !Number.isNaN(Date.parse(since));
    if (!isTime || !resourceType || connection === '' || positionals.length > 0) return undefined;
    const comment = neutralLine(values.comment, 1_000);
    const alsoWorkedOn = values['also-worked-on'];
    const asked = { since: new Date(since), resourceType, alsoWorkedOn, dryRun, comment };
    return async (tools, terminal) => {
      const { ledger, mappings } = openQueues(tools);
      const { config, permits, random } = tools;
      const withPermit = makeWithPermit({ permits, random, config });
      const deps = { installationId: config.installationId, ledger, mappings, withPermit };
      const count = { done: 0, refused: 0 };
      for (const partition of await ticketPartitions(tools, connection, terminal)) {
        const instance = await tools.serviceNow.open(partition);
        for await (const one of withdrawTickets(instance, asked, deps)) {
          count[one.refused === undefined ? 'done' : 'refused'] += 1;
          if (json) terminal.print(JSON.stringify({ connection: partition, ...one }));
          else terminal[one.refused === undefined ? 'print' : 'complain'](forPeople(one, dryRun));
        }
      }
      if (!json)
        terminal.print(
          `${count.done} ${dryRun ? 'would be cancelled' : 'cancelled'}, ${count.refused} left alone.${count.done > 0 && !dryRun ? ' The next poll sends their results.' : ''}`,
        );
      return count.refused > 0 ? 1 : 0;
    };
  },
};

function forPeople({ number, refused }: Withdrawn, dryRun: boolean): string {
  if (refused !== undefined) return `Left alone: ${number}: ${neutralLine(refused, 2_000)}`;
  return `${dryRun ? 'Would be cancelled' : 'Cancelled'}: ${number}`;
}
