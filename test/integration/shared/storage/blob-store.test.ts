import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { type BlobStore, blobStore } from '../../../../shared/storage/blob-store.ts';
import { type StartedStorage, startStorage, unreachableUrl } from './start-storage.ts';

let storage: StartedStorage;
let store: BlobStore;

beforeAll(async () => {
  storage = await startStorage();
  await storage.container('things').create();
  store = blobStore(`${storage.blobUrl}/things`, storage.loadCredential);
});
afterAll(() => storage.close());

describe('a blob', () => {
  it('that is not there is nothing', async () => {
    expect(await store.read('nothing.json')).toBeUndefined();
  });

  it.each(['', 'x', 'Łukasz 🎫\r\n\ufeff', 'ä'.repeat(3_000_000)])(
    'is read as it was written (case %#), under a path with folders',
    async (text) => {
      await store.write('a folder/ä/b c.json', text);
      expect((await store.read('a folder/ä/b c.json'))?.text).toBe(text);
    },
  );

  it('says that it is JSON', async () => {
    await store.write('typed.json', '{}');
    const { contentType } = await storage.container('things').getBlobClient('typed.json').getProperties();
    expect(contentType).toBe('application/json; charset=utf-8');
  });

  it('is written over without a question, and has another version then', async () => {
    await store.write('twice.json', 'same');
    const first = await store.read('twice.json');
    await store.write('twice.json', 'same');
    const second = await store.read('twice.json');
    expect([first?.text, second?.text]).toEqual(['same', 'same']);
    expect(second?.etag).not.toBe(first?.etag);
  });
});

describe('replacing a blob', () => {
  it('that must not be there makes it once', async () => {
    const etag = await store.replace('new.json', 'first', undefined);
    expect(etag).toBe((await store.read('new.json'))?.etag);
    expect(await store.replace('new.json', 'second', undefined)).toBeUndefined();
    expect((await store.read('new.json'))?.text).toBe('first');
  });

  it('goes through over the version that was read, and over no other', async () => {
    await store.write('cookie.json', 'one');
    const { etag = '' } = (await store.read('cookie.json')) ?? {};
    const next = await store.replace('cookie.json', 'two', etag);
    expect(await store.replace('cookie.json', 'three', etag)).toBeUndefined();
    expect(await store.read('cookie.json')).toEqual({ text: 'two', etag: next });
  });

  it('that has gone does not bring it back', async () => {
    await store.write('gone.json', 'one');
    const { etag = '' } = (await store.read('gone.json')) ?? {};
    await storage.container('things').deleteBlob('gone.json');
    expect(await store.replace('gone.json', 'two', etag)).toBeUndefined();
    expect(await store.read('gone.json')).toBeUndefined();
  });

  it('lets one of twenty through who read the same version', async () => {
    await store.write('race.json', 'start');
    const { etag = '' } = (await store.read('race.json')) ?? {};
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.replace('race.json', `by ${index}`, etag)),
    );
    expect(won.filter(Boolean).length).toBe(1);
    expect((await store.read('race.json'))?.text).toBe(`by ${won.findIndex(Boolean)}`);
  });
});

describe('a container that cannot be used', () => {
  it.concurrent.each([
    ['reading', (broken: BlobStore) => broken.read('x.json'), 'read blob x.json'],
    ['writing', (broken: BlobStore) => broken.write('x.json', ''), 'write blob x.json'],
    ['replacing', (broken: BlobStore) => broken.replace('x.json', '', undefined), 'write blob x.json'],
  ])(
    'for no connection: %s is unavailable, within seconds',
    async (_name, use, what) => {
      const using = use(blobStore(`${await unreachableUrl()}/things`, storage.loadCredential));
      await expect(using).rejects.toThrow(UnavailableError);
      await expect(using).rejects.toThrow(`Storage could not ${what} (no answer ECONNREFUSED); it is tried again`);
    },
    8_000,
  );

  it('for it is not there: everything is unavailable, and no blob is just missing', async () => {
    const missing = blobStore(`${storage.blobUrl}/missing`, storage.loadCredential);
    await expect(missing.read('x.json')).rejects.toThrow('Storage could not read blob x.json (404 ContainerNotFound)');
    await expect(missing.write('x.json', '')).rejects.toThrow('Storage could not write blob x.json (404');
    await expect(missing.replace('x.json', '', undefined)).rejects.toThrow(UnavailableError);
  });

  it('for the identity is refused: everything is unavailable', async () => {
    const wrong = { getToken: async () => ({ token: 'not.a.token', expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const refused = blobStore(`${storage.blobUrl}/things`, async () => wrong);
    await expect(refused.read('typed.json')).rejects.toThrow(UnavailableError);
  });
});
