import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSettings, type ReadSource } from '../../../../shared/secrets/merge-settings.ts';
import { LOGIN_SETTINGS, SECRET_SETTINGS, SETTING_NAMES } from '../../../../shared/secrets/setting-names.ts';
import type { SettingFault } from '../../../../shared/secrets/setting-source.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';

const READ_AT = new Date('2026-11-23T10:00:00.000Z');
const SERVER = 'https://acme.service-now.com/api/now/table';
const complete = { Server: SERVER, Login: 'api', Password: 'S3cr3t' };
/** The sources in the order of the app: the plain file is the weakest. */
const ORDER = ['plain file', 'encrypted file', 'Key Vault', 'CyberArk'];
const versionOf = makeVersionOf(async () => Buffer.alloc(32, 7));

interface Content {
  readonly values?: Readonly<Record<string, string>>;
  /** The version of every value; none by default. */
  readonly version?: string;
  readonly faults?: readonly SettingFault[];
  readonly warnings?: readonly string[];
  readonly gone?: (identifier: string, setting: string) => string | undefined;
}

/** What a source of that name says; `undefined` where it is not configured. */
function sourceOf(name: string, content: Content | undefined): ReadSource {
  const { values = {}, version, faults = [], warnings = [], gone } = content ?? {};
  const settings = new Map(Object.entries(values).map(([setting, value]) => [setting, { value, version }]));
  return {
    source: gone ? { explainMissing: async (identifier, setting) => gone(identifier, setting) } : {},
    name,
    reading: content && { settings, faults, warnings },
  };
}

const merge = (...contents: readonly (Content | undefined)[]) =>
  mergeSettings(
    contents.map((content, index) => sourceOf(ORDER[index] ?? '', content)),
    'Help',
    versionOf,
    READ_AT,
  );
const settingsOf = async (...contents: readonly (Content | undefined)[]) => {
  const { settings, faults } = await merge(...contents);
  if (!settings) throw new Error(faults.join('; '));
  return settings;
};

describe('a merge', () => {
  it('takes each setting from the strongest source that has it: CyberArk, Key Vault, encrypted file, plain file', async () => {
    const { settings, faults, warnings, origins } = await merge(
      { values: { ...complete, ResponseSizeLimit: '100', OAuth2Scope: 'plain', ConcurrencyLimit: '1' } },
      { values: { Password: 'encrypted', ResponseSizeLimit: '200', OAuth2Scope: 'encrypted' } },
      { values: { Password: 'vault', ResponseSizeLimit: '300' } },
      { values: { Password: 'cyberark' } },
    );
    expect(settings).toMatchObject({
      identifier: 'Help',
      server: SERVER,
      credentials: { login: 'api', password: 'cyberark' },
      pageSize: 300,
      concurrencyLimit: 1,
    });
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
    expect(Object.fromEntries(origins.map(({ setting, source }) => [setting, source]))).toEqual({
      Server: 'plain file',
      Login: 'plain file',
      ConcurrencyLimit: 'plain file',
      OAuth2Scope: 'encrypted file',
      ResponseSizeLimit: 'Key Vault',
      Password: 'CyberArk',
    });
  });

  it('takes the last source that has a setting, whichever of the sources have it and are configured', async () => {
    const contents = fc.array(fc.option(fc.subarray([...SETTING_NAMES])), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(contents, async (sources) => {
        const { origins } = await merge(
          ...sources.map((names) => (names ? { values: Object.fromEntries(names.map((n) => [n, 'x'])) } : undefined)),
        );
        for (const name of SETTING_NAMES) {
          const having = ORDER.filter((_, index) => sources[index]?.includes(name));
          const origin = origins.find(({ setting }) => setting === name);
          expect(origin?.source).toBe(having.at(-1));
          expect(origin?.overridden ?? []).toEqual(having.slice(0, -1));
        }
      }),
    );
  });

  it('says of each setting which source won, when it was read, which version it has, and which sources have it too', async () => {
    const { origins } = await merge(
      { values: { ...complete }, version: '"etag-1"' },
      { values: { Password: 'S3cr3t2' }, version: 'cipher-1' },
      undefined,
      { values: { Password: 'S3cr3t3' } },
    );
    expect(origins).toEqual([
      { setting: 'Server', source: 'plain file', version: '"etag-1"', readAt: READ_AT, overridden: [] },
      { setting: 'Login', source: 'plain file', version: '"etag-1"', readAt: READ_AT, overridden: [] },
      {
        setting: 'Password',
        source: 'CyberArk',
        version: undefined,
        readAt: READ_AT,
        overridden: ['plain file', 'encrypted file'],
      },
    ]);
  });

  it('tells nothing of a secret, not even its length: all it says is the same for any other', async () => {
    const secret = fc.string({ minLength: 1, maxLength: 60 });
    const told = async (password: string, clientSecret: string) => {
      const { settings, ...rest } = await merge(
        { values: { ...complete, Password: password }, version: '"etag-1"' },
        { values: { ClientId: 'id', ClientSecret: clientSecret, OAuth2Url: 'https://x/oauth' } },
        {
          values: { Password: `${password}!` },
          faults: [{ setting: 'ClientSecret', message: 'ClientSecret: expired' }],
        },
        { values: { Password: password }, warnings: ['something else'] },
      );
      return { rest, isUsable: settings !== undefined };
    };
    const expected = await told('x', 'y');
    expect(expected.rest.faults).toHaveLength(1);
    await fc.assert(
      fc.asyncProperty(secret, secret, async (password, clientSecret) => {
        expect(await told(password, clientSecret)).toEqual(expected);
      }),
    );
  });

  it('tells nothing of values that are not usable, in whatever setting they are', async () => {
    // Neither a number nor an address of a server, and no letters that the sentences are made of.
    const unusable = fc.array(fc.constantFrom('Ж', 'Щ', 'Ю'), { minLength: 1 }).map((letters) => letters.join(''));
    const told = async (value: string) => {
      const values = Object.fromEntries(SETTING_NAMES.map((name) => [name, value]));
      const { settings, ...rest } = await merge({ values }, undefined, { values });
      expect(settings).toBeUndefined();
      return rest;
    };
    const expected = await told('Ж');
    expect(expected.faults.length).toBeGreaterThan(4);
    expect(JSON.stringify(expected)).not.toContain('Ж');
    await fc.assert(
      fc.asyncProperty(unusable, async (value) => {
        expect(await told(value)).toEqual(expected);
      }),
    );
  });
});

