import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type HostEvent, hostEventSchema } from './host-event.ts';
import { type HostReady, hostReadySchema } from './host-ready.ts';
import { type HostTimes, hostTimesSchema } from './host-times.ts';

/**
 * `settings` are all the app sees as its environment, beside PATH and NODE_EXTRA_CA_CERTS (`caFile`, PEM).
 * `onEvent` is called for every event from the first on, those before the host is ready included.
 */
export interface FunctionsHostOptions {
  appDirectory: string;
  settings: Readonly<Record<string, string>>;
  caFile: string;
  times?: Partial<HostTimes>;
  onEvent?: (event: HostEvent) => void;
}

/** A functions host in a process of its own. It ends with this process at the latest. */
export interface FunctionsHost {
  readonly pid: number;
  /** The names of the functions, in the order of registration. */
  readonly functions: readonly string[];
  /** `POST <adminUrl>/admin/functions/<name>` with `{"input":""}` runs a function, as in Core Tools. */
  readonly adminUrl: string;
  /** Every line that app and host wrote so far. */
  readonly logs: readonly string[];
  /** Resolves when the process is gone: with its exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  /** Calls `listener` for every event from now on; the function returned ends that. */
  on(listener: (event: HostEvent) => void): () => void;
  /** Resolves with the first event from now on that fits; rejects after a time (default 30 s) and when the host ends. */
  waitFor(predicate: (event: HostEvent) => boolean, timeoutInMs?: number): Promise<HostEvent>;
  /** Runs a timer function outside of its schedule, and tells how that run ended. @throws for an unknown name. */
  runNow(functionName: string): Promise<{ succeeded: boolean; error?: string }>;
  /** Lets running invocations finish, up to the host's limit; resolves when the process is gone. */
  stop(): Promise<void>;
  /** Kills the process at once, as when an instance is lost; resolves when it is gone. */
  kill(): Promise<void>;
}

const MARGIN_IN_MS = 5_000;
const resultSchema = z.object({ succeeded: z.boolean(), error: z.string().optional() });

/**
 * Starts a functions host for the built app in a directory; resolves when the app is loaded and its triggers run.
 * @throws where the app cannot run, with all that it wrote.
 */
export async function spawnFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { appDirectory, settings, caFile, times = {}, onEvent } = options;
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--app', appDirectory, '--times', JSON.stringify(times)], {
    env: {
      ...settings,
      PATH: process.env.PATH ?? '',
      NODE_EXTRA_CA_CERTS: caFile,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const logs = collectLines(child);
  const events = new EventEmitter<{ event: [HostEvent]; ready: [HostReady] }>().setMaxListeners(0);
  if (onEvent) events.on('event', onEvent);
  child.on('message', (message) => {
    const ready = hostReadySchema.safeParse(message).data;
    if (ready) events.emit('ready', ready);
    // An app may send messages of its own.
    const event = hostEventSchema.safeParse(message).data;
    if (event) events.emit('event', event);
  });
  // 'close' comes after the last line was read, 'exit' may come before.
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null));

  const ready = await Promise.race([
    once(events, 'ready').then(([message]) => hostReadySchema.parse(message)),
    ended.then((code) => {
      throw new Error(`Expected the app in ${appDirectory} to start, got exit code ${code}:\n${logs.join('\n')}`);
    }),
  ]);

  const on = (listener: (event: HostEvent) => void) => {
    events.on('event', listener);
    return () => void events.off('event', listener);
  };

  /** Settles with the first fitting event, the end of the host, or the signal. */
  async function nextEvent(predicate: (event: HostEvent) => boolean, signal: AbortSignal): Promise<HostEvent> {
    const found = Promise.withResolvers<HostEvent>();
    const fail = (reason: string) =>
      found.reject(new Error(`Expected an event of the functions host, but ${reason}; it wrote last:\n${tail(logs)}`));
    const off = on((event) => predicate(event) && found.resolve(event));
    const onAbort = () => fail('none came in time');
    signal.addEventListener('abort', onAbort);
    ended.then(() => fail('it ended'));
    return found.promise.finally(() => {
      off();
      signal.removeEventListener('abort', onAbort);
    });
  }

  async function runNow(functionName: string): Promise<{ succeeded: boolean; error?: string }> {
    const invocationId = randomUUID();
    const giveUp = new AbortController();
    const isOurs = (event: HostEvent) => event.event === 'invocation.finished' && event.invocationId === invocationId;
    const finished = nextEvent(isOurs, giveUp.signal);
    // Nobody waits for it where the run does not begin.
    finished.catch(() => {});
    const url = `${ready.adminUrl}/admin/functions/${functionName}`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-invocation-id': invocationId },
      body: '{"input":""}',
    });
    if (response.status !== 202) {
      giveUp.abort();
      throw new Error(`Expected POST ${url} to start a run, got status ${response.status}.`);
    }
    const { succeeded, error } = resultSchema.parse(await finished);
    // What it logged was written before, to another pipe, which may be read later in the same turn.
    await setImmediate();
    return { succeeded, ...(error !== undefined && { error }) };
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { drainInMs, terminateInMs } = hostTimesSchema.parse(times);
    const hardStep = setTimeout(() => child.kill('SIGKILL'), drainInMs + terminateInMs + MARGIN_IN_MS);
    child.kill(signal);
    await ended;
    clearTimeout(hardStep);
  }

  return {
    pid: child.pid ?? 0,
    functions: ready.functions,
    adminUrl: ready.adminUrl,
    logs,
    ended,
    on,
    waitFor: (predicate, timeoutInMs = 30_000) => nextEvent(predicate, AbortSignal.timeout(timeoutInMs)),
    runNow,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function collectLines(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => lines.push(line));
  }
  return lines;
}

function tail(lines: readonly string[]): string {
  return lines.slice(-20).join('\n');
}
