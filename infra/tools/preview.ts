import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { codeOf, messageOf } from '../../shared/errors.ts';
import { openMessage, ordersIn } from '../../shared/provisioning/envelope.ts';
import { makeMappings } from '../../shared/provisioning/mappings.ts';
import { splitList } from '../../shared/provisioning/split-list.ts';
import { makeTicketDrafter } from '../../shared/tickets/draft-ticket.ts';
import { makeRecordFinder } from '../../shared/tickets/find-record.ts';
import { endCommand } from './end-command.ts';
import { formatPreview } from './format-preview.ts';
import { openTools } from './open-tools.ts';
import { type OrderPreview, previewOrder } from './preview-order.ts';

/*
 * `npm run preview -- <order file>`: the tickets that the orders of a file would become; none is made and no order is sent. It
 * signs in to ServiceNow as the app does, which is bounded and counted over all instances. It exits with 0 where every order would become a ticket now, 1 where one would not, and 2
 * where it could not run.
 */
const USAGE = `Usage: npm run preview -- <order file> [--json]
  <order file>   a provisioning order, or a list of them, as Identity Manager writes it
  --json         print one JSON line: a list of {order, fields, request, attachment, warnings, problem, notAsked}`;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

await endCommand(await main(), { usedPermits: true });

async function main(): Promise<number> {
  const chosen = readArguments();
  if (!chosen) return 2;
  const opened = await openTools();
  if (!opened.ok) {
    complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  const { config, readSettings, serviceNow, holds, clock, log } = opened.tools;
  let body: unknown;
  try {
    body = JSON.parse((await readFile(chosen.file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    // Not the message itself, which quotes what it could not parse.
    const what = error instanceof SyntaxError ? 'a file that is no JSON' : (codeOf(error) ?? 'an error');
    complain(`Expected a file with a provisioning order as JSON, got ${what}`);
    return 2;
  }
  const deps = {
    installationId: config.installationId,
    mappings: makeMappings(readSettings, log),
    serviceNow,
    drafter: makeTicketDrafter({ config, records: makeRecordFinder(clock), holds, clock, log }),
    now: clock.now(),
  };
  const parent = openMessage(body, { id: undefined, insertionTime: undefined, traceParent: undefined }, deps.now);
  const previews: OrderPreview[] = [];
  for (const envelope of splitList(parent, ordersIn(body).orders)) previews.push(await previewOrder(envelope, deps));
  print(chosen.json ? JSON.stringify(previews) : previews.map(formatPreview).join('\n\n'));
  return previews.length > 0 && previews.every(({ problem }) => problem === undefined) ? 0 : 1;
}

function readArguments(): { readonly file: string; readonly json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const [file, ...more] = positionals;
    if (file && more.length === 0) return { file, json: values.json };
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
