import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { makeReadSettings } from '../../../../shared/settings/settings-document.ts';
import { manualClock } from '../manual-clock.ts';
import { memorySettings } from './memory-settings.ts';

const FILE = 'appsettings.agent.json';

describe('makeReadSettings', () => {
  it('gives a file with its name, its version and its sections', async () => {
    const { readSettings } = memorySettings({ [FILE]: { Connections: { Help: {} } } });
    const document = await readSettings(FILE);
    expect(document).toMatchObject({ name: FILE, version: '"1"' });
    expect(document?.section('Connections')?.data).toEqual({ Help: {} });
    expect(document?.section('Other')).toBeUndefined();
  });

  it('gives a file of the package no version', async () => {
    const { readSettings } = memorySettings({ [FILE]: {} }, { isPackage: true });
    expect(await readSettings(FILE)).toMatchObject({ name: FILE, version: undefined });
  });

  it('gives nothing where there is no file, and what is put there later', async () => {
    const { readSettings, clock, write } = memorySettings();
    expect(await readSettings(FILE)).toBeUndefined();
    write(FILE, {});
    clock.advance(1_000);
    expect(await readSettings(FILE)).toMatchObject({ name: FILE });
  });

  it('reads each file once, however many ask, until it is too old for the one who asks', async () => {
    const { readSettings, clock, reads } = memorySettings({ [FILE]: {} });
    await Promise.all([...Array.from({ length: 20 }, () => readSettings(FILE)), readSettings('appsettings.json')]);
    expect(reads).toEqual([FILE, 'appsettings.json']);
    clock.advance(999);
    await readSettings(FILE);
    expect(reads).toHaveLength(2);
    await readSettings(FILE, 999);
    expect(reads).toHaveLength(3);
  });

  it('sees a changed file when the old reading is old enough', async () => {
    const { readSettings, clock, write } = memorySettings({ [FILE]: {} });
    const before = await readSettings(FILE);
    write(FILE, { ServiceNowResourceTypeMappings: { SAP: {} } });
    expect((await readSettings(FILE))?.section('ServiceNowResourceTypeMappings')).toBeUndefined();
    clock.advance(1_000);
    const after = await readSettings(FILE);
    expect(after?.section('ServiceNowResourceTypeMappings')?.members).toHaveLength(1);
    expect(after?.version).not.toBe(before?.version);
  });

  it.each(['', '{', '[]', '"S3cr3t"', '{"Connections":"S3cr3t"', '{"S3cr3t":1,"Connections":{},"connections":{}}'])(
    'holds every order while the file is %s, says where it is and repeats no value, and reads it anew at once',
    async (text) => {
      const { readSettings, write } = memorySettings({ [FILE]: text });
      await expect(readSettings(FILE)).rejects.toMatchObject({
        name: 'HoldError',
        failure: { class: 'hold', scope: 'settings' },
        message: expect.stringMatching(
          /^appsettings\.agent\.json \(in https:\/\/store\.example\/settings\) is not usable, every order waits until it is: (?!.*S3cr3t)/,
        ),
      });
      write(FILE, {});
      expect(await readSettings(FILE)).toMatchObject({ name: FILE });
    },
  );

  it('takes what was read in the last seconds for whoever gives an age, but for nobody who wants it younger', async () => {
    const { files, reads } = memorySettings({ [FILE]: {} });
    const clock = manualClock();
    const readSettings = makeReadSettings({ files, clock, maxAgeInMs: 300_000 });
    await readSettings(FILE, 0);
    clock.advance(9_999);
    await readSettings(FILE);
    expect(reads).toHaveLength(1);
    await readSettings(FILE, 5_000);
    expect(reads).toHaveLength(2);
    await readSettings(FILE, 0);
    expect(reads).toHaveLength(3);
  });

  it('takes nothing older than some seconds from what was read for others, so that ages do not add up', async () => {
    const { files, reads } = memorySettings({ [FILE]: {} });
    const clock = manualClock();
    const readSettings = makeReadSettings({ files, clock, maxAgeInMs: 300_000 });
    await readSettings(FILE, 0);
    clock.advance(10_000);
    await readSettings(FILE);
    expect(reads).toHaveLength(2);
  });

  it('gives the last reading while the place is away to whoever gives no age, for as long as it may', async () => {
    const { files, write } = memorySettings({ [FILE]: {} });
    const clock = manualClock();
    const place = { isAway: false };
    const readSettings = makeReadSettings({
      files: {
        ...files,
        read: async (name) => {
          if (place.isAway) throw new UnavailableError('The place is away');
          return files.read(name);
        },
      },
      clock,
      maxAgeInMs: 1_000,
      stale: {
        maxAgeInMs: 10_000,
        retryEveryInMs: 500,
        helpOver: (error) => error instanceof UnavailableError,
      },
    });
    await readSettings(FILE);
    place.isAway = true;
    clock.advance(10_000);
    expect(await readSettings(FILE)).toMatchObject({ version: '"1"' });
    await expect(readSettings(FILE, 1_000)).rejects.toThrow('The place is away');
    await expect(readSettings('appsettings.json')).rejects.toThrow('The place is away');
    clock.advance(1);
    await expect(readSettings(FILE)).rejects.toThrow('The place is away');
    place.isAway = false;
    write(FILE, '{');
    await expect(readSettings(FILE)).rejects.toThrow('is not usable');
  });
});
