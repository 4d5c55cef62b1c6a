import type { Environment } from '../../../infra/local/environment.ts';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { TABLE_REQUEST } from './table-request.ts';

/** What one round of orders took. */
export interface Round {
  readonly tickets: number;
  /** Calls to ServiceNow of every kind. */
  readonly calls: number;
  /** Those that looked for a caller. */
  readonly callerCalls: number;
  readonly tableCalls: number;
  /** From the arrival of the first ticket's request to the end of the last one's. */
  readonly seconds: number;
}

/** Longer than it takes to put all messages on the queue: they show when nobody writes there any more. */
const DELAY_IN_SECONDS = 5;
const SENDERS = 8;
const LIMIT_IN_MS = 120_000;

/** Puts the orders on the queue, all to show at the same time, and waits until every message has been dealt with. */
export async function runRound(environment: Environment, host: FunctionsHost, orders: readonly object[]): Promise<Round> {
  const { servicenow } = environment;
  const [firstRequest, firstLine] = [servicenow.requests.length, host.logs.length];
  const remaining = new Set<string>();
  const done = host.waitFor(
    (event) => event.event === 'message.deleted' && remaining.delete(event.messageId) && remaining.size === 0,
    LIMIT_IN_MS,
  );
  const queue = environment.queue('provisioning-orders');
  const waiting = orders.values();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      for (const order of waiting) {
        const text = Buffer.from(JSON.stringify(order)).toString('base64');
        remaining.add((await queue.sendMessage(text, { visibilityTimeout: DELAY_IN_SECONDS })).messageId);
      }
    }),
  );
  await done;

  const requests = servicenow.requests.slice(firstRequest);
  const posts = requests.filter(({ table, committed }) => table === 'incident' && committed);
  const starts = posts.map(({ at }) => Date.parse(at));
  const ends = posts.map(({ at, durationInMs }) => Date.parse(at) + durationInMs);
  return {
    tickets: posts.length,
    calls: requests.length,
    callerCalls: requests.filter(({ table }) => table === 'sys_user').length,
    tableCalls: host.logs.slice(firstLine).filter((line) => line === TABLE_REQUEST).length,
    seconds: (Math.max(...ends) - Math.min(...starts)) / 1000,
  };
}
