import { type Environment, startEnvironment } from '../../infra/local/environment.ts';
import type { FunctionsHost } from '../../infra/local/functions-host/spawn-functions-host.ts';
import { makeIdentityCredential } from '../../infra/local/identity-credential.ts';
import { inParallel } from '../../shared/in-parallel.ts';
import { forgetPeak, peakMegabytes } from './peak-memory.ts';
import { fillTickets, type OpenTicket } from './poll/fill-tickets.ts';

/** What polls and reconciliation cost, against a poller that asks for each open ticket by itself. */
export interface Poll {
  readonly open: number;
  readonly changed: number;
  /** Calls to ServiceNow of one poll. */
  readonly calls: number;
  readonly naiveCalls: number;
  readonly seconds: number;
  readonly naiveSeconds: number;
  /** The same with ten times as many open tickets, and then with ten times as many that changed. */
  readonly secondsOfTenTimesOpen: number;
  readonly secondsOfTenTimesChanged: number;
  readonly reconcileCalls: number;
  readonly reconcileSeconds: number;
  /** The most memory that the host had meanwhile; -1 where the machine does not tell. */
  readonly reconcileMegabytes: number;
  /** The same with ten times as many open tickets. */
  readonly reconcileMegabytesOfTenTimesOpen: number;
}

const OPEN = 10_000;
const CHANGED = 100;
/** What Basic allows. */
const IN_FLIGHT = 3;

/** Fills ledger and simulator with open tickets, lets people change some, and polls with the built app in the functions host. */
export async function measurePoll(): Promise<Poll> {
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment();
  running.defer(() => environment.close());
  const credential = makeIdentityCredential(environment.identity);
  const fill = (from: number, to: number) => fillTickets(environment, async () => credential, from, to);
  const never = '0 0 0 1 1 *';
  const host = await environment.startHost({
    settings: {
      POLL_SCHEDULE: never,
      WATCH_SCHEDULE: never,
      RECONCILE_SCHEDULE: never,
      RECONCILE_AFTER_SECONDS: '0.001',
    },
  });
  const tickets = await fill(0, OPEN);
  // The first one has no cookie and reads everything.
  await run(environment, host, 'pollTickets');
  work(environment, tickets.slice(0, CHANGED));
  const poll = await run(environment, host, 'pollTickets');
  const naive = await askEach(environment, tickets);

  await forgetPeak(host.pid);
  const reconcile = await run(environment, host, 'reconcileTickets');
  const megabytes = await peakMegabytes(host.pid);

  const more = await fill(OPEN, 10 * OPEN);
  work(environment, more.slice(0, CHANGED));
  const tenTimesOpen = await run(environment, host, 'pollTickets');
  work(environment, more.slice(CHANGED, 11 * CHANGED));
  const tenTimesChanged = await run(environment, host, 'pollTickets');
  await forgetPeak(host.pid);
  await run(environment, host, 'reconcileTickets');
  return {
    open: OPEN,
    changed: CHANGED,
    calls: poll.calls,
    naiveCalls: naive.calls,
    seconds: poll.seconds,
    naiveSeconds: naive.seconds,
    secondsOfTenTimesOpen: tenTimesOpen.seconds,
    secondsOfTenTimesChanged: tenTimesChanged.seconds,
    reconcileCalls: reconcile.calls,
    reconcileSeconds: reconcile.seconds,
    reconcileMegabytes: megabytes,
    reconcileMegabytesOfTenTimesOpen: await peakMegabytes(host.pid),
  };
}

async function run({ servicenow }: Environment, host: FunctionsHost, timer: string) {
  const before = servicenow.requests.length;
  const startedAt = performance.now();
  const { succeeded, error } = await host.runNow(timer);
  if (!succeeded) throw new Error(`Expected ${timer} to succeed, got: ${error}`);
  return { calls: servicenow.requests.length - before, seconds: (performance.now() - startedAt) / 1000 };
}

function work({ servicenow }: Environment, tickets: readonly OpenTicket[]): void {
  const done = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
  for (const { sysId } of tickets) servicenow.update('incident', sysId, done);
}

/** The poller that this one is compared with. */
async function askEach({ servicenow }: Environment, tickets: readonly OpenTicket[]) {
  const { login, password, server } = servicenow;
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
  const before = servicenow.requests.length;
  const startedAt = performance.now();
  await inParallel(tickets, IN_FLIGHT, async ({ sysId }) => {
    const response = await fetch(`${server}/incident/${sysId}?sysparm_fields=sys_id,state`, {
      headers: { authorization },
    });
    if (!response.ok) throw new Error(`Expected the ticket ${sysId}, got status ${response.status}`);
    await response.json();
  });
  return { calls: servicenow.requests.length - before, seconds: (performance.now() - startedAt) / 1000 };
}
