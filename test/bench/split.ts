import { parseArgs } from 'node:util';
import { type Environment, startEnvironment } from '../../infra/local/environment.ts';
import { inParallel } from '../../shared/in-parallel.ts';
import { anEnvelope, anOrder } from '../orders.ts';
import { peakMegabytes } from './peak-memory.ts';

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
/** Before the list and again after it: the local queue slows down the more messages lie in it. */
const BARE_SENDS = 2_500;
/** So many orders keep all permits busy while the bare sends are measured. */
const WORKED_MEANWHILE = 80;
const SENDS_IN_FLIGHT = 16;
const PERMITS = 4;
const LATENCY_IN_MS = 250;
const LONGEST_SPLIT_IN_MS = 1_200_000;
const DAY_IN_SECONDS = 86_400;

/**
 * `--orders <n>` for a list of another length; with `--alone` no order is worked before the list is split, for the local
 * queue slows down the more messages lie in it, and a very long list would take hours.
 */
export async function measureSplit(): Promise<Split> {
  const { values } = parseArgs({
    allowPositionals: true,
    options: { orders: { type: 'string' }, alone: { type: 'boolean', default: false } },
  });
  const count = Number(values.orders ?? ORDERS);
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(PERMITS), MaxNewTicketsPerDay: '1000000' },
    servicenow: { latencyInMs: LATENCY_IN_MS },
  });
  running.defer(() => environment.close());
  const queues = 'AzureFunctionsJobHost__extensions__queues__';
  const host = await environment.startHost({
    settings: {
      [`${queues}maxPollingInterval`]: '00:00:00.200',
      ...(values.alone && { [`${queues}batchSize`]: '1', [`${queues}newBatchThreshold`]: '0' }),
    },
  });
  if (!values.alone) {
    // Both are measured while as many orders are worked as there are permits.
    await inParallel(Array.from({ length: WORKED_MEANWHILE }).keys(), SENDS_IN_FLIGHT, async (index) => {
      await environment.sendOrder(anOrder({ AssignedResourceTypeId: `meanwhile-${index}` }));
    });
  }
  const secondsBefore = await sendBare(environment);
  const startedAt = Promise.withResolvers<number>();
  const sent = await sendList(environment, count);
  host.on((happened) => {
    if (happened.event === 'invocation.started' && happened.messageId === sent) startedAt.resolve(performance.now());
  });
  await host.waitFor(
    (happened) => happened.event === 'message.deleted' && happened.messageId === sent,
    LONGEST_SPLIT_IN_MS,
  );
  const seconds = (performance.now() - (await startedAt.promise)) / 1000;
  const isOfList = ({ correlation_id: key = '' }: Readonly<Record<string, string>>) => key.startsWith('split-');
  if (!values.alone && !environment.servicenow.records('incident').some(isOfList))
    throw new Error('Expected tickets of the list before all of it was split, found none');
  const ordersPerSecond = count / seconds;
  const bareSendsPerSecond = (2 * BARE_SENDS) / (secondsBefore + (await sendBare(environment)));
  return {
    orders: count,
    ordersPerSecond,
    bareSendsPerSecond,
    ratio: ordersPerSecond / bareSendsPerSecond,
    peakRssMb: await peakMegabytes(host.pid),
  };
}

/** Gives the seconds it took. */
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
  return (performance.now() - startedAtInMs) / 1000;
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
