import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import { endCommand } from './end-command.ts';
import { openQueues, openResetQueues } from './open-queues.ts';
import { openTools, type Tools } from './open-tools.ts';
import { type Acted, dropWaiting, releaseWaiting } from './waiting-commands.ts';
import { findWaiting, formatWaiting, type Waiting } from './waiting-orders.ts';

/*
 * `npm run orders -- waiting`: the orders (with --resets the password resets) that were put back, why, since when, and when they come back; it changes nothing.
 * `release` lets them come back at once, `drop` gives them up. They exit with 0, 1 where something could not be done, 2 where they could not
 * run. Needed is the right to read the ledger; to release, Storage Queue Data Message Sender on their queue; to drop, that
 * on the queues of their results and poison, and Storage Table Data Contributor on table tickets.
 */
const USAGE = `Usage: npm run orders -- waiting [--connection <id>|--resets] [--json]
       npm run orders -- release <DeliveryId>|--all [--connection <id>|--resets] [--json]
       npm run orders -- drop <DeliveryId>|--all [--connection <id>|--resets] [--json]
  release       sends the order again at once; while its hold is in place it waits again
  drop          gives the order up: it ends as Errored and is kept in poison, where it can be replayed
  --connection  only that connection, also one that no setting names any more
  --resets      not orders but password resets
  --json        print one JSON line: {orders, unread}, {released, refused} or {dropped, refused}`;

type Command =
  | { readonly verb: 'waiting'; readonly what: Waiting; readonly json: boolean }
  | {
      readonly verb: 'release' | 'drop';
      /** All of them without one. */
      readonly id: string | undefined;
      readonly what: Waiting;
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

async function list(tools: Tools, { what, json }: Command): Promise<number> {
  const { readSettings } = tools;
  const { orders, unread } = await findWaiting({ ledger: openQueues(tools).ledger, readSettings }, what);
  const waiting = { orders: orders.map(({ order }) => order), unread };
  print(json ? JSON.stringify(waiting) : formatWaiting(waiting, what));
  return 0;
}

async function act(
  tools: Tools,
  { verb, id, what, json }: Exclude<Command, { readonly verb: 'waiting' }>,
): Promise<number> {
  const queues = what === 'resets' ? openResetQueues(tools) : openQueues(tools);
  const deps = { ...queues, now: tools.clock.now };
  const { orders, unread } = await findWaiting({ ...deps, readSettings: tools.readSettings }, what);
  const chosen = orders.filter(({ order }) => id === undefined || order.deliveryId === id);
  const acted: Acted[] = [];
  try {
    for (const one of chosen) acted.push(await (verb === 'release' ? releaseWaiting : dropWaiting)(one, deps));
  } finally {
    tell(verb, acted, json);
  }
  if (unread.length > 0) complain(`${unread.join(', ')} can't be read and may name more connections`);
  if (chosen.length === 0) complain(sayNone(what, id));
  return acted.some(({ refused }) => refused !== undefined) || (id !== undefined && chosen.length === 0) ? 1 : 0;
}

function sayNone(what: Waiting, id: string | undefined): string {
  const name = what === 'resets' ? 'password reset' : 'order';
  return id === undefined ? `No ${name} waits.` : `No ${name} with that DeliveryId waits.`;
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
        resets: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { connection, resets, all, json } = values;
    const what = resets ? 'resets' : { connection };
    const [verb, id, ...more] = positionals;
    if (connection !== '' && !(resets && connection !== undefined) && more.length === 0) {
      if (verb === 'waiting' && id === undefined && !all) return { verb, what, json };
      if ((verb === 'release' || verb === 'drop') && id !== '' && all === (id === undefined))
        return { verb, id, what, json };
    }
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
