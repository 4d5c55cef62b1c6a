import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { endCommand } from './end-command.ts';
import { openQueues } from './open-queues.ts';
import { openTools } from './open-tools.ts';
import { formatWaiting, listWaiting } from './waiting-orders.ts';

/*
 * `npm run orders -- waiting`: the orders that were put back, why, since when, and when they come back. It changes nothing,
 * and exits with 0, 1 where the ledger could not be read, 2 where it could not run.
 */
const USAGE = `Usage: npm run orders -- waiting [--connection <id>] [--json]
  --connection  only that connection, also one that no setting names any more
  --json        print one JSON line: {orders, unread}`;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

const given = readCommand();
await endCommand(given ? await main(given) : 2);

async function main({ connection, json }: { readonly connection: string | undefined; readonly json: boolean }) {
  const opened = await openTools();
  if (!opened.ok) {
    complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  const { readSettings } = opened.tools;
  try {
    const waiting = await listWaiting({ ledger: openQueues(opened.tools).ledger, readSettings }, connection);
    print(json ? JSON.stringify(waiting) : formatWaiting(waiting));
    return 0;
  } catch (error) {
    complain(sayFailure(error));
    return 1;
  }
}

function readCommand(): { readonly connection: string | undefined; readonly json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { connection: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const isWaiting = positionals.length === 1 && positionals[0] === 'waiting';
    if (isWaiting && values.connection !== '') return { connection: values.connection, json: values.json };
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
