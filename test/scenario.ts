import { type Environment, type EnvironmentOptions, startEnvironment } from '../infra/local/environment.ts';
import type { FunctionsHost } from '../infra/local/functions-host/spawn-functions-host.ts';
import type { PasswordResult } from '../shared/passwords/password-result.ts';
import type { ProvisioningResult } from '../shared/provisioning/result.ts';
import { leaseAccount } from './lease-account.ts';

/** The product's waits, all shortened alike, and storage's whole seconds kept in mind. */
export const SHORT_WAITS = {
  REQUEST_TIMEOUT_SECONDS: '1',
  UNCLEAR_WAIT_SECONDS: '1',
  CLAIM_MARGIN_SECONDS: '2',
  HOLD_SECONDS: '1',
  PERMIT_WAIT_SECONDS: '5',
  PERMIT_LINGER_SECONDS: '0.1',
  DEFERRAL_FIRST_SECONDS: '0.5',
  DEFERRAL_LONGEST_SECONDS: '2',
  SETTINGS_MAX_AGE_SECONDS: '60',
  LIMITS_MAX_AGE_SECONDS: '1',
  // What happens on schedule would get in the way of what a test makes happen.
  POLL_SCHEDULE: '0 0 0 1 1 *',
  EXPORT_SCHEDULE: '0 0 0 1 1 *',
  RECONCILE_SCHEDULE: '0 0 0 1 1 *',
  RECONCILE_AFTER_SECONDS: '0.001',
  WATCH_SCHEDULE: '0 0 0 1 1 *',
  AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.200',
  AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:00',
} as const;

/** The built app on stand-ins of its own, with everything that came out of it so far. */
export interface Scenario {
  readonly environment: Environment;
  readonly results: readonly ProvisioningResult[];
  readonly passwordResults: readonly PasswordResult[];
  /** Everything that all hosts of the scenario wrote. */
  logs(): string;
  /**
   * Starts one more host; it may be killed and started as often as a test likes. What a killed one was at comes back
   * after `hiddenForInMs` (default: 5 s), and after five times that a busy machine let pass it is poison.
   */
  startHost(settings?: Readonly<Record<string, string>>, hiddenForInMs?: number): Promise<FunctionsHost>;
  /** Resolves when `reached` holds; it is looked at after everything a host does. */
  until(reached: () => boolean | Promise<boolean>, timeoutInMs?: number): Promise<void>;
  /** Runs `pollTickets` on a host and collects what it sent. */
  poll(host: FunctionsHost): Promise<void>;
  /** Runs `exportEntities` on a host. */
  export(host: FunctionsHost): Promise<void>;
  /** Runs `reconcileTickets` on a host and collects what it sent. */
  reconcile(host: FunctionsHost): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a scenario; `await using` ends it. */
export async function startScenario(options: EnvironmentOptions = {}): Promise<Scenario> {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  const results: ProvisioningResult[] = [];
  const passwordResults: PasswordResult[] = [];
  const hosts: FunctionsHost[] = [];
  let happened = Promise.withResolvers<void>();
  const notify = () => {
    happened.resolve();
    happened = Promise.withResolvers<void>();
  };
  const collect = async () => {
    results.push(...(await environment.receiveResults()));
    passwordResults.push(...(await environment.receivePasswordResults()));
  };
  const run = async (host: FunctionsHost, timer: string) => {
    const { succeeded, error } = await host.runNow(timer);
    if (!succeeded) throw new Error(`Expected ${timer} to succeed, got: ${error}`);
    await collect();
  };

  return {
    environment,
    results,
    passwordResults,
    logs: () => hosts.flatMap((host) => host.logs).join('\n'),
    async startHost(settings = {}, hiddenForInMs = 5_000) {
      const host = await environment.startHost({
        settings: { ...SHORT_WAITS, ...settings },
        times: { receiveVisibilityInMs: hiddenForInMs, renewEveryInMs: hiddenForInMs / 2, minPollInMs: 50 },
        onEvent: notify,
      });
      hosts.push(host);
      return host;
    },
    async until(reached, timeoutInMs = 60_000) {
      const late = AbortSignal.timeout(timeoutInMs);
      const lateness = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve(), { once: true }));
      for (;;) {
        const next = happened.promise;
        await collect();
        if (await reached()) return;
        if (late.aborted) {
          throw new Error(
            `It did not come about in ${timeoutInMs} ms: ${reached}\n${hosts.flatMap((host) => host.logs.slice(-25)).join('\n')}`,
          );
        }
        await Promise.race([next, lateness]);
      }
    },
    poll: (host) => run(host, 'pollTickets'),
    export: (host) => run(host, 'exportEntities'),
    reconcile: (host) => run(host, 'reconcileTickets'),
    [Symbol.asyncDispose]: () => environment.close(),
  };
}
