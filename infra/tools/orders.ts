import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import { endCommand } from './end-command.ts';
import { openQueues } from './open-queues.ts';
import { openTools, type Tools } from './open-tools.ts';
import { type Acted, dropWaiting, releaseWaiting } from './waiting-commands.ts';
import { findWaiting, formatWaiting, listWaiting } from './waiting-orders.ts';

/*
 * `npm run orders -- waiting`: the orders that were put back, why, since when, and when they come back; it changes nothing.
 * `release` lets them come back at once, `drop` gives them up. They exit with 0, 1 where something could not be done, 2 where they could not
 * run. Needed is the right to read the ledger; to release, Storage Queue Data Message Sender on provisioning-orders; to drop, that
 * on provisioning-results and the poison queue, and Storage Table Data Contributor on table tickets.
 */
const USAGE = `Usage: npm run orders -- waiting [--connection <id>] [--json]
       npm run orders -- release <DeliveryId>|--all [--connection <id>] [--json]
       npm run orders -- drop <DeliveryId>|--all [--connection <id>] [--json]
  release       sends the order again at once; while its hold is in place it waits again
  drop          gives the order up: it ends as Errored and is kept in poison, where it can be replayed
  --connection  only that connection, also one that no setting names any more
  --json        print one JSON line: {orders, unread}, {released, refused} or {dropped, refused}`;

type Command =
  | { readonly verb: 'waiting'; readonly connection: string | undefined; readonly json: boolean }
  | {
      readonly verb: 'release' | 'drop';
      /** All of them without one. */
      readonly id: string | undefined;
      readonly connection: string | undefined;
      readonly json: boolean;
    };

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

const given = readCommand();
await endCommand(given ? await main(given) : 2);

async function main(command: Command): Promise<number> {
  const opened = await openTools();
  if (!opened.ok) {
    complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  try {
    return command.verb === 'waiting' ? await list(opened.tools, command) : await act(opened.tools, command);
  } catch (error) {
    complain(sayFailure(error));
    return 1;
  }
}

async function list(tools: Tools, { connection, json }: Command): Promise<number> {
  const { readSettings } = tools;
  const waiting = await listWaiting({ ledger: openQueues(tools).ledger, readSettings }, connection);
  print(json ? JSON.stringify(waiting) : formatWaiting(waiting));
  return 0;
}

async function act(
  tools: Tools,
  { verb, id, connection, json }: Exclude<Command, { readonly verb: 'waiting' }>,
): Promise<number> {
  const { installationId } = tools.config;
  const deps = { ...openQueues(tools), installationId, now: tools.clock.now };
  const { orders, unread } = await findWaiting({ ...deps, readSettings: tools.readSettings }, connection);
  const chosen = orders.filter(({ order }) => id === undefined || order.deliveryId === id);
  const acted: Acted[] = [];
  try {
    for (const one of chosen) acted.push(await (verb === 'release' ? releaseWaiting : dropWaiting)(one, deps));
  } finally {
    tell(verb, acted, json);
  }
  if (unread.length > 0) complain(`${unread.join(', ')} can't be read and may name more connections`);
  if (chosen.length === 0) complain(id === undefined ? 'No order waits.' : 'No order with that DeliveryId waits.');
  return acted.some(({ refused }) => refused !== undefined) || (id !== undefined && chosen.length === 0) ? 1 : 0;
}

function tell(verb: 'release' | 'drop', acted: readonly Acted[], json: boolean): void {
  const named = ({ order: { deliveryId, connection } }: Acted) => ({ deliveryId, ...(connection && { connection }) });
  const word = verb === 'release' ? 'released' : 'dropped';
  const done = acted.filter(({ refused }) => refused === undefined);
  const refused = acted.filter((one) => one.refused !== undefined);
  if (json) {
    print(
      JSON.stringify({
        [word]: done.map(named),
        refused: refused.map((one) => ({ ...named(one), reason: one.refused })),
      }),
    );
    return;
  }
  const text = ({ order }: Acted) => `${order.summary}, DeliveryId ${neutralLine(order.deliveryId, 10_000)}`;
  for (const one of done)
    print(`${verb === 'release' ? 'Comes back now' : 'Dropped, and kept in poison'}: ${text(one)}`);
  for (const one of refused) complain(`Not ${word}: ${text(one)}: ${neutralLine(one.refused ?? '', 2_000)}`);
}

function readCommand(): Command | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        connection: { type: 'string' },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { connection, all, json } = values;
    const [verb, id, ...more] = positionals;
    if (connection !== '' && more.length === 0) {
      if (verb === 'waiting' && id === undefined && !all) return { verb, connection, json };
      if ((verb === 'release' || verb === 'drop') && id !== '' && all === (id === undefined))
        return { verb, id, connection, json };
    }
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
