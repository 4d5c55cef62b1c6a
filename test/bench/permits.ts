import { type Environment, startEnvironment } from '../../infra/local/environment.ts';
import type { HostEvent } from '../../infra/local/functions-host/host-event.ts';
import { inParallel } from '../../shared/in-parallel.ts';
import { anOrder } from '../orders.ts';

/** What sharing a host's permits over many processes costs, against one process that has them all. */
export interface PermitsFigures {
  readonly processes: number;
  readonly orders: number;
  readonly permits: number;
  /** The most calls that the instance ever had in flight, as it saw them itself. */
  readonly maxInFlight: number;
  /** Throughput of all processes together by that of one. */
  readonly ratio: number;
  /** How often an order found no permit in time and was put back. */
  readonly putBacksPerOrder: number;
}

const PROCESSES = 8;
const ORDERS = 2_000;
const PERMITS = 4;
const LATENCY_IN_MS = 100;
const SENDERS = 8;
const LIMIT_IN_MS = 600_000;

/** Works the same orders by one process and then by eight, each time in an environment of its own. */
export async function measurePermits(): Promise<PermitsFigures> {
  const one = await workOrders(1);
  const many = await workOrders(PROCESSES);
  return {
    processes: PROCESSES,
    orders: ORDERS,
    permits: PERMITS,
    maxInFlight: many.maxInFlight,
    ratio: many.perSecond / one.perSecond,
    putBacksPerOrder: many.putBacks / ORDERS,
  };
}

async function workOrders(processes: number) {
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(PERMITS), MaxNewTicketsPerDay: '1000000' },
    servicenow: { latencyInMs: LATENCY_IN_MS },
  });
  running.defer(() => environment.close());
  let putBacks = 0;
  let finished = 0;
  const allFinished = Promise.withResolvers<void>();
  const onEvent = (happened: HostEvent) => {
    if (happened.event === 'log' && happened.message.includes('"order.held"')) putBacks += 1;
    // Whatever was put back is finished once more.
    if (happened.event === 'message.deleted') finished += 1;
    if (finished === ORDERS + putBacks) allFinished.resolve();
  };
  const settings = { AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.500' };
  for (let index = 0; index < processes; index += 1) await environment.startHost({ settings, onEvent });
  await sendOrders(environment);
  const late = setTimeout(() => allFinished.reject(new Error(`Finished ${finished} of ${ORDERS} orders`)), LIMIT_IN_MS);
  await allFinished.promise.finally(() => clearTimeout(late));
  const { maxInFlight, requests } = environment.servicenow;
  const posts = requests.filter(
    ({ method, table, committed }) => method === 'POST' && table === 'incident' && committed,
  );
  if (posts.length !== ORDERS) throw new Error(`Expected ${ORDERS} tickets, got ${posts.length}`);
  const starts = posts.map(({ at }) => Date.parse(at));
  const seconds = (Math.max(...starts) - Math.min(...starts)) / 1000;
  return { perSecond: ORDERS / seconds, maxInFlight, putBacks };
}

async function sendOrders(environment: Environment): Promise<void> {
  await inParallel(Array.from({ length: ORDERS }).keys(), SENDERS, async (index) => {
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: `order-${index}` }));
  });
}
