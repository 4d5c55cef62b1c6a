import { resolve } from 'node:path';
import { type Environment, startEnvironment } from './environment.ts';
import { readEnvironmentFile, removeEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';
import { formatLog } from './format-log.ts';
import type { HostEvent } from './functions-host/host-event.ts';
import type { FunctionsHost } from './functions-host/spawn-functions-host.ts';

/*
 * `npm start`: runs the built app of the current directory with everything it needs, tells how to use it, and shows its
 * log, until Ctrl-C. Then, or when the app ends, nothing is left running and `.local/environment.json` is gone.
 */
const print = (text: string) => process.stdout.write(`${text}\n`);
const showLog = (event: HostEvent) => event.event === 'log' && print(formatLog(event, new Date()));

const stopping = Promise.withResolvers<void>();
// Every signal only asks: a second Ctrl-C, npm's own copy of the first for one, must not cut the tidying up short.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.resolve());

try {
  const running = await readEnvironmentFile();
  if (running) throw new Error(`Expected no environment here, but process ${running.pid} runs one; end that first.`);
  await using started = new AsyncDisposableStack();
  const environment = started.adopt(await startEnvironment(), ({ close }) => close());
  const host = await environment.startHost({ appDirectory: resolve(), onEvent: showLog });
  started.defer(removeEnvironmentFile);
  await writeEnvironmentFile(environment, host.adminUrl);
  print(describe(environment, host));
  const exitCode = await Promise.race([stopping.promise, host.ended]);
  if (exitCode !== undefined) throw new Error(`Expected the app to run until Ctrl-C, but it ended (${exitCode}).`);
  print('\nStopping …');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function describe(
  { servicenow, vault, passwordVault, azurite }: Environment,
  { adminUrl, functions }: FunctionsHost,
): string {
  const { server, login, password, controlUrl } = servicenow;
  return `
The app runs on this machine, with stand-ins for everything else:

  Functions    ${functions.join(', ')}
  ServiceNow   ${servicenow.url} (login ${login}, password ${password}, for this simulator only)
  Key Vault    ${vault.url} (passwords: ${passwordVault.url})
  Storage      ${azurite.queueUrl()} (queues)

Send an order, or a password reset:
  npm run send -- infra/local/orders/added.json
  npm run send -- --reset infra/local/resets/generate.json
List the tickets:
  curl -s -u ${login}:${password} '${server}/incident?sysparm_fields=number,sys_id,state,short_description'
Close one, with its sys_id for SYS_ID, as a person at the service desk (state 8 cancels it):
  curl -s -X PATCH ${controlUrl}/records/incident/SYS_ID -o /dev/null -w '%{http_code}\\n' -d '{"state":"7","close_code":"Solution provided","close_notes":"Done."}'
Poll now instead of waiting for the timer:
  curl -s -X POST ${adminUrl}/admin/functions/pollTickets -d '{"input":""}'
The state that comes back on queue provisioning-results is in the log below: result.sent … state=Executed
Stop everything: Ctrl-C
`;
}
