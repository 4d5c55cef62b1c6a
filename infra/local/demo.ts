import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ProvisioningResult } from '../../shared/provisioning/result.ts';
import { demoPlan, type PlannedOrder } from './demo-plan.ts';
import { type Environment, startEnvironment } from './environment.ts';
import { formatTable } from './format-table.ts';
import type { FunctionsHost } from './functions-host/spawn-functions-host.ts';
import { newestResult } from './newest-result.ts';
import { sendOrder, sendReset } from './send-order.ts';
import { hashPassword } from './servicenow/auth/hash-password.ts';

/*
 * `npm run demo`: sends every sample order through the built app, works the tickets as a person at the service desk
 * would, polls once, shows how each order ended, resets a password, and exports the tables. Ends with 0 only if all ended as planned; leaves nothing running.
 */
const LIMIT_IN_MS = 60_000;
const print = (text: string) => process.stdout.write(`${text}\n`);
const poisoned = z.looseObject({ Order: z.looseObject({ AssignedResourceTypeId: z.string() }) });

const manifest = z.object({ File: z.string(), Rows: z.int(), Complete: z.boolean() });

const desk = {
  close: {
    does: 'closed: solution provided',
    values: { state: '7', close_code: 'Solution provided', close_notes: 'Done as ordered.' },
  },
  cancel: { does: 'cancelled', values: { state: '8', close_notes: 'Not wanted any more.' } },
  leave: { does: 'left open', values: undefined },
  none: { does: 'no ticket', values: undefined },
} as const;

try {
  await using running = new AsyncDisposableStack();
  print('Starting storage, vault, identity, ServiceNow simulator and the app …');
  const environment = running.adopt(await startEnvironment(), ({ close }) => close());
  const host = await environment.startHost();
  const results: ProvisioningResult[] = [];

  for (const file of new Set(demoPlan.map((order) => order.file))) {
    print(`Sending ${file}.json …`);
    await sendOrder(environment, await readFile(new URL(`orders/${file}.json`, import.meta.url), 'utf8'));
    const orders = demoPlan.filter((order) => order.file === file);
    await collect(environment, host, results, () => orders.every((order) => newestResult(results, order)));
  }
  print('Working the tickets …');
  for (const order of demoPlan) {
    const ticket = newestResult(results, order)?.Ticket;
    const { values } = desk[order.desk];
    if (ticket && values) environment.servicenow.update(ticket.Table, ticket.SysId, values);
  }
  print('Polling …');
  const poll = await host.runNow('pollTickets');
  if (!poll.succeeded) throw new Error(`Expected the poll to succeed, got: ${poll.error}`);
  results.push(...(await environment.receiveResults()));

  const poison = (await environment.peekPoison()).map(
    (message) => poisoned.parse(message).Order.AssignedResourceTypeId,
  );
  const tickets = environment.servicenow.records('incident').length;
  const rows = demoPlan.map((order) => judge(order, newestResult(results, order), poison));
  print(
    `\n${formatTable(
      ['Order', 'Ticket', 'Service desk', 'State', 'As planned', 'Message'],
      rows.map(({ cells }) => cells),
    )}\n`,
  );
  const planned = demoPlan.filter((order) => order.desk !== 'none').length;
  print(`${tickets} tickets for ${planned} orders that ask for one; ${poison.length} orders in the poison queue.`);
  if (rows.some(({ right }) => !right) || tickets !== planned || poison.length !== demoPlan.length - planned) {
    throw new Error(
      'Expected every order to end as planned, and to make one ticket or go to the poison queue; see above.',
    );
  }
  print('Every order ended as planned.');
  await showReset(environment, host);
  await showExports(environment, host);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Adds to `results` after every invocation, until `isComplete`; what an invocation sends is there when it finished. */
async function collect(
  environment: Environment,
  host: FunctionsHost,
  results: ProvisioningResult[],
  isComplete: () => boolean,
): Promise<void> {
  for (;;) {
    const next = host.waitFor(({ event }) => event === 'invocation.finished', LIMIT_IN_MS);
    next.catch(() => {}); // Nobody waits for the one after the last.
    results.push(...(await environment.receiveResults()));
    if (isComplete()) return;
    await next;
  }
}

/** Has a password made for a person, and shows where it is; the password itself is shown nowhere. */
async function showReset(environment: Environment, host: FunctionsHost): Promise<void> {
  const sent = host.waitFor(
    (event) => event.event === 'log' && event.message.includes('passwordResult.sent'),
    LIMIT_IN_MS,
  );
  await sendReset(environment, await readFile(new URL('resets/generate.json', import.meta.url), 'utf8'));
  await sent;
  const [result] = await environment.receivePasswordResults();
  const kept = environment.passwordVault.find(result?.SecretName ?? '')?.value ?? '';
  const user = environment.servicenow.records('sys_user').find(({ user_name }) => user_name === result?.User);
  const isThere = user?.user_password === hashPassword(kept) && user.password_needs_reset === 'true';
  if (result?.State !== 'Executed' || !isThere) throw new Error(`Expected a new password, got: ${result?.Message}`);
  print(`\nNew password of ${result.User}: ${result.State}, in the vault of passwords as ${result.SecretName}.`);
}

/** Exports the tables that the mappings name, and shows what their manifests say. */
async function showExports({ container }: Environment, host: FunctionsHost): Promise<void> {
  const run = await host.runNow('exportEntities');
  if (!run.succeeded) throw new Error(`Expected the exports to succeed, got: ${run.error}`);
  const output = container('export-output');
  for await (const { name } of output.listBlobsFlat({ prefix: 'complete/' })) {
    if (!/^complete\/[^/]+\.json$/.test(name)) continue;
    const { File, Rows, Complete } = manifest.parse(
      JSON.parse((await output.getBlobClient(name).downloadToBuffer()).toString()),
    );
    print(`Exported ${Rows} rows to ${File}${Complete ? '' : ', which lacks some'}`);
  }
}

function judge(order: PlannedOrder, result: ProvisioningResult | undefined, poison: readonly string[]) {
  const { file, assignmentId, changeType, expected } = order;
  const isRightlyPoisoned = poison.includes(assignmentId) === (order.desk === 'none');
  const right =
    result?.ProvisioningState === expected && isRightlyPoisoned && !result.Ticket === (order.desk === 'none');
  const cells = [
    `${file}: ${changeType} ${assignmentId}`,
    result?.Ticket?.Number ?? '-',
    desk[order.desk].does,
    result?.ProvisioningState ?? 'no result',
    right ? 'yes' : `NO, ${expected}`,
    (result?.Message ?? '').replaceAll(/\s+/g, ' ').slice(0, 100),
  ];
  return { right, cells };
}
