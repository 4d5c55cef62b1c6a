import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECRET_SETTINGS, SETTING_NAMES } from '../../../../shared/secrets/setting-names.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';

const KEY = Buffer.alloc(32, 7);
const noKey = makeVersionOf(() => Promise.reject(new Error('Expected nobody to ask for the key')));
const versionOf = makeVersionOf(async () => KEY);
const unversioned = (value: string) => ({ value, version: undefined });

describe('the version of a setting', () => {
  it('is the one of its source, for which nobody asks for the key', async () => {
    for (const name of SETTING_NAMES) expect(await noKey(name, { value: 'S3cr3t', version: 'v7' })).toBe('v7');
    expect(await noKey('Password', { value: 'S3cr3t', version: '' })).toBe('');
  });

  it('is made without the key where the value is no secret', async () => {
    const open = SETTING_NAMES.filter((name) => !SECRET_SETTINGS.includes(name));
    for (const name of [...open, 'Filter:0']) expect(await noKey(name, unversioned('x'))).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(SECRET_SETTINGS)('is made with the key where the value is a %s', async (name) => {
    await expect(noKey(name, unversioned('S3cr3t'))).rejects.toThrow('Expected nobody to ask');
    const other = makeVersionOf(async () => Buffer.alloc(32, 8));
    expect(await versionOf(name, unversioned('S3cr3t'))).toMatch(/^[0-9a-f]{32}$/);
    expect(await other(name, unversioned('S3cr3t'))).not.toBe(await versionOf(name, unversioned('S3cr3t')));
  });

  it('asks for the key for every secret, and for nothing else', async () => {
    let asked = 0;
    const counting = makeVersionOf(async () => {
      asked += 1;
      return KEY;
    });
    for (const name of SETTING_NAMES) await counting(name, unversioned('x'));
    expect(asked).toBe(SECRET_SETTINGS.length);
  });

  it('changes if the value does, and only then', async () => {
    const names = fc.constantFrom(...SETTING_NAMES);
    await fc.assert(
      fc.asyncProperty(names, fc.string(), fc.string(), async (name, one, other) => {
        const [first, second] = [await versionOf(name, unversioned(one)), await versionOf(name, unversioned(other))];
        expect(first === second).toBe(one === other);
        expect(await versionOf(name, unversioned(one))).toBe(first);
      }),
    );
  });

  it('tells nobody without the key whether a guess was right', async () => {
    const secret = 'S3cr3t';
    const version = await versionOf('Password', unversioned(secret));
    for (const text of [secret, `Password\n${secret}`])
      for (const hash of ['sha1', 'sha256', 'sha512', 'md5'])
        for (const encoding of ['hex', 'base64', 'base64url'] as const)
          for (const guess of [createHash(hash), createHmac(hash, ''), createHmac(hash, 'Password')])
            expect(guess.update(text).digest(encoding)).not.toContain(version);
    expect(await versionOf('ClientSecret', unversioned(secret))).not.toBe(version);
  });

  it('fails where the key can not be read: a version without it would tell', async () => {
    const away = makeVersionOf(() => Promise.reject(new Error('The table is away')));
    await expect(away('Password', unversioned('S3cr3t'))).rejects.toThrow('The table is away');
  });
});
