import { describe, expect, it } from 'vitest';
import { makeAgentSettings } from '../../../shared/agent-settings.ts';
import { manualClock } from './manual-clock.ts';
import { memoryBlobs } from './memory-blobs.ts';

const settingsIn = (text: string | undefined) => {
  const files = memoryBlobs(text === undefined ? {} : { 'appsettings.agent.json': text });
  const clock = manualClock();
  return { files, clock, read: makeAgentSettings({ files, clock, maxAgeInMs: 1_000 }) };
};

describe('makeAgentSettings', () => {
  it('reads connections, as texts, and mappings, unread', async () => {
    const { read } = settingsIn(
      '\uFEFF{"Other":1,"Connections":{"Help":{"Server":"https://x","ResponseSizeLimit":500,"Nested":{"a":1}}},"ServiceNowResourceTypeMappings":{"SAP":{"Connection":5}}}',
    );
    const settings = await read();
    expect(settings.connections).toEqual(
      new Map([
        [
          'Help',
          new Map([
            ['Server', 'https://x'],
            ['ResponseSizeLimit', '500'],
          ]),
        ],
      ]),
    );
    expect(settings.mappings).toEqual(new Map([['SAP', { Connection: 5 }]]));
    expect(settings.version).not.toBe('');
  });

  it('takes a missing file for an empty one', async () => {
    expect(await settingsIn(undefined).read()).toEqual({ connections: new Map(), mappings: new Map(), version: '' });
  });

  it.each(['', '{', '[]', '{"Connections":[]}', '{"Connections":{"Help":"S3cr3t"}}', '"S3cr3t"'])(
    'holds every order while the file is %s, and repeats nothing of it',
    async (text) => {
      await expect(settingsIn(text).read()).rejects.toMatchObject({
        failure: { class: 'hold', scope: 'settings' },
        message: expect.stringMatching(/^(?=.*appsettings\.agent\.json)(?!.*S3cr3t)/),
      });
    },
  );

  it('sees a changed file when the old reading is old enough', async () => {
    const { files, clock, read } = settingsIn('{}');
    const before = await read();
    await files.write('appsettings.agent.json', '{"ServiceNowResourceTypeMappings":{"SAP":{}}}');
    expect((await read()).mappings.size).toBe(0);
    clock.advance(1_000);
    const after = await read();
    expect(after.mappings.size).toBe(1);
    expect(after.version).not.toBe(before.version);
  });
});
