import { describe, expect, it } from 'vitest';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { memorySettings } from '../settings/memory-settings.ts';

const FILE = 'appsettings.agent.json';
const content = { Connections: { Help: { Login: 'api', Servr: 'x', Password: ['S3cr3t'], ResponseSizeLimit: 500 } } };

describe('plainFileSource', () => {
  it('gives the settings of a connection with the version of the file, its faults and its warnings', async () => {
    const source = plainFileSource(memorySettings({ [FILE]: content }).readSettings);
    expect(await source.read('Help')).toEqual({
      settings: new Map([
        ['Login', { value: 'api', version: '"1"' }],
        ['ResponseSizeLimit', { value: '500', version: '"1"' }],
      ]),
      faults: [{ setting: 'Password', message: 'Password: expected a text, got a list' }],
      warnings: ['"Servr" is no setting of a connection; did you mean Server?'],
    });
    expect(await source.name()).toBe(FILE);
  });

  it('gives no version where the file is in the package, which keeps none', async () => {
    const source = plainFileSource(memorySettings({ [FILE]: content }, { isPackage: true }).readSettings);
    expect((await source.read('Help'))?.settings.get('Login')).toEqual({ value: 'api', version: undefined });
  });

  it('is no source where there is no such file, and one without settings where it does not know the connection', async () => {
    expect(await plainFileSource(memorySettings().readSettings).read('Help')).toBeUndefined();
    expect(await plainFileSource(memorySettings({ [FILE]: content }).readSettings).read('Other')).toEqual({
      settings: new Map(),
      faults: [],
      warnings: [],
    });
  });
});
