import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostReadySchema } from '../../../../../infra/local/functions-host/host-ready.ts';
import {
  type FunctionsHostOptions,
  spawnFunctionsHost,
} from '../../../../../infra/local/functions-host/spawn-functions-host.ts';
import { isAbout, isEvent, isOf } from './is-event.ts';
import { makeApp } from './make-app.ts';
import { makeRecording } from './make-recording.ts';
import { type Storage, startStorage } from './start-storage.ts';

const main = join(import.meta.dirname, '../../../../../infra/local/functions-host/main.ts');
const encode = (text: string) => Buffer.from(text).toString('base64');

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
}, 30_000);
afterAll(() => storage.close());

/** Spawns a host with a recording, on a queue of its own that already holds one message. */
async function start(source: string, queue: string, options: Partial<FunctionsHostOptions> = {}) {
  const app = await makeApp(`const queueName = '${queue}'; const connection = 'Work';\n${source}`, {
    maxPollingInterval: '00:00:00.200',
  });
  await storage.queue(queue).createIfNotExists();
  const { messageId } = await storage.queue(queue).sendMessage(encode('x'));
  const recording = makeRecording();
  const spawnAgain = () =>
    spawnFunctionsHost({
      appDirectory: app.directory,
      settings: storage.settings,
      caFile: storage.caFile,
      onEvent: recording.onEvent,
      ...options,
    });
  return { app, host: await spawnAgain(), spawnAgain, recording, messageId };
}

