import { parseArgs } from 'node:util';

/** What commands that tell of tickets are asked. */
export interface TicketOptions {
  readonly connection: string | undefined;
  readonly format: 'people' | 'json' | 'csv';
  readonly positionals: readonly string[];
}

/** Reads them; nothing where they make no sense. @throws whatever `parseArgs` says of an unknown option. */
export function readTicketOptions(args: readonly string[]): TicketOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      connection: { type: 'string' },
      json: { type: 'boolean', default: false },
      csv: { type: 'boolean', default: false },
    },
  });
  const { connection, json, csv } = values;
  if (connection === '' || (json && csv)) return undefined;
  return { connection, positionals, format: json ? 'json' : csv ? 'csv' : 'people' };
}
