import { afterAll, beforeAll, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { queueReader } from '../../../../shared/storage/queue-reader.ts';
import { type StartedStorage, startStorage } from './start-storage.ts';

let storage: StartedStorage;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());

/** A queue with these messages, by the product's hand and by anyone's. */
async function makeQueue(name: string, messages: readonly string[] = []) {
  const queue = storage.queue(name);
  await queue.create();
  for (const message of messages) await queue.sendMessage(message, { messageTimeToLive: -1 });
  return { queue, reader: queueReader(storage.queueUrl, name, storage.loadCredential) };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

it('takes more messages than storage gives at a time, each once, and they show again at once', async () => {
  const { queue, reader } = await makeQueue('many', numbered(75));
  const texts: string[] = [];
  for await (const { text } of reader.takeAll()) {
    texts.push(text);
    if (texts.length === 75) expect((await queue.peekMessages()).peekedMessageItems).toEqual([]);
  }
  expect(texts.toSorted()).toEqual(numbered(75).toSorted());
  const again: string[] = [];
  for await (const { text } of reader.takeAll()) again.push(text);
  expect(again.toSorted()).toEqual(numbered(75).toSorted());
});

it('gives back what it took when it ends early, by a break or by a failure', async () => {
  const { queue, reader } = await makeQueue('early', numbered(3));
  for await (const _ of reader.takeAll()) break;
  expect((await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems).toHaveLength(3);
  const failing = async () => {
    for await (const _ of reader.takeAll()) throw new Error('not now');
  };
  await expect(failing()).rejects.toThrow('not now');
  expect((await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems).toHaveLength(3);
});

it('removes what it is told to and nothing else, and what is gone already is as good', async () => {
  const { queue, reader } = await makeQueue('removing', numbered(3));
  for await (const message of reader.takeAll()) {
    if (message.text === 'message 2') continue;
    await message.remove();
    await message.remove();
  }
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  expect(peekedMessageItems.map(({ messageText }) => messageText)).toEqual(['message 2']);
});

it('leaves peeked messages where they are, and tells those that end from those that never do', async () => {
  const { queue, reader } = await makeQueue('peeking', ['endless']);
  await queue.sendMessage('of the platform');
  const peeked = await reader.peek();
  expect(peeked.map(({ text, expiresAt }) => [text, expiresAt !== undefined])).toEqual([
    ['endless', false],
    ['of the platform', true],
  ]);
  expect(await reader.peek()).toEqual(peeked);
});

it('counts hidden messages too', async () => {
  const { queue, reader } = await makeQueue('counting', numbered(2));
  await queue.sendMessage('later', { visibilityTimeout: 600 });
  expect(await reader.approximateLength()).toBe(3);
});

it('is unavailable where there is no such queue', async () => {
  const reader = queueReader(storage.queueUrl, 'nowhere', storage.loadCredential);
  await expect(reader.approximateLength()).rejects.toThrow(UnavailableError);
  await expect(reader.peek()).rejects.toThrow('look into queue nowhere (404 QueueNotFound)');
  await expect(reader.takeAll().next()).rejects.toThrow(UnavailableError);
});
