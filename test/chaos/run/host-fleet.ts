import type { Environment } from '../../../infra/local/environment.ts';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { messageOf } from '../../../shared/errors.ts';
import { HOST_TIMES } from '../times.ts';
import type { EventLog } from './event-log.ts';

/** The host processes of a run. */
export interface HostFleet {
  /** Kills the one at this share of all, at once, and starts another in its place. */
  killAndRestart(share: number): Promise<void>;
  /** Runs a timer function on the host at this share of all; says whether it succeeded. */
  run(functionName: 'pollTickets' | 'reconcileTickets' | 'watchQueues', share: number): Promise<boolean>;
  /** Every line of every host that there was. */
  logs(): string[];
  /** Lets what runs end. */
  stop(): Promise<void>;
}

/** Starts that many hosts of the built app. */
export async function startFleet(
  environment: Environment,
  settings: Readonly<Record<string, string>>,
  count: number,
  log: EventLog,
): Promise<HostFleet> {
  const all: FunctionsHost[] = [];
  const start = async () => {
    const host = await environment.startHost({ settings, times: HOST_TIMES });
    all.push(host);
    return host;
  };
  const places = await Promise.all(Array.from({ length: count }, start));
  const at = (share: number) => Math.min(Math.floor(share * places.length), places.length - 1);

  return {
    async killAndRestart(share) {
      const index = at(share);
      const host = places[index];
      await host?.kill();
      log.add('host.killed', { pid: host?.pid });
      const next = await start();
      places[index] = next;
      log.add('host.started', { pid: next.pid });
    },
    async run(functionName, share) {
      try {
        const { succeeded = false, error } = (await places[at(share)]?.runNow(functionName)) ?? {};
        log.add('run.finished', { functionName, succeeded, error });
        return succeeded;
      } catch (error) {
        // Killed meanwhile, or before it was asked.
        log.add('run.lost', { functionName, reason: messageOf(error).split('\n')[0] });
        return false;
      }
    },
    logs: () => all.flatMap(({ pid, logs }) => logs.map((line) => `host ${pid}: ${line}`)),
    stop: async () => void (await Promise.all(places.map(({ stop }) => stop()))),
  };
}
