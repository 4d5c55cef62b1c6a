import type { Environment } from '../../../infra/local/environment.ts';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { TABLE_REQUEST } from './table-request.ts';

/** What one round of orders took. */
export interface Round {
  readonly tickets: number;
  /** Calls to ServiceNow, requests for an access token aside. */
  readonly calls: number;
  readonly tableCalls: number;
  /** From the arrival of the first ticket's request to the end of the last one's. */
  readonly seconds: number;
}

/** About as long as it takes to put all messages on the queue, so that this and the app don't share the machine. */
const DELAY_IN_SECONDS = 3;
const SENDERS = 8;
const LIMIT_IN_MS = 120_000;

/**
 * Puts the orders on the queue, all to show at about the same time, and waits until every message has been dealt with.
 *
 * @throws Error where that did not make a ticket of every order.
 */
export async function runRound(
  environment: Environment,
  host: FunctionsHost,
  orders: readonly object[],
): Promise<Round> {
  const { servicenow } = environment;
  const [firstRequest, firstLine] = [servicenow.requests.length, host.logs.length];
  let left = orders.length;
  const done = host.waitFor(({ event }) => event === 'message.deleted' && --left === 0, LIMIT_IN_MS);
  const queue = environment.queue('provisioning-orders');
  const waiting = orders.values();
  const send = async () => {
    for (const order of waiting) {
      const text = Buffer.from(JSON.stringify(order)).toString('base64');
      await queue.sendMessage(text, { visibilityTimeout: DELAY_IN_SECONDS });
    }
  };
  await Promise.all([done, ...Array.from({ length: SENDERS }, send)]);

  const requests = servicenow.requests.slice(firstRequest).filter(({ table }) => table !== undefined);
  const posts = requests.filter(({ table, committed }) => table === 'incident' && committed);
  if (posts.length !== orders.length) throw new Error(`Expected ${orders.length} tickets, got ${posts.length}`);
  const starts = posts.map(({ at }) => Date.parse(at));
  const ends = posts.map(({ at, durationInMs }) => Date.parse(at) + durationInMs);
  return {
    tickets: posts.length,
    calls: requests.length,
    tableCalls: host.logs.slice(firstLine).filter((line) => line === TABLE_REQUEST).length,
    seconds: (Math.max(...ends) - Math.min(...starts)) / 1000,
  };
}
