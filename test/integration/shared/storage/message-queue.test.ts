import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { LARGEST_MESSAGE_IN_BYTES, messageQueue } from '../../../../shared/storage/message-queue.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { type StartedStorage, startStorage, unreachableUrl } from './start-storage.ts';

let storage: StartedStorage;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());

/** A queue of that name by the product's hand and by anyone's. */
async function makeQueue(name: string) {
  const queue = storage.queue(name);
  await queue.create();
  return { queue, sent: messageQueue(storage.queueUrl, name, storage.loadCredential) };
}

describe('a message', () => {
  it('is Base64 of UTF-8 JSON', async () => {
    const { queue, sent } = await makeQueue('encoded');
    const body = { Näme: 'Łukasz 🎫', nested: [1, null, 'a^b'] };
    await sent.send(body);
    const { messageText = '' } = (await queue.receiveMessages()).receivedMessageItems[0] ?? {};
    expect(messageText).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(JSON.parse(Buffer.from(messageText, 'base64').toString('utf8'))).toEqual(body);
  });

  it('never expires', async () => {
    const { queue, sent } = await makeQueue('endless');
    await sent.send({});
    await sent.send({}, 0.5);
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
    expect(receivedMessageItems[0]?.expiresOn.getUTCFullYear()).toBe(9999);
  });

  it('shows only after its delay, rounded up to seconds, between now and seven days', async () => {
    const { queue, sent } = await makeQueue('delayed');
    const { sends, stop } = recordSends(storage.queueUrl);
    for (const delay of [3600, 59.2, 0.1, 30 * 24 * 3600]) await sent.send({ delay }, delay);
    expect((await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems).toEqual([]);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(4);
    for (const delay of [0, -5, undefined]) await sent.send({ delay }, delay);
    expect((await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.length).toBe(3);
    stop();
    const asked = sends
      .filter(({ method }) => method === 'POST')
      .map(({ path }) => new URLSearchParams(path.split('?')[1]));
    expect(asked.map((query) => query.get('visibilitytimeout'))).toEqual(['3600', '60', '1', '604799', '0', '0', '0']);
    expect(new Set(asked.map((query) => query.get('messagettl')))).toEqual(new Set(['-1']));
  });

  it('may be as large as the limit says, and no larger', async () => {
    const { queue, sent } = await makeQueue('large');
    const bodyOf = (bytes: number) => 'x'.repeat(bytes - 2);
    await sent.send(bodyOf(LARGEST_MESSAGE_IN_BYTES));
    await expect(sent.send(bodyOf(LARGEST_MESSAGE_IN_BYTES + 3))).rejects.toThrow(UnavailableError);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  });
});

describe('a queue', () => {
  it('is found with a slash at the end of the address too', async () => {
    const { queue } = await makeQueue('slash');
    await messageQueue(`${storage.queueUrl}/`, 'slash', storage.loadCredential).send(1);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  });

  it.concurrent.each([
    ['that is not there', async () => storage.queueUrl, '404 QueueNotFound'],
    ['that cannot be reached', unreachableUrl, 'no answer ECONNREFUSED'],
  ])(
    '%s is unavailable, within seconds',
    async (_name, urlOf, what) => {
      const sending = messageQueue(await urlOf(), 'nowhere', storage.loadCredential).send({});
      await expect(sending).rejects.toThrow(UnavailableError);
      await expect(sending).rejects.toThrow(`Storage could not send to queue nowhere (${what}); it is tried again`);
    },
    8_000,
  );

  it('asks for its identity and its client only when it sends', async () => {
    let loaded = 0;
    await makeQueue('lazy');
    const queue = messageQueue(storage.queueUrl, 'lazy', async () => {
      loaded += 1;
      return storage.loadCredential();
    });
    expect(loaded).toBe(0);
    await Promise.all([queue.send(1), queue.send(2), queue.send(3)]);
    expect(loaded).toBe(1);
  });

  it('without an identity is unavailable, and tried again with one', async () => {
    await makeQueue('identity');
    let there = false;
    const queue = messageQueue(storage.queueUrl, 'identity', async () => {
      if (!there) throw new Error('No identity yet');
      return storage.loadCredential();
    });
    await expect(queue.send(1)).rejects.toThrow(UnavailableError);
    there = true;
    await queue.send(1);
  });
});
