import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { READ_WITH_CONNECTION_IN_MS } from '../../../../shared/secrets/setting-source.ts';
import { readFileMappings } from '../../../../shared/settings/file-mappings.ts';
import { makeReadSettings } from '../../../../shared/settings/settings-document.ts';
import { containedFiles } from '../../../../shared/settings/settings-files.ts';
import { blobStore } from '../../../../shared/storage/blob-store.ts';
import { type ManualClock, manualClock } from '../../../unit/shared/manual-clock.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { type StartedStorage, startStorage, unreachableUrl } from '../storage/start-storage.ts';
import { thrownBy } from './thrown-by.ts';

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
  const read = makeReadSettings({
    files: filesIn(`${storage.blobUrl}/${container}`),
    clock,
    maxAgeInMs: MAX_AGE_IN_MS,
  });
  return { write, clock, read, source: plainFileSource(read) };
}

function filesIn(place: string) {
  return containedFiles(place, blobStore(place, storage.loadCredential));
}

describe('the settings file', () => {
  it('gives connections with every value as text, known by their names', async () => {
    const { source } = await start(
      'values',
      JSON.stringify({
        Connections: {
          Tickets: {
            Server: 'https://x/api/now/table',
            ResponseSizeLimit: 500,
            Unknown: 'x',
            Login: null,
            Password: '',
          },
        },
      }),
    );
    const reading = await source.read('Tickets');
    expect([...(reading?.settings ?? [])].map(([name, { value }]) => [name, value])).toEqual([
      ['Server', 'https://x/api/now/table'],
      ['ResponseSizeLimit', '500'],
    ]);
    expect(reading?.faults).toEqual([]);
    expect(reading?.warnings).toEqual([
      expect.stringMatching(/^"Unknown" is no setting of a connection; did you mean /),
    ]);
    expect(await source.read('Others')).toEqual({ settings: new Map(), faults: [], warnings: [] });
  });

  it('changes without a restart, once it is too old, and with it the version', async () => {
    const { write, clock, source, read } = await start('changes', '{"Connections":{"T":{"Login":"one"}}}');
    const before = await source.read('T');
    await write('{"Connections":{"T":{"Login":"two"}},"ServiceNowResourceTypeMappings":{"R":{}}}');
    clock.advance(READ_WITH_CONNECTION_IN_MS - 1);
    expect(await source.read('T')).toEqual(before);
    clock.advance(1);
    const after = await source.read('T');
    const logins = [before, after].map((reading) => reading?.settings.get('Login'));
    expect(logins.map((login) => login?.value)).toEqual(['one', 'two']);
    expect(logins[1]?.version).not.toBe(logins[0]?.version);
    expect([...(await readFileMappings(read)).mappings.keys()]).toEqual(['R']);
  });

  it('is read again for whoever reads mappings only when it is older than settings may get', async () => {
    const { write, clock, read } = await start('ages', '{"ServiceNowResourceTypeMappings":{"One":{}}}');
    const names = async () => [...(await readFileMappings(read)).mappings.keys()];
    expect(await names()).toEqual(['One']);
    await write('{"ServiceNowResourceTypeMappings":{"Two":{}}}');
    clock.advance(MAX_AGE_IN_MS - 1);
    expect(await names()).toEqual(['One']);
    clock.advance(1);
    expect(await names()).toEqual(['Two']);
  });

  it('is read once, however many ask at once', async () => {
    const { read } = await start('once', '{}');
    const { sends, stop } = recordSends(storage.blobUrl);
    await Promise.all(Array.from({ length: 100 }, () => read(FILE)));
    stop();
    expect(sends.filter(({ path }) => path.includes(FILE)).length).toBe(1);
  });

  it('may begin with a byte order mark, as editors on Windows write it', async () => {
    const text = '{"Connections":{"T":{"Login":"Łukasz"}}}';
    const { source } = await start('bom', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]));
    expect((await source.read('T'))?.settings.get('Login')?.value).toBe('Łukasz');
  });

  it('that is missing is none, until it is there', async () => {
    const { read, source, write, clock } = await start('missing', undefined);
    expect(await read(FILE)).toBeUndefined();
    expect(await source.read('T')).toBeUndefined();
    await write('{"Connections":{"T":{"Login":"one"}}}');
    clock.advance(READ_WITH_CONNECTION_IN_MS);
    expect((await source.read('T'))?.settings.get('Login')?.value).toBe('one');
  });

  it.each([
    ['empty', ''],
    ['cut', '{"Connections":{"T":{"Password":"canary-4711'],
    ['list', '["canary-4711"]'],
    ['text', '"canary-4711"'],
    ['twice', '{"Connections":{"T":{"Password":"canary-4711"}},"connections":{}}'],
    ['bytes', Buffer.from('{"Connections":{"T":{"Password":"canary-4711\xff"}}}', 'latin1')],
  ])('that cannot be used (%s) is a hold without a value in it, and read anew at once', async (name, content) => {
    const { read, source, write } = await start(`broken-${name}`, content);
    const error = await thrownBy(source.read('T'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toMatch(
      /^appsettings\.agent\.json \(in https:\S+\) is not usable, every order waits until it is: /,
    );
    expect(everythingIn(error)).not.toContain('canary');
    await write('{"Connections":{"T":{"Login":"one"}}}');
    expect((await source.read('T'))?.settings.get('Login')?.value).toBe('one');
    expect((await read(FILE))?.name).toBe(FILE);
  });

  it.each([
    [
      'connections',
      '{"Connections":["canary-4711"]}',
      /^expected an object of connections in section Connections, got a list$/,
    ],
    [
      'connection',
      '{"Connections":{"T":"canary-4711"}}',
      /^expected an object of settings as connection "T", got a text$/,
    ],
    [
      'twice',
      '{"Connections":{"T":{"Login":"canary-4711"},"t":{}}}',
      /^expected connection "T" once, got it more than once/,
    ],
  ])('that is of another form (%s) is a fault without a value in it', async (name, text, expected) => {
    const { source } = await start(`form-${name}`, text);
    const reading = await source.read('T');
    expect(reading?.faults).toEqual([{ message: expect.stringMatching(expected) }]);
    expect(reading?.settings.size).toBe(0);
    expect(everythingIn(reading)).not.toContain('canary');
  });

  it('without usable mappings has none', async () => {
    const { read } = await start('mappings', '{"ServiceNowResourceTypeMappings":"canary-4711"}');
    expect(await readFileMappings(read)).toEqual({ mappings: new Map(), duplicates: new Set() });
  });

  it('in a container that is not there is no missing file', async () => {
    const files = filesIn(`${storage.blobUrl}/nowhere`);
    const read = makeReadSettings({ files, clock: manualClock(), maxAgeInMs: MAX_AGE_IN_MS });
    await expect(read(FILE)).rejects.toThrow(UnavailableError);
  });

  it('that cannot be reached is unavailable', async () => {
    const files = filesIn(`${await unreachableUrl()}/settings`);
    const read = makeReadSettings({ files, clock: manualClock(), maxAgeInMs: MAX_AGE_IN_MS });
    await expect(read(FILE)).rejects.toThrow(UnavailableError);
  });
});
