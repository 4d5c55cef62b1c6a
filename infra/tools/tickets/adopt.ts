import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CsvError, parse } from 'csv-parse/sync';
import { codeOf } from '../../../shared/errors.ts';
import { neutralLine } from '../../../shared/neutral-text.ts';
import { makeWithPermit } from '../../../shared/servicenow/with-permit.ts';
import { type Adopted, makeAdoptTicket } from '../../../shared/tickets/adopt-tickets.ts';
import { openQueues } from '../open-queues.ts';
import type { TicketCommand } from './ticket-command.ts';

const COLUMNS = ['AssignmentId', 'ChangeType', 'ResourceType', 'OwnerId', 'OwnerType', 'TicketNumber'];

/** `adopt`: takes over tickets that another connector opened. Permissions needed: those of `makeAdoptTicket`. */
export const adopt: TicketCommand = {
  usesServiceNow: true,
  usage: `  adopt --file <open.csv> [--dry-run] [--json]   takes over tickets that another connector opened; the file has the columns
                                            ${COLUMNS.join(', ')}`,
  read(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { file, 'dry-run': dryRun, json } = values;
    if (!file || positionals.length > 0) return undefined;
    return async (tools, { print, complain }) => {
      const lines = await readLines(file);
      if (typeof lines === 'string') {
        complain(lines);
        return 2;
      }
      const { ledger, mappings } = openQueues(tools);
      const { config, permits, random, serviceNow, clock } = tools;
      const withPermit = makeWithPermit({ permits, random, config });
      const { installationId } = config;
      const adoptTicket = makeAdoptTicket({ installationId, dryRun, ledger, mappings, serviceNow, withPermit, clock });
      let refused = 0;
      for (const { record, info } of lines) {
        const came = await adoptTicket(record);
        if (came.came === 'refused') refused += 1;
        if (json) print(JSON.stringify({ line: info.lines, ...came }));
        else (came.came === 'refused' ? complain : print)(`Line ${info.lines}: ${forPeople(came)}`);
      }
      if (!json)
        print(
          `${lines.length - refused} ${dryRun ? 'would be taken over' : 'taken over'}, ${refused} left alone; the next reconciliation looks at them first.`,
        );
      return refused > 0 ? 1 : 0;
    };
  },
};

interface Line {
  readonly record: unknown;
  readonly info: { readonly lines: number };
}

/** The lines of the file, or what is wrong with it as a whole. */
async function readLines(file: string): Promise<readonly Line[] | string> {
  const expected = `Expected a CSV file with the columns ${COLUMNS.join(', ')}, got`;
  try {
    const text = await readFile(file, 'utf8');
    const lines: Line[] = parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true, trim: true });
    const missing = COLUMNS.filter(
      (column) => !new RegExp(`(^|[,"\\s])${column}(["\\s,]|$)`).test(text.split('\n')[0] ?? ''),
    );
    return missing.length > 0 ? `${expected} one without ${missing.join(', ')}` : lines;
  } catch (error) {
    const what = error instanceof CsvError ? neutralLine(error.message, 200) : (codeOf(error) ?? 'an error');
    return `${expected} ${what}`;
  }
}

function forPeople(came: Adopted): string {
  if (came.came === 'refused') return `left alone: ${neutralLine(came.reason, 2_000)}`;
  const { number, ticketKey } = came;
  if (came.came === 'wouldBeAdopted') return `${number} would be taken over`;
  const how = came.came === 'marked' ? 'polls follow it' : 'it can not be marked, so it is looked at every few hours';
  return `${number} is taken over as ${ticketKey}: ${how}`;
}
