import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import { makeReplayPoisoned, type Replayed } from '../../shared/poison/replay-poisoned.ts';
import { endCommand } from './end-command.ts';
import { openQueues, openResetQueues } from './open-queues.ts';
import { openTools, type Tools } from './open-tools.ts';
import { formatPoison, formatShown, listPoison, readPoison, type ShownPoison, showPoison } from './poison-messages.ts';

/*
 * `npm run poison`: reads why orders lie in `provisioning-orders-poison` (with --resets, password resets in
 * `password-resets-poison`), sends them again once the cause is repaired, or
 * drops them. It exits with 0 where that was done, 1 where it was not, or not for all, 2 where it could not run. What it
 * looks through shows again at once; needed for that is Storage Queue Data Contributor on both queues, and the right to
 * read the ledger, settings and blobs.
 */
const USAGE = `Usage: npm run poison -- list [--resets] [--json]
       npm run poison -- show <n or DeliveryId> [--resets] [--json]
       npm run poison -- replay <DeliveryId> [--again] [--resets] [--json]
       npm run poison -- replay --all [--again] [--resets] [--json]
       npm run poison -- drop <DeliveryId> [--resets] [--json]
  show     everything about one message; what is called like a secret is not shown
  replay   sends the order again as a new delivery and removes it from poison
  --again  also where a ticket exists already (a password was set), or where that can't be told: there may be a second one then
  drop     removes the order for good, without a result; only the exact DeliveryId is taken
  --resets not orders but password resets, in password-resets-poison
  --json   print one JSON line`;

type Command =
  | { readonly verb: 'list' }
  | { readonly verb: 'show'; readonly id: string }
  | { readonly verb: 'drop'; readonly id: string }
  | { readonly verb: 'replay'; readonly id: string | undefined; readonly again: boolean };

interface Given {
  readonly command: Command;
  readonly resets: boolean;
  readonly json: boolean;
}

type Queues = ReturnType<typeof openQueues> | ReturnType<typeof openResetQueues>;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

const given = readCommand();
await endCommand(given ? await main(given) : 2);

async function main(asked: Given): Promise<number> {
  const opened = await openTools();
  if (!opened.ok) {
    complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  try {
    return await run(asked, opened.tools);
  } catch (error) {
    complain(sayFailure(error));
    return 1;
  }
}

async function run({ command, resets, json }: Given, tools: Tools): Promise<number> {
  const queues = resets ? openResetQueues(tools) : openQueues(tools);
  if (command.verb === 'list') return list(queues, json);
  if (command.verb === 'show') return show(queues, command.id, json);
  if (command.verb === 'drop') return drop(queues, command.id, json);
  return replay(queues, command, json);
}

async function list(queues: Queues, json: boolean): Promise<number> {
  const messages = (await readPoison(queues)).map((message, index) => listPoison(message, queues, index + 1));
  const text = messages.length === 0 ? 'Poison is empty.' : messages.map(formatPoison).join('\n');
  print(json ? JSON.stringify({ messages }) : text);
  return 0;
}

async function show(queues: Queues, id: string, json: boolean): Promise<number> {
  const all = (await readPoison(queues)).map((message, index) => ({ message, n: index + 1 }));
  const named = all.filter(({ message }) => message.envelope.DeliveryId === id);
  const messages: ShownPoison[] = [];
  for (const { message, n } of named.length > 0 ? named : all.filter((one) => String(one.n) === id))
    messages.push(await showPoison(message, queues, n));
  if (json) print(JSON.stringify({ messages }));
  else if (messages.length > 0) print(messages.map(formatShown).join('\n'));
  return foundAny(messages, queues);
}

async function drop(queues: Queues, id: string, json: boolean): Promise<number> {
  const dropped: ShownPoison[] = [];
  try {
    for await (const taken of queues.poison.takeAll()) {
      const message = queues.open(taken);
      if (message.envelope.DeliveryId !== id) continue;
      const shown = await showPoison(message, queues);
      await taken.remove();
      dropped.push(shown);
    }
  } finally {
    if (json) print(JSON.stringify({ dropped }));
    else if (dropped.length > 0) print(`Dropped:\n${dropped.map(formatShown).join('\n')}`);
  }
  return foundAny(dropped, queues);
}

async function replay(
  queues: Queues,
  { id, again }: { readonly id: string | undefined; readonly again: boolean },
  json: boolean,
): Promise<number> {
  const replayPoisoned = makeReplayPoisoned(queues);
  // What is replayed may be in poison again before the end.
  const chosen = new Set(
    (await readPoison(queues))
      .filter(({ envelope }) => id === undefined || envelope.DeliveryId === id)
      .map((message) => message.id),
  );
  const done: Replayed[] = [];
  try {
    for await (const taken of queues.poison.takeAll()) {
      if (chosen.has(taken.id)) done.push(await replayPoisoned(taken, again));
    }
  } finally {
    const replayed = done.filter((one) => 'as' in one);
    const refused = done.filter((one) => 'refused' in one);
    if (json) print(JSON.stringify({ replayed, refused }));
    else {
      for (const { deliveryId, as } of replayed) print(`Replayed ${line(deliveryId)} as ${line(as)}`);
      for (const { deliveryId, refused: why } of refused) complain(`Not replayed ${line(deliveryId)}: ${line(why)}.`);
    }
  }
  if (id !== undefined) foundAny(done, queues);
  else if (done.length === 0 && !json) print('Poison is empty.');
  return done.some((one) => 'refused' in one) || (id !== undefined && done.length === 0) ? 1 : 0;
}

/** A DeliveryId has to be told in full, for it is what a message is dropped or replayed by. */
function line(text: string): string {
  return neutralLine(text, 10_000);
}

function foundAny(messages: readonly unknown[], { poisonName }: Queues): number {
  if (messages.length > 0) return 0;
  complain(`Found no such message in ${poisonName}; one that another command looks at right now does not show.`);
  return 1;
}

function readCommand(): Given | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        again: { type: 'boolean', default: false },
        resets: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { json, all, again, resets } = values;
    const [verb, id, ...more] = positionals;
    const isPlain = !all && !again && more.length === 0;
    if (verb === 'list' && isPlain && id === undefined) return { command: { verb }, resets, json };
    if (verb === 'show' && isPlain && id) return { command: { verb, id }, resets, json };
    if (verb === 'drop' && isPlain && id) return { command: { verb, id }, resets, json };
    if (verb === 'replay' && more.length === 0 && id !== '' && all === (id === undefined))
      return { command: { verb, id, again }, resets, json };
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
