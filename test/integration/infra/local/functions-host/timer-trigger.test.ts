import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostEvent } from '../../../../../infra/local/functions-host/host-event.ts';
import {
  type FunctionsHost,
  spawnFunctionsHost,
} from '../../../../../infra/local/functions-host/spawn-functions-host.ts';
import { isEvent } from './is-event.ts';
import { type App, makeApp } from './make-app.ts';
import { makeRecording } from './make-recording.ts';

const source = `
  const log = (timer, context) => context.log(JSON.stringify({ at: Date.now(), timer, metadata: context.triggerMetadata ?? 'none' }));
  app.timer('everySecond', { schedule: '* * * * * *', handler: log });
  app.timer('hourly', { schedule: '%HOURLY%', handler: log });
  app.timer('unmonitored', { schedule: '%HOURLY%', useMonitor: false, handler: log });
  app.timer('atStart', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: log });
  app.timer('fails', { schedule: '0 0 0 1 1 *', handler: () => { throw new Error('broken'); } });
  let runs = 0;
  app.timer('long', { schedule: '* * * * * *', handler: async (timer, context) => {
    context.log(JSON.stringify({ begun: Date.now(), isPastDue: timer.isPastDue }));
    // Over two ticks, to the middle between two.
    if (runs++ === 0) await new Promise((resolve) => setTimeout(resolve, 2300 - Date.now() % 1000));
    context.log(JSON.stringify({ ended: Date.now() }));
  } });`;

// Half an hour away, for no time may come by itself while a test runs a timer by hand.
const farMinute = (new Date().getUTCMinutes() + 30) % 60;

let app: App;
let host: FunctionsHost;
const recording = makeRecording();
beforeAll(async () => {
  app = await makeApp(source);
  const settings = { HOURLY: `${farMinute} * * * *` };
  // No storage is needed, so neither is a certificate.
  const { onEvent } = recording;
  host = await spawnFunctionsHost({ appDirectory: app.directory, settings, caFile: '', onEvent });
}, 30_000);
afterAll(async () => {
  await host.stop();
  await app[Symbol.asyncDispose]();
});

test('a timer fires at its times, in whole seconds', async () => {
  await recording.until(isEvent('invocation.finished', 'everySecond'), 2);
  const times = recording.logged('everySecond').map((line) => (isRun(line) ? Math.floor(line.at / 1000) : 0));
  expect(times[1]).toBe((times[0] ?? 0) + 1);
});

test('a timer that fires more than once a minute has no status, nor has one without monitor', async () => {
  await recording.until(isEvent('invocation.finished', 'everySecond'));
  await host.runNow('unmonitored');
  const none = { isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus: null };
  expect(recording.logged('everySecond')[0]).toMatchObject({ timer: none, metadata: 'none' });
  expect(recording.logged('unmonitored')).toMatchObject([{ timer: none }]);
});

test('a manual run sees where the timer stands, is never past due, and tells how it ended', async () => {
  expect(await host.runNow('hourly')).toEqual({ succeeded: true });
  expect(recording.logged('hourly')).toMatchObject([
    {
      timer: {
        isPastDue: false,
        schedule: { adjustForDST: true },
        scheduleStatus: {
          last: '0001-01-01T00:00:00',
          next: expect.stringMatching(new RegExp(`^\\S+T\\d\\d:${farMinute.toString().padStart(2, '0')}:00\\+00:00$`)),
          lastUpdated: expect.stringMatching(/^\S+T\S+\+00:00$/),
        },
      },
    },
  ]);
  expect(await host.runNow('fails')).toEqual({ succeeded: false, error: 'broken' });
  await expect(host.runNow('unknown')).rejects.toThrow('got status 404');
});

test('runOnStartup runs a timer when the host starts, not past due', async () => {
  await recording.until(isEvent('invocation.finished', 'atStart'));
  expect(recording.logged('atStart')).toMatchObject([{ timer: { isPastDue: false } }]);
});

test('times missed during a long run collapse into one run at once, not past due, and never overlap', async () => {
  await recording.until(isEvent('invocation.finished', 'long'), 3);
  const isRunEvent = (event: HostEvent) =>
    isEvent('invocation.started', 'long')(event) || isEvent('invocation.finished', 'long')(event);
  const order = recording.events.filter(isRunEvent).map(({ event }) => event);
  expect(order.slice(0, 6)).toEqual(Array(3).fill(['invocation.started', 'invocation.finished']).flat());

  const lines = recording.logged('long');
  const begun = lines.flatMap((line) => (isBegun(line) ? line.begun : []));
  const [firstEnd = 0] = lines.flatMap((line) => (isEnded(line) ? line.ended : []));
  const [, second = 0, third = 0] = begun;
  expect(second - firstEnd).toBeLessThan(500);
  expect(Math.floor(third / 1000)).toBe(Math.floor(second / 1000) + 1);
  expect(lines).not.toContainEqual(expect.objectContaining({ isPastDue: true }));
});

const isRun = (line: unknown): line is { at: number } => typeof line === 'object' && line !== null && 'at' in line;
const isBegun = (line: unknown): line is { begun: number } =>
  typeof line === 'object' && line !== null && 'begun' in line;
const isEnded = (line: unknown): line is { ended: number } =>
  typeof line === 'object' && line !== null && 'ended' in line;
