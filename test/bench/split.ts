import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Environment, startEnvironment } from '../../infra/local/environment.ts';
import { inParallel } from '../../shared/in-parallel.ts';
import { anEnvelope, anOrder } from '../orders.ts';

/** How fast a long list that came by blob is split, and in how much memory, while its orders are worked already. */
export interface Split {
  readonly orders: number;
  readonly ordersPerSecond: number;
  /** As fast as the queue takes the same messages when somebody only sends them, as many at a time. */
  readonly bareSendsPerSecond: number;
  readonly ratio: number;
  /** The most memory that the app's process ever had, the functions host in it included. */
  readonly peakRssMb: number;
}

const ORDERS = 5_000;
/** Enough to tell the rate; far fewer than a long list has. */
const BARE_SENDS = 2_500;
const SENDS_IN_FLIGHT = 16;
const PERMITS = 4;
const LATENCY_IN_MS = 250;
const LONGEST_SPLIT_IN_MS = 1_200_000;
const DAY_IN_SECONDS = 86_400;

/** `--orders <n>` for a list of another length. */
export async function measureSplit(): Promise<Split> {
  const { values } = parseArgs({ allowPositionals: true, options: { orders: { type: 'string' } } });
  const count = Number(values.orders ?? ORDERS);
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(PERMITS) },
    servicenow: { latencyInMs: LATENCY_IN_MS },
  });
  running.defer(() => environment.close());
  const bareSendsPerSecond = await sendBare(environment);
  const host = await environment.startHost({
    settings: { AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.200' },
  });
  let startedAtInMs = 0;
  host.on(({ event }) => {
    if (event === 'invocation.started' && startedAtInMs === 0) startedAtInMs = performance.now();
  });
  const sent = await sendList(environment, count);
  await host.waitFor(
    (happened) => happened.event === 'message.deleted' && happened.messageId === sent,
    LONGEST_SPLIT_IN_MS,
  );
  const seconds = (performance.now() - startedAtInMs) / 1000;
  if (environment.servicenow.records('incident').length === 0)
    throw new Error('Expected tickets of the list before all of it was split, found none');
  const ordersPerSecond = count / seconds;
  return {
    orders: count,
    ordersPerSecond,
    bareSendsPerSecond,
    ratio: ordersPerSecond / bareSendsPerSecond,
    peakRssMb: await peakRssMb(host.pid),
  };
}

async function sendBare(environment: Environment): Promise<number> {
  const queue = environment.queue('provisioning-orders');
  const messages = Array.from({ length: BARE_SENDS }, (_, index) =>
    Buffer.from(JSON.stringify(anEnvelope(makeOrder(index), { DeliveryId: `bare.${index}` }))).toString('base64'),
  );
  const send = async (message: string) =>
    void (await queue.sendMessage(message, { messageTimeToLive: -1, visibilityTimeout: DAY_IN_SECONDS }));
  await send('connects');
  const startedAtInMs = performance.now();
  await inParallel(messages, SENDS_IN_FLIGHT, send);
  const seconds = (performance.now() - startedAtInMs) / 1000;
  await queue.clearMessages();
  return BARE_SENDS / seconds;
}

/** Uploads the list and sends its name; gives the message's id. */
async function sendList(environment: Environment, count: number): Promise<string> {
  const orders = Array.from({ length: count }, (_, index) => JSON.stringify(makeOrder(index)));
  const content = Buffer.from(`{"ProvisioningOrdersList":[${orders.join(',')}]}`);
  await environment.container('provisioning-orders').getBlockBlobClient('list.json').uploadData(content);
  return (await environment.sendOrder({ OrdersBlob: 'list.json' })).messageId;
}

function makeOrder(index: number): object {
  return anOrder({ AssignedResourceTypeId: `split-${index}`, WorkflowInstanceId: String(index % 3_000) });
}

/** From what Linux keeps of a process. */
async function peakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
