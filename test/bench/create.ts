import { startEnvironment } from '../../infra/local/environment.ts';
import { anOrder } from '../orders.ts';
import { runRound } from './create/run-round.ts';

/** What creating tickets costs and how fast it goes, against what ServiceNow alone would allow. */
export interface Create {
  readonly orders: number;
  readonly owners: number;
  readonly maxInFlight: number;
  /** Calls to ServiceNow per ticket whose owner was seen before. */
  readonly callsPerTicket: number;
  /** What a ticket costs in addition whose owner was not. */
  readonly callsPerNewCaller: number;
  readonly tableCallsPerTicket: number;
  readonly ordersPerSecond: number;
  /** As many as there were if every permit were in use at every moment. */
  readonly idealPerSecond: number;
  readonly efficiency: number;
  /** The same with a quarter of the permits, where most orders wait in line for one. */
  readonly limitedEfficiency: number;
}

const ORDERS = 480;
const OWNERS = 100;
const PERMITS = 16;
const LATENCY_IN_MS = 250;

/** Sends orders through the built app in the functions host, to a ServiceNow that takes 250 ms for every answer. */
export async function measureCreate(): Promise<Create> {
  const { first, next, maxInFlight } = await createTickets(PERMITS, OWNERS, ORDERS);
  const limited = await createTickets(PERMITS / 4, OWNERS / 4, ORDERS / 4);
  return {
    orders: ORDERS,
    owners: OWNERS,
    maxInFlight,
    callsPerTicket: next.calls / ORDERS,
    callsPerNewCaller: first.calls / OWNERS - 1,
    tableCallsPerTicket: next.tableCalls / ORDERS,
    ordersPerSecond: ORDERS / next.seconds,
    idealPerSecond: idealPerSecond(PERMITS),
    efficiency: ORDERS / next.seconds / idealPerSecond(PERMITS),
    limitedEfficiency: limited.next.tickets / limited.next.seconds / idealPerSecond(PERMITS / 4),
  };
}

const idealPerSecond = (permits: number) => permits / (LATENCY_IN_MS / 1000);

/** One order for every owner first, so that everything and everybody is known; then the orders that count. */
async function createTickets(permits: number, owners: number, orders: number) {
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(permits) },
    servicenow: { users: owners, latencyInMs: LATENCY_IN_MS },
  });
  running.defer(() => environment.close());
  const host = await environment.startHost({
    settings: {
      NODE_OPTIONS: `--import ${new URL('create/log-table-requests.ts', import.meta.url).href}`,
      // How long an idle host pauses; a busy one does not.
      AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.200',
    },
  });
  const makeOrders = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => makeOrder(`${name}-${index}`, 1 + (index % owners)));
  const first = await runRound(environment, host, makeOrders('first', owners));
  const next = await runRound(environment, host, makeOrders('next', orders));
  const { maxInFlight } = environment.servicenow;
  if (maxInFlight > permits) throw new Error(`Expected at most ${permits} calls in flight, got ${maxInFlight}`);
  return { first, next, maxInFlight };
}

function makeOrder(assignmentId: string, owner: number): object {
  const userName = `user.${String(owner).padStart(6, '0')}`;
  return anOrder({
    AssignedResourceTypeId: assignmentId,
    Owner: { Id: String(owner), InternalDisplayName: userName, ServiceNowUserName: userName },
  });
}
