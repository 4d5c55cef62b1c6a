import { parseArgs } from 'node:util';
import { type Erased, eraseOwner } from '../../../shared/erasure/erase-owner.ts';
import { neutralLine } from '../../../shared/neutral-text.ts';
import { NO_CONNECTION } from '../../../shared/tickets/ledger.ts';
import { openQueues } from '../open-queues.ts';
import type { TicketCommand } from './ticket-command.ts';
import { ticketPartitions } from './ticket-partitions.ts';

const KINDS: Readonly<Record<Erased['kind'], string>> = {
  ticket: 'ticket key',
  order: 'waiting order',
  poison: 'message in poison',
  blob: 'blob',
  queue: 'queue',
};

/** `erase`: blanks a person's data. Permissions needed: those of `eraseOwner`. */
export const erase: TicketCommand = {
  usage: `  erase --owner <Id> [--connection <id>] [--dry-run] [--json]
                                            blanks a person's data in ledger, order blobs and poison; keys and states stay`,
  read(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        owner: { type: 'string' },
        connection: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { owner: ownerId, connection, json, 'dry-run': dryRun } = values;
    if (!ownerId || connection === '' || positionals.length > 0) return undefined;
    return async (tools, terminal) => {
      const partitions = [...(await ticketPartitions(tools, connection, terminal)), NO_CONNECTION];
      const { installationId } = tools.config;
      const count = { erased: 0, left: 0 };
      for await (const one of eraseOwner({ ownerId, partitions, dryRun }, { installationId, ...openQueues(tools) })) {
        count[one.left === undefined ? 'erased' : 'left'] += 1;
        if (json) terminal.print(JSON.stringify(one));
        else terminal[one.left === undefined ? 'print' : 'complain'](forPeople(one, dryRun));
      }
      if (!json) terminal.print(`${count.erased} ${dryRun ? 'would be blanked' : 'blanked'}, ${count.left} left.`);
      return count.left > 0 ? 1 : 0;
    };
  },
};

function forPeople({ kind, name, left }: Erased, dryRun: boolean): string {
  const what = `${KINDS[kind]} ${neutralLine(name, 10_000)}`;
  if (left !== undefined) return `Left: ${what}: ${neutralLine(left, 2_000)}`;
  return `${dryRun ? 'Would be blanked' : 'Blanked'}: ${what}`;
}
