import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  spawnFunctionsHost,
} from '../../../../../infra/local/functions-host/spawn-functions-host.ts';
import { isEvent } from './is-event.ts';
import { type App, makeApp } from './make-app.ts';
import { makeRecording, type Recording } from './make-recording.ts';
import { type Storage, startStorage } from './start-storage.ts';

const source = `
  app.timer('tick', { schedule: '%SCHEDULE%', handler: (timer, context) => context.log(JSON.stringify(timer)) });`;

/** Storage leases for no less. */
const TIMES = { lockLeaseInMs: 15_000, lockRetryInMs: 500 };
const NEVER = '0 0 0 1 1 *';
const nextYear = `${new Date().getUTCFullYear() + 1}`;
const EVERY_SECOND = '* * * * * *';

let app: App;
let storage: Storage;
beforeAll(async () => {
  app = await makeApp(source);
  storage = await startStorage();
}, 60_000);
afterAll(async () => {
  await storage.close();
  await app[Symbol.asyncDispose]();
});

interface Started extends AsyncDisposable {
  readonly host: FunctionsHost;
  readonly recording: Recording;
}

async function start(id: string, schedule: string, more: Partial<FunctionsHostOptions> = {}): Promise<Started> {
  const recording = makeRecording();
  const host = await spawnFunctionsHost({
    appDirectory: app.directory,
    settings: { ...storage.settings, SCHEDULE: schedule, AzureFunctionsWebHost__hostid: id },
    caFile: storage.caFile,
    times: TIMES,
    onEvent: recording.onEvent,
    ...more,
  });
  return { host, recording, [Symbol.asyncDispose]: () => host.stop() };
}

const statusBlob = (id: string) => storage.hostBlob(`timers/${id}/Host.Functions.tick/status`);
const lockBlob = (id: string) => storage.hostBlob(`locks/${id}/Host.Functions.tick.Listener`);
/** Nothing where the emulator gives half of what is being replaced. */
const readStatus = async (id: string) => {
  const text = await statusBlob(id)
    .downloadToBuffer()
    .catch(() => Buffer.from('{}'));
  return text.toString('utf8').endsWith('}') ? JSON.parse(text.toString('utf8')) : {};
};

/** Asks storage until it says so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

test.concurrent('the first host writes down when it will run, and one that comes late runs once for all times missed', {
  timeout: 60_000,
}, async () => {
  {
    await using first = await start('missed', NEVER);
    await until(() => statusBlob('missed').exists());
    expect(first.recording.logged('tick')).toEqual([]);
    await until(async () => `${(await readStatus('missed')).Next}`.startsWith(nextYear));
    expect(await readStatus('missed')).toMatchObject({
      Last: '0001-01-01T00:00:00',
      Next: expect.stringMatching(/-01-01T00:00:00\+00:00$/),
    });
  }
  // As if all hosts had been down for three years.
  const years = (count: number) => `${new Date().getUTCFullYear() - count}-01-01T00:00:00+00:00`;
  const status = JSON.stringify({ Last: years(3), Next: years(2), LastUpdated: years(3) });
  await statusBlob('missed').upload(status, status.length);
  await using second = await start('missed', NEVER);
  await second.recording.until(isEvent('invocation.finished', 'tick'));
  await until(async () => `${(await readStatus('missed')).Next}`.startsWith(nextYear));
  expect(second.recording.logged('tick')).toMatchObject([{ isPastDue: true, scheduleStatus: { next: years(2) } }]);
});

test.concurrent('a schedule that was changed begins anew', { timeout: 60_000 }, async () => {
  const status = JSON.stringify({
    Last: '2020-01-01T00:05:00+00:00',
    Next: '2020-01-01T00:10:00+00:00',
    LastUpdated: '2020-01-01T00:05:00+00:00',
  });
  {
    await using first = await start('changed', NEVER);
    await until(() => statusBlob('changed').exists());
    await first.host.stop();
  }
  await statusBlob('changed').upload(status, status.length);
  await using second = await start('changed', NEVER);
  await until(async () => `${(await readStatus('changed')).Next}`.startsWith(nextYear));
  expect(second.recording.logged('tick')).toEqual([]);
});

test.concurrent('of two hosts one fires; the other does when the first stops, and when it is lost', {
  timeout: 90_000,
}, async () => {
  await using first = await start('shared', EVERY_SECOND);
  await first.recording.until(isEvent('invocation.finished', 'tick'), 2);
  await using second = await start('shared', EVERY_SECOND);
  await first.recording.until(isEvent('invocation.finished', 'tick'), 4);
  expect(second.recording.logged('tick')).toEqual([]);
  // Who runs one by hand asks for no lock.
  expect(await second.host.runNow('tick')).toEqual({ succeeded: true });
  await first.host.stop();
  await second.recording.until(isEvent('invocation.finished', 'tick'), 3);

  await using third = await start('shared', EVERY_SECOND);
  await second.host.kill();
  expect((await lockBlob('shared').getProperties()).leaseState).toBe('leased');
  await third.host.waitFor(isEvent('invocation.finished', 'tick'), 60_000);
});

test.concurrent('apps of other host ids know nothing of each other', { timeout: 60_000 }, async () => {
  await using first = await start('one', EVERY_SECOND);
  await using second = await start('two', EVERY_SECOND);
  await Promise.all([first, second].map(({ recording }) => recording.until(isEvent('invocation.finished', 'tick'))));
});
