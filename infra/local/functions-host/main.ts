import { inspect, parseArgs } from 'node:util';
import { z } from 'zod';
import { hostTimesSchema } from './host-times.ts';
import { makeReporter } from './report.ts';
import { type Host, startHost } from './start-host.ts';

/*
 * The functions host as a process: `node main.ts --app <directory> [--port <admin port>] [--times <HostTimes as JSON>]`.
 * Its environment is the app's settings. It ends by SIGTERM or SIGINT, or when the process that started it ends: what
 * runs may finish, exit code 0. It ends with 1 where the app does not load, and by an error that nothing catches.
 * Host and app are one process here, two in the platform, where the app's can end alone: an app that calls
 * `process.exit` ends the host at once, and its messages stay hidden as after a lost instance.
 */
const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    port: { type: 'string', default: '0' },
    times: { type: 'string', default: '{}' },
  },
});
const options = z.object({ app: z.string().min(1), port: z.coerce.number().int().min(0).max(65_535) }).parse(values);
const times = hostTimesSchema.parse(JSON.parse(values.times));

const reporter = makeReporter();
const { log } = reporter;
const ending = Promise.withResolvers<void>();
let host: Host | undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.resolve());
process.once('disconnect', () => ending.resolve());
process.on('uncaughtException', (error) => {
  log('error', `The app left an error to nobody, which ends its process: ${inspect(error)}`);
  process.exitCode = 1;
  host?.crash(new Error('The process of the app ended.', { cause: error }));
  ending.resolve();
});
// Nobody reads what a host says whose parent is gone.
process.stderr.on('error', () => {});

try {
  const { app: appDirectory, port } = options;
  const start = startHost({ appDirectory, port, settings: process.env, times, reporter });
  host = (await Promise.race([start, ending.promise])) ?? undefined;
  if (host) {
    const { adminUrl } = host;
    const functions = [...host.functions];
    reporter.report({ event: 'ready', functions, adminUrl });
    log('information', `Runs ${functions.join(', ')}; manual runs: POST ${adminUrl}/admin/functions/<name>`);
    await ending.promise;
    await host.stop();
  }
} catch (error) {
  log('error', `The app failed: ${inspect(error)}`);
  process.exitCode = 1;
}
await reporter.flush();
process.exit();
