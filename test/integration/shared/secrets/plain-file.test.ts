import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentSettings, makeAgentSettings } from '../../../../shared/agent-settings.ts';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { blobStore } from '../../../../shared/storage/blob-store.ts';
import { type ManualClock, manualClock } from '../../../unit/shared/manual-clock.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { type StartedStorage, startStorage, unreachableUrl } from '../storage/start-storage.ts';

const MAX_AGE_IN_MS = 300_000;
const FILE = 'appsettings.agent.json';
let storage: StartedStorage;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());

/** A container of that name with the settings file in it, as the app reads it. */
async function start(container: string, content: string | Buffer | undefined) {
  const client = storage.container(container);
  await client.create();
  const write = (text: string | Buffer) => client.getBlockBlobClient(FILE).uploadData(Buffer.from(text));
  if (content !== undefined) await write(content);
  const clock: ManualClock = manualClock();
  const files = blobStore(`${storage.blobUrl}/${container}`, storage.loadCredential);
  const read: () => Promise<AgentSettings> = makeAgentSettings({ files, clock, maxAgeInMs: MAX_AGE_IN_MS });
  return { write, clock, read, source: plainFileSource(read) };
}

describe('the settings file', () => {
  it('gives connections with every value as text, known by their names', async () => {
    const { source } = await start(
      'values',
      JSON.stringify({
        Connections: {
          Tickets: { Server: 'https://x/api/now/table', ResponseSizeLimit: 500, Nested: {}, Unknown: 'x', Login: null },
        },
      }),
    );
    const settings = await source.read('Tickets');
    expect(Object.entries(settings).map(([name, { value }]) => [name, value])).toEqual([
      ['Server', 'https://x/api/now/table'],
      ['ResponseSizeLimit', '500'],
    ]);
    expect(await source.read('Others')).toEqual({});
  });

  it('changes without a restart, once it is too old, and with it the version', async () => {
    const { write, clock, source, read } = await start('changes', '{"Connections":{"T":{"Login":"one"}}}');
    const before = await source.read('T');
    await write('{"Connections":{"T":{"Login":"two"}},"ServiceNowResourceTypeMappings":{"R":{}}}');
    clock.advance(MAX_AGE_IN_MS - 1);
    expect(await source.read('T')).toEqual(before);
    clock.advance(1);
    const after = await source.read('T');
    expect([before.Login?.value, after.Login?.value]).toEqual(['one', 'two']);
    expect(after.Login?.version).not.toBe(before.Login?.version);
    expect([...(await read()).mappings.keys()]).toEqual(['R']);
  });

  it('is read once, however many ask at once', async () => {
    const { read } = await start('once', '{}');
    const { sends, stop } = recordSends(storage.blobUrl);
    await Promise.all(Array.from({ length: 100 }, read));
    stop();
    expect(sends.filter(({ path }) => path.includes(FILE)).length).toBe(1);
  });

  it('may begin with a byte order mark, as editors on Windows write it', async () => {
    const text = '{"Connections":{"T":{"Login":"Łukasz"}}}';
    const { source } = await start('bom', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]));
    expect((await source.read('T')).Login?.value).toBe('Łukasz');
  });

  it('that is missing is an empty one, until it is there', async () => {
    const { read, source, write, clock } = await start('missing', undefined);
    expect(await read()).toEqual({ connections: new Map(), mappings: new Map(), version: '' });
    expect(await source.read('T')).toEqual({});
    await write('{"Connections":{"T":{"Login":"one"}}}');
    clock.advance(MAX_AGE_IN_MS);
    expect((await source.read('T')).Login?.value).toBe('one');
  });

  it.each([
    ['empty', ''],
    ['cut', '{"Connections":{"T":{"Password":"canary-4711'],
    ['list', '["canary-4711"]'],
    ['text', '"canary-4711"'],
    ['connections', '{"Connections":["canary-4711"]}'],
    ['connection', '{"Connections":{"T":"canary-4711"}}'],
    ['mappings', '{"ServiceNowResourceTypeMappings":"canary-4711"}'],
  ])('that cannot be used (%s) is a hold without a value in it, and read anew at once', async (name, text) => {
    const { read, write } = await start(`broken-${name}`, text);
    const error = await read().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(HoldError);
    expect(everythingIn(error)).toContain('appsettings.agent.json is not usable, every order waits until it is');
    expect(everythingIn(error)).not.toContain('canary');
    await write('{"Connections":{"T":{}}}');
    expect([...(await read()).connections.keys()]).toEqual(['T']);
  });

  it('in a container that is not there is no missing file', async () => {
    const files = blobStore(`${storage.blobUrl}/nowhere`, storage.loadCredential);
    const read = makeAgentSettings({ files, clock: manualClock(), maxAgeInMs: MAX_AGE_IN_MS });
    await expect(read()).rejects.toThrow(UnavailableError);
  });

  it('that cannot be reached is unavailable', async () => {
    const files = blobStore(`${await unreachableUrl()}/settings`, storage.loadCredential);
    const read = makeAgentSettings({ files, clock: manualClock(), maxAgeInMs: MAX_AGE_IN_MS });
    await expect(read()).rejects.toThrow(UnavailableError);
  });
});