describe('a list', () => {
  it('is put together from its items in the order of their indices, each from the strongest source that has it', async () => {
    const items = Object.fromEntries([10, 2, 0, 1].map((index) => [`Filter:${index}`, `plain${index}`]));
    const { settings, origins } = await merge({ values: { ...complete, ...items } }, undefined, {
      values: { 'Filter:1': 'vault1', 'Filter:3': 'vault3' },
    });
    expect(settings?.filters).toEqual(['plain0', 'vault1', 'plain2', 'vault3', 'plain10']);
    expect(origins.find(({ setting }) => setting === 'Filter:1')).toMatchObject({
      source: 'Key Vault',
      overridden: ['plain file'],
    });
  });

  it('has the one without an index first', async () => {
    const values = { 'Filter:0': 'zero', Filter: 'alone', ...complete };
    expect((await settingsOf({ values })).filters).toEqual(['alone', 'zero']);
  });
});

describe('a fault', () => {
  it('of a weaker source is a warning where a stronger one has the setting, and says whose value counts', async () => {
    const fault = { setting: 'Password', message: 'Password: expired' };
    const { settings, faults, warnings } = await merge(
      { values: { Server: SERVER, Login: 'api' }, faults: [fault] },
      undefined,
      { values: { Password: 'vault' } },
    );
    expect(settings).toMatchObject({ credentials: { password: 'vault' } });
    expect({ faults, warnings }).toEqual({
      faults: [],
      warnings: ['Password: expired (plain file); the value of Key Vault counts'],
    });
  });

  it('of a stronger source is one, though a weaker one has the setting', async () => {
    const fault = { setting: 'Password', message: 'Password: disabled' };
    const { settings, faults, warnings } = await merge({ values: complete }, undefined, { faults: [fault] });
    expect(settings).toBeUndefined();
    expect({ faults, warnings }).toEqual({ faults: ['Password: disabled (Key Vault)'], warnings: [] });
  });

  it('of a source is one, though the same source has the setting too', async () => {
    const fault = { setting: 'Login', message: 'Login: expected once' };
    const { settings, faults } = await merge({ values: complete, faults: [fault] });
    expect({ settings, faults }).toEqual({ settings: undefined, faults: ['Login: expected once (plain file)'] });
  });

  it('about no setting stays one, whatever the other sources have', async () => {
    const fault = { message: 'expected the connection once' };
    const { settings, faults } = await merge({ faults: [fault] }, { values: complete }, { values: complete });
    expect({ settings, faults }).toEqual({
      settings: undefined,
      faults: ['expected the connection once (plain file)'],
    });
  });

  it('of a source without a name is told as it is', async () => {
    const read = [
      sourceOf('', { faults: [{ message: 'The vault is not usable' }] }),
      sourceOf('file', { values: complete }),
    ];
    expect(await mergeSettings(read, 'Help', versionOf, READ_AT)).toMatchObject({
      settings: undefined,
      faults: ['The vault is not usable'],
    });
  });

  it('of an unusable value that a stronger source covers is none', async () => {
    const { faults, warnings } = await merge(
      { values: { ...complete, Server: 'http://S3cr3t', ResponseSizeLimit: 'S3cr3t' } },
      { values: { Server: SERVER } },
      { values: { ResponseSizeLimit: '5' } },
    );
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
  });

  it('is told with all the others at once, each with its setting and its source', async () => {
    const { settings, faults } = await merge(
      {
        values: { Server: 'http://acme', ResponseSizeLimit: 'many' },
        faults: [{ setting: 'Login', message: 'Login: a list' }],
      },
      { values: { ConcurrencyLimit: '0' }, faults: [{ setting: 'OAuth2Scope', message: 'OAuth2Scope: altered' }] },
      { values: { GrantType: 'S3cr3t' }, faults: [{ setting: 'Filter:0', message: 'Filter:0: expired' }] },
      { values: { ClientId: 'client' } },
    );
    expect(settings).toBeUndefined();
    expect(faults).toHaveLength(11);
    for (const [setting, source] of [
      ['Server', 'plain file'],
      ['ResponseSizeLimit', 'plain file'],
      ['Login', 'plain file'],
      ['ConcurrencyLimit', 'encrypted file'],
      ['OAuth2Scope', 'encrypted file'],
      ['GrantType', 'Key Vault'],
      ['Filter:0', 'Key Vault'],
    ])
      expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${setting}: .* \\(${source}\\)$`)));
    for (const missing of ['ClientSecret', 'OAuth2Url', 'Password'])
      expect(faults).toContainEqual(
        expect.stringMatching(new RegExp(`^${missing}: .* \\(looked in ${ORDER.join(', ')}\\)$`)),
      );
    expect(faults.join()).not.toContain('S3cr3t');
  });

  it('is told once where a source could not give what is missing', async () => {
    const fault = { setting: 'Password', message: 'Password: secret is disabled' };
    const { faults } = await merge({ values: { Server: SERVER, Login: 'api' } }, undefined, { faults: [fault] });
    expect(faults).toEqual(['Password: secret is disabled (Key Vault)']);
  });
});

describe('what is missing', () => {
  it('is told with the configured sources alone, and with where it has gone where a source knows', async () => {
    const asked: string[] = [];
    const gone = (identifier: string, setting: string) => {
      asked.push(`${identifier} ${setting}`);
      return setting === 'Password' ? 'its secret is deleted: recover it' : undefined;
    };
    const { faults } = await merge({ values: { Server: SERVER } }, undefined, { gone });
    expect(faults).toEqual([
      'Login: expected a user name, got nothing (looked in plain file, Key Vault)',
      'Password: expected a value, got nothing (looked in plain file, Key Vault); its secret is deleted: recover it',
    ]);
    expect(asked).toEqual(['Help Login', 'Help Password']);
  });

  it('is not asked for where nothing is missing', async () => {
    const gone = () => {
      throw new Error('Expected nobody to ask');
    };
    expect((await merge({ values: complete, gone })).faults).toEqual([]);
  });

  it('leaves out of the sources those that could not say their name', async () => {
    const read = [sourceOf('file', { values: { Server: SERVER, Login: 'api' } }), sourceOf('', { faults: [] })];
    const { faults } = await mergeSettings(read, 'Help', versionOf, READ_AT);
    expect(faults).toEqual(['Password: expected a value, got nothing (looked in file)']);
  });

  it('is the whole connection where no source knows it: that is said once, with what to add', async () => {
    expect((await merge({}, undefined, {})).faults).toEqual([
      'expected settings in plain file, Key Vault, found none: add at least Server, Login and Password',
    ]);
    expect((await merge(undefined)).faults).toEqual([
      'expected settings in any source: none is configured, found none: add at least Server, Login and Password',
    ]);
    expect((await merge({ faults: [{ message: 'expected once' }] })).faults).toEqual(['expected once (plain file)']);
  });

  it('goes with the warnings of the sources, each with its source', async () => {
    expect(await merge({ warnings: ['one', 'two'] }, { warnings: ['three'] })).toMatchObject({
      warnings: ['plain file: one', 'plain file: two', 'encrypted file: three'],
    });
  });
});

describe('the versions of a connection', () => {
  const versionsOf = async (...contents: readonly (Content | undefined)[]) => {
    const { version, loginVersion } = await settingsOf(...contents);
    return { version, loginVersion };
  };
  const others = { ResponseSizeLimit: '5', 'Filter:0': 'a#b=c', TicketCookieDirectoryPath: 'x' };

  it('stay while nothing changes, in whatever order the settings come', async () => {
    const first = await versionsOf({ values: { ...complete, ...others } });
    expect(await versionsOf({ values: { ...others, ...complete } })).toEqual(first);
    expect(first.version).toMatch(/^[0-9a-f]{32}$/);
    expect(first.loginVersion).toMatch(/^[0-9a-f]{32}$/);
    expect(first.version).not.toBe(first.loginVersion);
  });

  it.each(Object.keys(others))('change for %s in all but what decides who signs in', async (name) => {
    const first = await versionsOf({ values: { ...complete, ...others } });
    const second = await versionsOf({ values: { ...complete, ...others, [name]: '6' } });
    expect(second.version).not.toBe(first.version);
    expect(second.loginVersion).toBe(first.loginVersion);
  });

  it.each(LOGIN_SETTINGS)('change both where %s does', async (name) => {
    const oauth = {
      ClientId: 'id',
      ClientSecret: 's',
      OAuth2Url: 'https://x/oauth',
      OAuth2Scope: 'a',
      GrantType: 'password',
    };
    const changed: Readonly<Record<string, string>> = {
      Server: 'https://other.service-now.com/api/now/table',
      OAuth2Url: 'https://y/oauth',
      GrantType: 'client_credentials',
    };
    const first = await versionsOf({ values: { ...complete, ...oauth } });
    const second = await versionsOf({ values: { ...complete, ...oauth, [name]: changed[name] ?? 'changed' } });
    expect(second.version).not.toBe(first.version);
    expect(second.loginVersion).not.toBe(first.loginVersion);
  });

  it('change with the version or the source of a setting, though its value stays', async () => {
    const all = await Promise.all([
      versionsOf({ values: complete }),
      versionsOf({ values: complete, version: '1' }),
      versionsOf({ values: complete, version: '2' }),
      versionsOf(undefined, { values: complete, version: '2' }),
      versionsOf({ values: complete, version: '2' }, { values: { Password: 'S3cr3t' }, version: '2' }),
    ]);
    expect(new Set(all.map(({ version }) => version)).size).toBe(5);
    expect(new Set(all.map(({ loginVersion }) => loginVersion)).size).toBe(5);
  });

  it('do not change with what a stronger source covers', async () => {
    const above = { values: { Password: 'above' }, version: '7' };
    expect(await versionsOf({ values: complete }, above)).toEqual(
      await versionsOf({ values: { ...complete, Password: 'below' } }, above),
    );
  });

  it('need no key where every secret has a version of its own', async () => {
    const noKey = makeVersionOf(() => Promise.reject(new Error('Expected nobody to ask for the key')));
    const read = [
      sourceOf('package', { values: complete }),
      sourceOf('vault', { values: Object.fromEntries(SECRET_SETTINGS.map((name) => [name, 'x'])), version: '1' }),
    ];
    const { faults } = await mergeSettings(read, 'Help', noKey, READ_AT);
    expect(faults).toEqual([expect.stringMatching(/^ClientId: /), expect.stringMatching(/^OAuth2Url: /)]);
  });
});
