import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type FunctionsHost,
  spawnFunctionsHost,
} from '../../../../../infra/local/functions-host/spawn-functions-host.ts';
import { isAbout, isEvent, isOf } from './is-event.ts';
import { type App, makeApp } from './make-app.ts';
import { makeRecording, type Recording } from './make-recording.ts';
import { type Storage, startStorage } from './start-storage.ts';

const encode = (text: string) => Buffer.from(text).toString('base64');
let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
}, 30_000);
afterAll(() => storage.close());

describe.concurrent("a host with the platform's times", () => {
  const source = `
    const on = (name, handler) => app.storageQueue(name, { queueName: name, connection: 'Work', handler });
    on('echo', (entry, context) => {
      const { triggerMetadata, traceContext } = context;
      context.log(JSON.stringify({ entry, kind: typeof entry, triggerMetadata, traceContext }));
    });
    on('fails', () => { throw new Error('always'); });
    on('nothing', () => { throw undefined; });
    on('cyclic', () => { const result = {}; result.self = result; return result; });
    on('missing', () => {});
    on('worn', () => {});
    app.storageQueue('named', { queueName: '%QUEUE%', connection: 'Work', handler: () => {} });`;
  let app: App;
  let host: FunctionsHost;
  let recording: Recording;

  beforeAll(async () => {
    app = await makeApp(source, { maxDequeueCount: 3, maxPollingInterval: '00:00:00.200' });
    await Promise.all(
      ['echo', 'fails', 'nothing', 'cyclic', 'worn', 'by-setting'].map((name) => storage.queue(name).create()),
    );
    await wearOut('worn', 3);
    const settings = { ...storage.settings, QUEUE: 'by-setting' };
    recording = makeRecording();
    const { onEvent } = recording;
    host = await spawnFunctionsHost({ appDirectory: app.directory, settings, caFile: storage.caFile, onEvent });
  }, 30_000);
  afterAll(async () => {
    await host.stop();
    await app[Symbol.asyncDispose]();
  });

  /** Receives the only message as often as that, as hosts do that die each time. */
  async function wearOut(name: string, times: number) {
    await storage.queue(name).sendMessage(encode('worn'));
    for (let i = 0; i < times; i += 1) {
      const { receivedMessageItems } = await storage.queue(name).receiveMessages({ visibilityTimeout: 60 });
      for (const { messageId, popReceipt } of receivedMessageItems) {
        await storage.queue(name).updateMessage(messageId, popReceipt, undefined, 0);
      }
    }
  }

  /** Sends a message to `echo` and gives what the handler saw. */
  async function echo(text: string) {
    const { messageId } = await storage.queue('echo').sendMessage(encode(text));
    const [started] = await recording.until(isOf(messageId, 'invocation.started'));
    const id = started?.event === 'invocation.started' ? started.invocationId : '';
    const [line] = await recording.until((event) => event.event === 'log' && event.invocationId === id);
    return { messageId, ...JSON.parse(line?.event === 'log' ? line.message : '') };
  }

  test.each([
    ['123', 123],
    ['true', true],
    ['null', null],
    ['"x"', 'x'],
    ['[1,"2"]', [1, '2']],
    ['{"Upper":{"Case":1}}', { Upper: { Case: 1 } }],
    ['plain text', 'plain text'],
    ['{"half":', '{"half":'],
    ['\ufeff1', '\ufeff1'],
    ['', ''],
  ])('text that parses as JSON arrives parsed: %j', async (text, entry) => {
    expect((await echo(text)).entry).toEqual(entry);
  });

  test('the metadata says what storage knows, with the 10 minutes for which a message is hidden', async () => {
    const { messageId, triggerMetadata, traceContext } = await echo('{"Some":{"Inner":1}}');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(triggerMetadata).toEqual({
      queueTrigger: { some: { inner: 1 } },
      dequeueCount: 1,
      id: messageId,
      popReceipt: expect.any(String),
      expirationTime: time,
      insertionTime: time,
      nextVisibleTime: time,
      some: { inner: 1 },
    });
    const hiddenInMs = Date.parse(triggerMetadata.nextVisibleTime) - Date.parse(triggerMetadata.insertionTime);
    expect(hiddenInMs).toBeGreaterThanOrEqual(600_000);
    expect(hiddenInMs).toBeLessThan(615_000);
    expect(traceContext.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('members of a JSON message replace metadata of the same name in any case of letters', async () => {
    const { triggerMetadata } = await echo(
      JSON.stringify({ ID: 'forged', DequeueCount: 99, list: [1], none: null, Flag: true, Nested: { Inner: 1 } }),
    );
    expect(triggerMetadata).toMatchObject({ id: 'forged', dequeueCount: 99, flag: 'True', nested: { inner: 1 } });
    expect(triggerMetadata).not.toHaveProperty('iD');
    expect(triggerMetadata).not.toHaveProperty('list');
    expect(triggerMetadata).not.toHaveProperty('none');
  });

  test('a message is deleted once its handler has succeeded', async () => {
    const { messageId } = await echo('done');
    await recording.until(isOf(messageId, 'message.deleted'));
    const order = recording.events.filter(isOf(messageId)).map(({ event }) => event);
    expect(order).toEqual(['invocation.started', 'invocation.finished', 'message.deleted']);
  });

  test('the last allowed failure moves the text to a new poison queue, and nothing else of the message', async () => {
    const { messageId } = await storage.queue('fails').sendMessage(encode('{"n":1}'), { messageTimeToLive: -1 });
    await recording.until(isAbout('message.poisoned', 'fails'));

    const counts = recording.events.flatMap((event) =>
      event.event === 'invocation.started' && event.messageId === messageId ? event.dequeueCount : [],
    );
    expect(counts).toEqual([1, 2, 3]);
    const failures = recording.events.filter(isEvent('invocation.finished', 'fails'));
    expect(failures).toMatchObject(Array(3).fill({ succeeded: false, error: 'always' }));
    // Moved right after the third attempt, not at a fourth receive.
    const attempt = ['invocation.started', 'invocation.finished'];
    const order = [...attempt, 'message.released', ...attempt, 'message.released', ...attempt, 'message.poisoned'];
    expect(recording.events.filter(isOf(messageId)).map(({ event }) => event)).toEqual(order);
    const { receivedMessageItems } = await storage.queue('fails-poison').receiveMessages();
    expect(receivedMessageItems).toMatchObject([{ messageText: encode('{"n":1}'), dequeueCount: 1 }]);
    const [copy] = receivedMessageItems;
    expect(copy?.messageId).not.toBe(messageId);
    expect(Number(copy?.expiresOn) - Number(copy?.insertedOn)).toBe(7 * 24 * 60 * 60 * 1000);
    expect((await storage.queue('fails').getProperties()).approximateMessagesCount).toBe(0);
  });

  test('a message that was received too often is poisoned without an invocation', async () => {
    const isPoisoned = async () => (await storage.queue('worn-poison').exists()) && (await count('worn')) === 0;
    await vi.waitUntil(isPoisoned, { timeout: 60_000 });
    expect(recording.events.filter(isEvent('invocation.started', 'worn'))).toEqual([]);
    expect(await count('worn-poison')).toBe(1);
  });

  test('text that is not Base64 is poisoned without an invocation, as it is', async () => {
    const { messageId } = await storage.queue('echo').sendMessage('not Base64!');
    await recording.until(isOf(messageId, 'message.poisoned'));
    expect(recording.events.filter(isOf(messageId))).toHaveLength(1);
    const { receivedMessageItems } = await storage.queue('echo-poison').receiveMessages();
    expect(receivedMessageItems).toMatchObject([{ messageText: 'not Base64!' }]);
  });

  test('bytes that are no text fail every attempt without an invocation', async () => {
    const { messageId } = await storage.queue('echo').sendMessage('/w==');
    await recording.until(isOf(messageId, 'message.poisoned'));
    const events = recording.events.filter(isOf(messageId)).map(({ event }) => event);
    expect(events).toEqual(['message.released', 'message.released', 'message.poisoned']);
  });

  test('undefined as the thing thrown counts as success', async () => {
    await storage.queue('nothing').sendMessage(encode('x'));
    await recording.until(isAbout('message.deleted', 'nothing'));
    expect(recording.events.filter(isEvent('invocation.finished', 'nothing'))).toMatchObject([{ succeeded: true }]);
  });

  test('a result that cannot be serialized is a failure', async () => {
    await storage.queue('cyclic').sendMessage(encode('x'));
    await recording.until(isAbout('message.released', 'cyclic'));
    expect(recording.events.filter(isEvent('invocation.finished', 'cyclic'))[0]).toMatchObject({ succeeded: false });
  });

  test('a queue that is missing is waited for and never made', async () => {
    expect(await storage.queue('missing').exists()).toBe(false);
    await storage.queue('missing').create();
    await storage.queue('missing').sendMessage(encode('x'));
    await recording.until(isAbout('message.deleted', 'missing'));
  });

  test('a queue may be named by a setting', async () => {
    await storage.queue('by-setting').sendMessage(encode('x'));
    await recording.until(isEvent('invocation.finished', 'named'));
  });

  async function count(name: string): Promise<number> {
    return (await storage.queue(name).getProperties()).approximateMessagesCount ?? -1;
  }
});

describe.concurrent('a host with shorter times', () => {
  const source = `
    const on = (name, handler) => app.storageQueue(name, { queueName: name, connection: 'Work', handler });
    const waiting = [];
    let running = 0;
    let most = 0;
    on('gated', async (_, context) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => waiting.push(resolve));
      running -= 1;
      context.log(most);
    });
    app.timer('open', { schedule: '0 0 0 1 1 *', handler: () => waiting.shift()() });
    on('slow', () => new Promise((resolve) => setTimeout(resolve, 3000)));
    on('fails-once', (_, context) => { if (context.triggerMetadata.dequeueCount < 2) throw 'text'; });
    on('last-poison', () => { throw new Error('always'); });`;
  let app: App;
  let host: FunctionsHost;
  let recording: Recording;

  beforeAll(async () => {
    app = await makeApp(source, { batchSize: 2, newBatchThreshold: 1, maxPollingInterval: '00:00:00.100' });
    await Promise.all(['gated', 'slow', 'fails-once', 'last-poison'].map((name) => storage.queue(name).create()));
    await Promise.all(Array.from({ length: 7 }, () => storage.queue('gated').sendMessage(encode('x'))));
    recording = makeRecording();
    host = await spawnFunctionsHost({
      appDirectory: app.directory,
      // The setting goes before host.json.
      settings: { ...storage.settings, AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:01' },
      caFile: storage.caFile,
      times: { receiveVisibilityInMs: 2000, renewEveryInMs: 1000 },
      onEvent: recording.onEvent,
    });
  }, 30_000);
  afterAll(async () => {
    await host.stop();
    await app[Symbol.asyncDispose]();
  });

  test('a batch starts at once, the next one when no more than the threshold run', async ({ expect }) => {
    const started = isEvent('invocation.started', 'gated');
    for (const most of [2, 4, 4, 6, 6, 7, 7]) {
      await recording.until(started, most);
      expect(recording.events.filter(started)).toHaveLength(most);
      expect(await host.runNow('open')).toEqual({ succeeded: true });
    }
    await recording.until(isEvent('invocation.finished', 'gated'), 7);
    expect(recording.logged('gated').at(-1)).toBe(3);
  });

  test('a message stays hidden while it runs, and goes with the newest receipt', async ({ expect }) => {
    await storage.queue('slow').sendMessage(encode('x'));
    await recording.until(isAbout('message.deleted', 'slow'));
    expect(recording.events.filter(isEvent('invocation.started', 'slow'))).toHaveLength(1);
    expect((await storage.queue('slow').getProperties()).approximateMessagesCount).toBe(0);
  });

  test('a failed message comes back after visibilityTimeout, with its text unchanged', async ({ expect }) => {
    await storage.queue('fails-once').sendMessage(encode('once'));
    await recording.until(isAbout('message.released', 'fails-once'));
    const { peekedMessageItems } = await storage.queue('fails-once').peekMessages();
    expect(peekedMessageItems).toEqual([]);
    const releasedAt = performance.now();
    await recording.until(isEvent('invocation.started', 'fails-once'), 2);
    expect(performance.now() - releasedAt).toBeGreaterThan(500);
    await recording.until(isAbout('message.deleted', 'fails-once'));
    expect(recording.events.filter(isEvent('invocation.finished', 'fails-once'))).toMatchObject([
      { succeeded: false, error: 'text' },
      { succeeded: true },
    ]);
  });

  test('a poison queue has no poison queue: its message returns when its visibility ends', async ({ expect }) => {
    await storage.queue('last-poison').sendMessage(encode('x'));
    const [, again] = await recording.until(isEvent('invocation.started', 'last-poison'), 2);
    expect(again).toMatchObject({ dequeueCount: 2 });
    expect(recording.events.filter((event) => 'queue' in event && event.queue === 'last-poison')).toEqual([]);
    expect(await storage.queue('last-poison-poison').exists()).toBe(false);
  });
});
