import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagedFiles, readKeyFile } from '../../../../shared/settings/settings-files.ts';
import { memorySettings } from './memory-settings.ts';

const root = await mkdtemp(join(tmpdir(), 'settings-files-'));
afterAll(() => rm(root, { recursive: true, force: true }));
const directory = join(root, 'wwwroot');
const share = join(root, 'wwwroot-share');
await Promise.all([directory, share].map((path) => mkdir(path)));
await Promise.all([
  writeFile(join(directory, 'appsettings.json'), '{}'),
  writeFile(join(directory, 'key.pfx'), 'key in the package'),
  writeFile(join(share, 'key.pfx'), 'key on the share'),
  writeFile(join(root, 'key.pfx'), 'key above'),
]);

const container = memorySettings({ 'key.pfx': 'key in the container', 'keys/key.pfx': 'key in a folder' }).files;
const inPackage = packagedFiles(directory);

async function textOf(files: typeof container, path: string): Promise<string> {
  const { bytes } = await readKeyFile(files, directory, path);
  return Buffer.from(bytes).toString('utf8');
}

describe('packagedFiles', () => {
  it('gives a file of the package, without a version, and nothing where there is none', async () => {
    const file = await inPackage.read('appsettings.json');
    expect(file && Buffer.from(file.bytes).toString('utf8')).toBe('{}');
    expect(file?.etag).toBeUndefined();
    expect(await inPackage.read('appsettings.agent.json')).toBeUndefined();
  });

  it('says so where a file is there and can not be read', async () => {
    await expect(packagedFiles(root).read('wwwroot')).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'settings' },
      message: 'Expected to read wwwroot in the package, got EISDIR',
    });
  });
});

describe('readKeyFile', () => {
  it.each([
    ['key.pfx', 'key in the container'],
    ['./key.pfx', 'key in the container'],
    ['keys/key.pfx', 'key in a folder'],
    ['.\\keys\\key.pfx', 'key in a folder'],
  ])('looks for %s beside the settings files in the container', async (path, text) => {
    expect(await textOf(container, path)).toBe(text);
  });

  it.each([
    ['a container', container],
    ['the package', inPackage],
  ])('reads an absolute path on a share, where the settings are in %s', async (_where, files) => {
    expect(await textOf(files, join(share, 'key.pfx'))).toBe('key on the share');
    expect(await textOf(files, join(root, 'key.pfx'))).toBe('key above');
  });

  it.each([
    ['by its name', inPackage, 'key.pfx'],
    ['by its name with a dot', inPackage, './key.pfx'],
    ['by its path', inPackage, join(directory, 'key.pfx')],
    ['by its path, the settings being elsewhere', container, join(directory, 'key.pfx')],
    ['by a path with detours', container, `${share}/../wwwroot/key.pfx`],
    ['as the package itself', inPackage, directory],
    ['as a file whose name begins with dots', inPackage, join(directory, '..key.pfx')],
  ])('never reads a key from the package: %s', async (_how, files, path) => {
    await expect(readKeyFile(files, directory, path)).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'settings' },
      message: expect.stringMatching(
        /^Expected private key .* outside of the package: put it into the container that APPSETTINGS_URL names, or use a Key Vault certificate$/,
      ),
    });
  });

  it('says where it looked for a key that is not there', async () => {
    await expect(readKeyFile(container, directory, 'none.pfx')).rejects.toThrow(
      'Expected private key none.pfx in https://store.example/settings, found none: put it there',
    );
    await expect(readKeyFile(container, directory, join(share, 'none.pfx'))).rejects.toThrow(
      /in a mounted share, found none: put it there$/,
    );
    await expect(readKeyFile(container, directory, share)).rejects.toThrow(/in a mounted share, got EISDIR$/);
  });
});