describe.concurrent('a host that ends', () => {
  test('drains on SIGTERM: what runs ends and is settled, appTerminate hooks run', async ({ expect }) => {
    const { app, host, recording, messageId } = await start(
      `app.storageQueue('late', { queueName, connection, handler: () => new Promise((resolve) => {
         process.once('SIGTERM', () => setTimeout(resolve, 200));
       }) });
       app.hook.appTerminate(() => console.log('terminated'));`,
      'drained',
    );
    await using _ = app;
    await recording.until(isEvent('invocation.started', 'late'));
    await storage.queue('drained').sendMessage(encode('after the start'), { visibilityTimeout: 60 });
    await host.stop();
    expect(await host.ended).toBe(0);
    expect(recording.events.filter(isOf(messageId)).map(({ event }) => event)).toEqual([
      'invocation.started',
      'invocation.finished',
      'message.deleted',
    ]);
    expect(host.logs).toContain('terminated');
  });

  test('waits for a run no longer than the limit, and leaves its message hidden', async ({ expect }) => {
    const { app, host, recording } = await start(
      `app.storageQueue('endless', { queueName, connection, handler: () => new Promise(() => {}) });`,
      'limited',
      { times: { drainInMs: 300 } },
    );
    await using _ = app;
    await recording.until(isEvent('invocation.started', 'endless'));
    await host.stop();
    expect(await host.ended).toBe(0);
    expect(recording.events.some((event) => 'queue' in event)).toBe(false);
    expect((await storage.queue('limited').getProperties()).approximateMessagesCount).toBe(1);
    expect((await storage.queue('limited').peekMessages()).peekedMessageItems).toEqual([]);
  });

  test('killed, it gives nothing back: the message returns to another host when its visibility ends', async ({
    expect,
  }) => {
    const { app, host, spawnAgain, recording } = await start(
      `app.storageQueue('once', { queueName, connection, handler: (_, { triggerMetadata, log }) =>
         triggerMetadata.dequeueCount > 1 ? undefined : new Promise(() => {}) });`,
      'crashed',
      { times: { receiveVisibilityInMs: 2000 } },
    );
    await using _ = app;
    await recording.until(isEvent('invocation.started', 'once'));
    const startedAt = performance.now();
    await host.kill();
    expect(await host.ended).toBe(null);
    await expect(host.waitFor(() => true)).rejects.toThrow('it ended');
    // And leaves no failure to nobody, which would end this process.
    await expect(host.runNow('once')).rejects.toThrow('fetch failed');

    const next = await spawnAgain();
    const [, again] = await recording.until(isEvent('invocation.started', 'once'), 2);
    expect(again).toMatchObject({ dequeueCount: 2 });
    // Storage counts in whole seconds.
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    await recording.until(isAbout('message.deleted', 'crashed'));
    await next.stop();
  });

  test('an error that nothing catches ends it with 1, and what ran counts as failed', async ({ expect }) => {
    const { app, host, recording } = await start(
      `app.storageQueue('stray', { queueName, connection, handler: () => {
         setImmediate(() => Promise.reject(new Error('forgotten await')));
         return new Promise(() => {});
       } });
       app.hook.appTerminate(() => console.log('terminated'));`,
      'strayed',
    );
    await using _ = app;
    expect(await host.ended).toBe(1);
    expect(host.logs.join('\n')).toContain('forgotten await');
    expect(host.logs).not.toContain('terminated');
    expect(recording.events.filter(isEvent('invocation.finished', 'stray'))).toMatchObject([{ succeeded: false }]);
    expect(recording.events.filter(isAbout('message.released', 'strayed'))).toHaveLength(1);
    expect((await storage.queue('strayed').peekMessages()).peekedMessageItems).toMatchObject([{ dequeueCount: 1 }]);
  });

  test('leaves a message alone that someone else removed while it ran', async ({ expect }) => {
    const { app, host, recording } = await start(
      `app.storageQueue('robbed', { queueName, connection, handler: () => new Promise((resolve) => {
         process.once('SIGTERM', resolve);
       }) });`,
      'removed',
    );
    await using _ = app;
    await recording.until(isEvent('invocation.started', 'robbed'));
    await storage.queue('removed').delete();
    await host.stop();
    expect(await host.ended).toBe(0);
    expect(recording.events.filter(isEvent('invocation.finished', 'robbed'))).toMatchObject([{ succeeded: true }]);
    expect(recording.events.filter(isAbout('message.deleted', 'removed'))).toEqual([]);
    expect(host.logs.join('\n')).toContain('of "removed" was taken or removed by someone else');
  });

  test('outlives storage that refuses it, and says so', async ({ expect }) => {
    const { app, host, recording } = await start(
      `app.storageQueue('refused', { queueName, connection: 'Other', handler: () => {} });
       app.storageQueue('served', { queueName, connection, handler: () => {} });`,
      'half-served',
      {
        settings: {
          ...storage.settings,
          Other__queueServiceUri: `${storage.settings.Work__queueServiceUri}-unknown`,
          Other__credential: 'managedidentity',
        },
      },
    );
    await using _ = app;
    await recording.until(
      (event) => event.event === 'log' && event.message.includes('"half-served" cannot be read'),
      2,
    );
    await storage.queue('half-served').sendMessage(encode('x'));
    await recording.until(isAbout('message.deleted', 'half-served'), 2);
    await host.stop();
    expect(await host.ended).toBe(0);
  });

  test('ends when the process that started it is gone', async ({ expect }) => {
    await using app = await makeApp(`app.timer('idle', { schedule: '0 0 0 1 1 *', handler: () => {} });`);
    const child = fork(main, ['--app', app.directory], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    for await (const [message] of on(child, 'message')) if (hostReadySchema.safeParse(message).success) break;
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe.concurrent('a host that cannot start', () => {
  const spawnWith = async (source: string, queues: object = {}, settings = storage.settings) => {
    await using app = await makeApp(source, queues);
    const host = await spawnFunctionsHost({ appDirectory: app.directory, settings, caFile: storage.caFile });
    await host.stop();
  };

  test('says what the app threw while it was loaded', async ({ expect }) => {
    await expect(spawnWith(`throw new Error('BAD_SETTING is missing');`)).rejects.toThrow(
      /got exit code 1:[\s\S]*BAD_SETTING is missing/,
    );
  });

  test('says what an appStart hook threw', async ({ expect }) => {
    const source = `app.hook.appStart(async () => { throw new Error('hook broke'); });`;
    await expect(spawnWith(source)).rejects.toThrow('hook broke');
  });

  test('refuses an output binding', async ({ expect }) => {
    const source = `import { output } from '@azure/functions';
      const extra = output.storageQueue({ queueName: 'out', connection: 'Work' });
      app.storageQueue('f', { queueName: 'in', connection: 'Work', extraOutputs: [extra], handler: () => {} });`;
    await expect(spawnWith(source)).rejects.toThrow(
      'Function "f" cannot be served. Error: Expected a trigger and no other',
    );
  });

  test('refuses a connection string', async ({ expect }) => {
    const source = `app.storageQueue('f', { queueName: 'in', connection: 'Text', handler: () => {} });`;
    const settings = { ...storage.settings, Text: 'UseDevelopmentStorage=true' };
    await expect(spawnWith(source, {}, settings)).rejects.toThrow(
      'identity-based connection in the app settings `Text__…`',
    );
  });

  test('refuses a function that is registered twice', async ({ expect }) => {
    const one = `app.timer('twin', { schedule: '0 0 0 1 1 *', handler: () => {} });`;
    await expect(spawnWith(one + one)).rejects.toThrow('got "twin" twice');
  });
});

describe.concurrent('the app in the host', () => {
  test('has hooks around its handlers, and may change inputs, results and log lines', async () => {
    await using app = await makeApp(`
      app.hook.preInvocation((context) => { context.inputs = [{ replaced: true }]; context.hookData.seen = 'before'; });
      app.hook.postInvocation((context) => {
        context.invocationContext.log(context.hookData.seen, context.error.message);
        context.error = null;
      });
      app.hook.log((context) => { context.message = context.message.replace('secret', '***'); });
      app.timer('hooked', { schedule: '0 0 0 1 1 *', handler: (input, context) => {
        context.warn('secret', input.replaced);
        throw new Error('cleared by the hook');
      } });`);
    const { onEvent, events } = makeRecording();
    const host = await spawnFunctionsHost({
      appDirectory: app.directory,
      settings: {},
      caFile: storage.caFile,
      onEvent,
    });
    expect(await host.runNow('hooked')).toEqual({ succeeded: true });
    await host.stop();
    expect(events.filter(isEvent('log', 'hooked'))).toMatchObject([
      { level: 'warning', message: '*** true' },
      { level: 'information', message: 'before cleared by the hook' },
    ]);
  });

  test('sees its settings and nothing else of the environment', async () => {
    await using app = await makeApp(`
      app.timer('settings', { schedule: '0 0 0 1 1 *', handler: (_, context) => context.log(JSON.stringify(process.env)) });`);
    const recording = makeRecording();
    const { onEvent } = recording;
    const settings = { ONLY: 'this' };
    const host = await spawnFunctionsHost({ appDirectory: app.directory, settings, caFile: storage.caFile, onEvent });
    await host.runNow('settings');
    await host.stop();
    // Node takes what it needs for the IPC channel out of the environment, but for the mode.
    expect(recording.logged('settings')).toEqual([
      { ONLY: 'this', PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: storage.caFile },
    ]);
  });
});

describe.concurrent('the admin endpoint', () => {
  test('runs any function, past its queue, and answers as Core Tools does', async () => {
    const source = `app.storageQueue('manual', { queueName, connection, handler: (entry, context) => {
      context.log(JSON.stringify({ entry, metadata: context.triggerMetadata }));
      throw new Error('no retry');
    } });`;
    const { app, host, recording, messageId } = await start(source, 'manual');
    await using _ = app;
    const post = async (name: string, body: string) =>
      (await fetch(`${host.adminUrl}/admin/functions/${name}`, { method: 'POST', body })).status;

    expect(new URL(host.adminUrl).hostname).toBe('127.0.0.1');
    expect((await fetch(host.adminUrl)).status).toBe(200);
    expect(await post('manual', '')).toBe(400);
    expect(await post('manual', 'no JSON')).toBe(400);
    expect(await post('unknown', '{"input":""}')).toBe(404);
    expect(await post('manual', '{"input":"{\\"by\\":\\"hand\\"}"}')).toBe(202);

    const isManual = (event: { event: string; messageId?: string }) =>
      event.event === 'invocation.finished' && event.messageId === undefined;
    await recording.until(isManual);
    expect(recording.logged('manual')).toContainEqual({
      entry: { by: 'hand' },
      metadata: { queueTrigger: { by: 'hand' }, dequeueCount: 0, by: 'hand' },
    });
    await host.stop();
    expect(recording.events.filter(isManual)).toHaveLength(1);
    const others = recording.events.filter((event) => 'queue' in event && event.messageId !== messageId);
    expect(others).toEqual([]);
  });
});
