import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../../shared/clock.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { makePermits, type Permits, type Work } from '../../../../shared/limits/permits.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { recordingLog } from '../../../unit/shared/recording-log.ts';
import { startStorage } from '../storage/start-storage.ts';

const HOST = 'x.service-now.com';
const LONG_IN_MS = 60_000;

/** Two instances of the app, as far as permits go: each knows the other through table `limits` only. */
async function pair() {
  const storage = await startStorage();
  await storage.table('limits').createTable();
  const start = (): Permits =>
    makePermits({
      table: entityTable(storage.tableUrl, 'limits', storage.loadCredential),
      clock: systemClock,
      random: Math.random,
      log: recordingLog(),
      maxAgeInMs: 1_000,
      longestCallInMs: 20_000,
    });
  return { one: start(), other: start(), [Symbol.asyncDispose]: storage.close };
}

it.concurrent('the smallest limit that one instance names counts for another, from then on', async () => {
  await using both = await pair();
  const { one: large, other: small } = both;
  let [inFlight, most] = [0, 0];
  const call = async (permits: Permits, limit: number) => {
    const permit = await permits.acquire(HOST, limit, LONG_IN_MS, 'order');
    inFlight += 1;
    most = Math.max(most, inFlight);
    await sleep(50);
    inFlight -= 1;
    permit?.release();
  };
  const calls = (permits: Permits, limit: number) =>
    Promise.all(Array.from({ length: 20 }, () => call(permits, limit)));
  await calls(large, 4);
  expect(most).toBe(4);
  await call(small, 2);
  most = 0;
  await Promise.all([calls(large, 4), calls(small, 2)]);
  expect(most).toBe(2);
});

it.concurrent('urgent work of one instance goes before other work that has waited longer in another', async () => {
  await using both = await pair();
  const { one, other } = both;
  const busy = await one.acquire(HOST, 1, LONG_IN_MS, 'order');
  const served: Work[] = [];
  const wait = async (permits: Permits, work: Work) => {
    const permit = await permits.acquire(HOST, 1, LONG_IN_MS, work);
    served.push(work);
    permit?.release();
  };
  const waiting = [wait(one, 'command'), wait(one, 'poll')];
  // Long enough for those here to be in line for the table to see.
  await sleep(1_000);
  waiting.push(wait(other, 'export'), wait(other, 'order'));
  await sleep(1_000);
  busy?.release();
  await Promise.all(waiting);
  expect(served[0]).toBe('order');
  expect(served.indexOf('poll')).toBeLessThan(served.indexOf('export'));
  expect(served.at(-1)).toBe('command');
});

it.concurrent('a pause that one instance is asked for keeps another from the host', async () => {
  await using both = await pair();
  await both.one.report(HOST, { kind: 'askedToWait', forInMs: 30_000 });
  const outcome = await both.other.acquire(HOST, 4, LONG_IN_MS, 'order').catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(HoldError);
  expect(outcome).toMatchObject({
    message: expect.stringContaining('asked to be sent nothing'),
    failure: { class: 'hold' },
  });
  expect(await both.other.acquire('other', 4, LONG_IN_MS, 'order')).toBeDefined();
});

it.concurrent('a host that one instance found unwell is looked at by one piece of work of both', async () => {
  await using both = await pair();
  const { one, other } = both;
  for (let failures = 0; failures < 5; failures += 1) await one.report(HOST, { kind: 'failed' });
  let [begun, answered] = [0, false];
  const entering = [one, one, other, other].map(async (permits) => {
    const permit = await permits.acquire(HOST, 4, LONG_IN_MS, 'order');
    begun += 1;
    if (begun > 1) expect(answered).toBe(true);
    // Others have time to do wrong meanwhile.
    await sleep(700);
    answered = true;
    await permits.report(HOST, { kind: 'answered' });
    permit?.release();
  });
  await Promise.all(entering);
  expect(begun).toBe(4);
});
