import { startEnvironment } from '../../infra/local/environment.ts';
import { anOrder } from '../orders.ts';
import { type Round, runRound } from './create/run-round.ts';

/** What creating tickets costs and how fast it goes, against what ServiceNow alone would allow. */
export interface Create {
  readonly orders: number;
  readonly owners: number;
  readonly maxInFlight: number;
  /** Calls to ServiceNow per ticket, for owners that were seen before. */
  readonly callsPerTicket: number;
  /** Calls that an owner not seen before costs in addition. */
  readonly callsPerNewCaller: number;
  readonly tableCallsPerTicket: number;
  readonly ordersPerSecond: number;
  /** All permits always in use. */
  readonly idealPerSecond: number;
  readonly efficiency: number;
  /** The same with a quarter of the permits, where orders wait in line for them. */
  readonly limitedEfficiency: number;
}

const OWNERS = 100;
const LATENCY_IN_MS = 250;

/** Sends orders through the built app in the functions host, to a ServiceNow that answers after 250 ms. */
export async function measureCreate(): Promise<Create> {
  const { round, newCallers, maxInFlight } = await createTickets(16, 480);
  const limited = await createTickets(4, 160);
  return {
    orders: round.tickets,
    owners: OWNERS,
    maxInFlight,
    callsPerTicket: round.calls / round.tickets,
    callsPerNewCaller: newCallers.callerCalls / OWNERS,
    tableCallsPerTicket: round.tableCalls / round.tickets,
    ordersPerSecond: round.tickets / round.seconds,
    idealPerSecond: idealPerSecond(16),
    efficiency: round.tickets / round.seconds / idealPerSecond(16),
    limitedEfficiency: limited.round.tickets / limited.round.seconds / idealPerSecond(4),
  };
}

const idealPerSecond = (permits: number) => permits / (LATENCY_IN_MS / 1000);

/** One order per owner first, so that everything and everybody is known; then the round that counts. */
async function createTickets(permits: number, orders: number): Promise<{ newCallers: Round; round: Round; maxInFlight: number }> {
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(permits) },
    servicenow: { users: OWNERS, latencyInMs: LATENCY_IN_MS },
  });
  running.defer(() => environment.close());
  const host = await environment.startHost({
    settings: { NODE_OPTIONS: `--import ${new URL('create/log-table-requests.ts', import.meta.url).href}` },
  });
  const newCallers = await runRound(environment, host, makeOrders('first', OWNERS));
  const round = await runRound(environment, host, makeOrders('next', orders));
  if (round.tickets !== orders) throw new Error(`Expected ${orders} tickets, got ${round.tickets}`);
  return { newCallers, round, maxInFlight: environment.servicenow.maxInFlight };
}

function makeOrders(name: string, count: number): object[] {
  return Array.from({ length: count }, (_, index) =>
    anOrder({
      AssignedResourceTypeId: `${name}-${index}`,
      Owner: { Id: String(index % OWNERS), ServiceNowUserName: `user.${String((index % OWNERS) + 1).padStart(6, '0')}` },
    }),
  );
}
