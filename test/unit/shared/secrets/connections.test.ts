import { describe, expect, it } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { makeConnections } from '../../../../shared/secrets/connections.ts';
import type { SettingSource, SourceReading } from '../../../../shared/secrets/setting-source.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';
import { manualClock } from '../manual-clock.ts';
import { recordingLog } from '../recording-log.ts';

const DAY_IN_MS = 86_400_000;

/** What a source has for any connection: settings, and whatever else is given. */
function reading(
  values: Readonly<Record<string, string>>,
  version = 'v1',
  more: Partial<SourceReading> = {},
): SourceReading {
  const settings = new Map(Object.entries(values).map(([setting, value]) => [setting, { value, version }]));
  return { settings, faults: [], warnings: [], ...more };
}
const file = reading(
  { Server: 'https://acme.service-now.com/api/now/table', Login: 'file-login', Password: 'file-S3cr3t' },
  'file1',
);
const vault = reading({ Password: 'vault-S3cr3t' }, 'vault1');

/** What a source gives: a reading for every connection, one by connection, or a failure. */
type Content = SourceReading | undefined | ((identifier: string) => SourceReading | undefined);

/** Connections from sources whose contents can be changed. */
function connectionsOf(...contents: Content[]) {
  const clock = manualClock();
  const log = recordingLog();
  const reads: string[] = [];
  const sources = contents.map(
    (_, index): SettingSource => ({
      name: async () => `source ${index}`,
      read: async (identifier) => {
        reads.push(`source ${index} ${identifier}`);
        const content = contents[index];
        return typeof content === 'function' ? content(identifier) : content;
      },
    }),
  );
  const connections = makeConnections({
    sources,
    versionOf: makeVersionOf(async () => Buffer.alloc(32, 7)),
    clock,
    maxAgeInMs: 60_000,
    stale: {
      maxAgeInMs: 8 * 3_600_000,
      retryEveryInMs: 30_000,
      helpOver: (error) => error instanceof UnavailableError,
    },
    warnBeforeEndInDays: 30,
    log,
  });
  const eventsOf = (event: string) => log.events.filter((entry) => entry.event === event);
  return { connections, clock, reads, contents, eventsOf };
}
const away = () => {
  throw new UnavailableError('The vault is away');
};

describe('makeConnections', () => {
  it('merges the sources per setting, a later one winning', async () => {
    const { connections } = connectionsOf(file, vault);
    expect(await connections.read('Help')).toMatchObject({
      identifier: 'Help',
      credentials: { kind: 'basic', login: 'file-login', password: 'vault-S3cr3t' },
    });
  });

  it('reads each source once, however many ask at once, and each way of asking', async () => {
    const { connections, reads } = connectionsOf(file, vault);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? connections.read('Help') : connections.inspect('Help'))),
    );
    expect(reads).toEqual(['source 0 Help', 'source 1 Help']);
    await Promise.all([connections.read('Help'), connections.read('Other')]);
    expect(reads.slice(2)).toEqual(['source 0 Other', 'source 1 Other']);
  });

  it('reads again what has become too old, or older than is asked for', async () => {
    const { connections, clock, reads } = connectionsOf(file);
    await connections.read('Help');
    clock.advance(59_999);
    await connections.read('Help');
    expect(reads).toHaveLength(1);
    await connections.read('Help', 100);
    expect(reads).toHaveLength(2);
    clock.advance(60_000);
    await connections.read('Help');
    expect(reads).toHaveLength(3);
  });

  it('keeps its version while nothing changes, and changes it with any setting’s version or source', async () => {
    const versionOf = async (...contents: SourceReading[]) =>
      (await connectionsOf(...contents).connections.read('Help')).version;
    const version = await versionOf(file, vault);
    expect(await versionOf(file, vault)).toBe(version);
    const { settings } = file;
    const others = await Promise.all([
      versionOf(file, reading({ Password: 'vault-S3cr3t' }, 'vault2')),
      versionOf(
        { ...file, settings: new Map([...settings, ['Login', { value: 'file-login', version: 'file2' }]]) },
        vault,
      ),
      versionOf(file),
      versionOf({ ...file, settings: new Map([...settings, ...vault.settings]) }),
      versionOf(file, reading({ Password: 'vault-S3cr3t', OAuth2Scope: 'x' }, 'vault1')),
    ]);
    expect(new Set([version, ...others]).size).toBe(6);
    expect(version).toMatch(/^[0-9a-f]+$/);
  });
});

describe('settings that are not usable', () => {
  it('hold a connection that nobody knows, and say where it was looked for', async () => {
    await expect(connectionsOf(reading({}), undefined, reading({})).connections.read('Help')).rejects.toMatchObject({
      name: 'HoldError',
      failure: { class: 'hold', scope: 'connection Help' },
      message: expect.stringMatching(/"Help" are not usable: expected settings in source 0, source 2, found none/),
    });
  });

  it('hold it with every fault and where its value came from, and no value', async () => {
    const { connections } = connectionsOf(
      reading({ Server: 'http://S3cr3t.acme.com/api/now/table' }),
      reading({ ResponseSizeLimit: 'S3cr3t', Password: 'S3cr3t' }, 'v1', {
        faults: [{ setting: 'Filter:0', message: 'Filter:0: expired' }],
      }),
    );
    const outcome = connections.read('Help');
    await expect(outcome).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'connection Help' },
      message: expect.stringMatching(
        /^The settings of connection "Help" are not usable: Filter:0: expired \(source 1\); Server: [^;]*\(source 0\); ResponseSizeLimit: [^;]*\(source 1\); Login: [^;]*\(looked in source 0, source 1\)$/,
      ),
    });
    await expect(outcome).rejects.not.toThrow('S3cr3t');
    const { settings, faults } = await connections.inspect('Help');
    expect(settings).toBeUndefined();
    expect(faults).toHaveLength(4);
  });

  it('of one connection stop no other', async () => {
    const { connections } = connectionsOf((identifier) => (identifier === 'Help' ? file : reading({ Login: 'x' })));
    const [help, other, again] = await Promise.allSettled(['Help', 'Other', 'Help'].map((id) => connections.read(id)));
    expect([help?.status, other?.status, again?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('are read again after ten seconds, for somebody may be putting them right', async () => {
    const { connections, clock, contents, reads } = connectionsOf(reading({}));
    await expect(connections.read('Help')).rejects.toThrow('found none');
    contents[0] = file;
    clock.advance(9_999);
    await expect(connections.read('Help')).rejects.toThrow('found none');
    expect(reads).toHaveLength(1);
    clock.advance(1);
    expect(await connections.read('Help')).toMatchObject({ credentials: { login: 'file-login' } });
  });

  it('list what is wrong with a source as a whole among the faults of every connection, and the other sources’ too', async () => {
    const { connections } = connectionsOf(
      reading({
        ...Object.fromEntries([...file.settings].map(([name, { value }]) => [name, value])),
        ResponseSizeLimit: 'many',
      }),
      () => {
        throw new HoldError('settings', 'Section CyberArk of appsettings.json is not usable');
      },
    );
    for (const identifier of ['Help', 'Other']) {
      const { settings, faults } = await connections.inspect(identifier);
      expect(settings).toBeUndefined();
      expect(faults).toEqual([
        'Section CyberArk of appsettings.json is not usable',
        expect.stringMatching(/^ResponseSizeLimit: .* \(source 0\)$/),
      ]);
    }
  });

  it('are the same where a source can not say its name for what is wrong with it', async () => {
    const source: SettingSource = {
      name: () => Promise.reject(new HoldError('settings', 'AzureKeyVault:Vault: expected a URL')),
      read: () => Promise.reject(new HoldError('settings', 'AzureKeyVault:Vault: expected a URL')),
    };
    const connections = makeConnections({
      sources: [source],
      versionOf: makeVersionOf(async () => Buffer.alloc(32)),
      clock: manualClock(),
      maxAgeInMs: 60_000,
      warnBeforeEndInDays: 30,
      log: recordingLog(),
    });
    await expect(connections.read('Help')).rejects.toThrow(
      /^The settings of connection "Help" are not usable: AzureKeyVault:Vault: expected a URL$/,
    );
  });

  it('are no answer to a mistake in the program, which is thrown as it is', async () => {
    const bug = new TypeError('Not foreseen');
    const { connections } = connectionsOf(file, () => {
      throw bug;
    });
    await expect(connections.inspect('Help')).rejects.toBe(bug);
  });
});

describe('a source that can not be reached', () => {
  it('is unavailable where the settings were never read, and asked again by the next who wants them', async () => {
    const { connections, contents } = connectionsOf(file, away);
    await expect(connections.read('Help')).rejects.toMatchObject({ failure: { class: 'transient' } });
    contents[1] = vault;
    expect(await connections.read('Help')).toMatchObject({ credentials: { password: 'vault-S3cr3t' } });
  });

  it('never lets a weaker source win', async () => {
    const { connections, contents, clock } = connectionsOf(file, vault);
    await connections.read('Help');
    contents[1] = away;
    clock.advance(60_000);
    expect(await connections.read('Help')).toMatchObject({ credentials: { password: 'vault-S3cr3t' } });
  });

  it('lets the last settings serve for a bounded time, with one event for each time it was asked', async () => {
    const { connections, contents, clock, eventsOf, reads } = connectionsOf(file, vault);
    await connections.read('Help');
    contents[1] = away;
    clock.advance(60_000);
    const served = await Promise.all(Array.from({ length: 50 }, () => connections.read('Help')));
    expect(new Set(served.map(({ version }) => version)).size).toBe(1);
    expect(reads).toHaveLength(4);
    expect(eventsOf('settings.stale')).toEqual([
      {
        level: 'warn',
        event: 'settings.stale',
        fields: { connection: 'Help', ageInSeconds: 60, reason: 'The vault is away' },
      },
    ]);
    clock.advance(29_999);
    await connections.read('Help');
    expect(eventsOf('settings.stale')).toHaveLength(1);
    clock.advance(8 * 3_600_000 - 89_999);
    await connections.read('Help');
    expect(eventsOf('settings.stale')).toHaveLength(2);
    clock.advance(1);
    await expect(connections.read('Help', 0)).rejects.toThrow('The vault is away');
    contents[1] = vault;
    expect(await connections.read('Help')).toMatchObject({ identifier: 'Help' });
  });

  it('keeps of what is served the time when it was read', async () => {
    const { connections, contents, clock } = connectionsOf(file, vault);
    const readAt = clock.now();
    await connections.read('Help');
    contents[1] = away;
    clock.advance(60_000);
    const { origins } = await connections.inspect('Help');
    expect(origins.map((origin) => origin.readAt)).toEqual([readAt, readAt, readAt]);
  });

  it('lets no old settings serve where a source is wrongly set up instead', async () => {
    const { connections, contents, clock } = connectionsOf(file, vault);
    await connections.read('Help');
    contents[1] = () => {
      throw new HoldError('settings', 'AzureKeyVault:Vault: expected a URL');
    };
    clock.advance(60_000);
    await expect(connections.read('Help')).rejects.toThrow('AzureKeyVault:Vault: expected a URL');
  });
});

describe('provenance', () => {
  it('is known of every setting: its source, when it was read, its version and what it overrides', async () => {
    const { connections, clock } = connectionsOf(file, vault);
    clock.advance(5_000);
    const readAt = clock.now();
    const { origins, identifier } = await connections.inspect('Help');
    expect(identifier).toBe('Help');
    expect(origins).toEqual([
      { setting: 'Server', source: 'source 0', version: 'file1', readAt, overridden: [] },
      { setting: 'Login', source: 'source 0', version: 'file1', readAt, overridden: [] },
      { setting: 'Password', source: 'source 1', version: 'vault1', readAt, overridden: ['source 0'] },
    ]);
  });

  it('is logged when it changes and not at every reading, by connection, and without a value', async () => {
    const { connections, contents, eventsOf } = connectionsOf(file, vault);
    for (const identifier of ['Help', 'Help', 'Other', 'Other']) await connections.read(identifier, 0);
    const logged = 'Server from source 0 file1; Login from source 0 file1; Password from source 1 vault1';
    expect(eventsOf('settings.read')).toEqual(
      ['Help', 'Other'].map((connection) => ({
        level: 'info',
        event: 'settings.read',
        fields: { connection, settings: logged },
      })),
    );
    const settings = new Map([['Password', { value: 'rotated-S3cr3t', version: undefined }]]);
    contents[1] = { ...vault, settings };
    await connections.read('Help', 0);
    expect(eventsOf('settings.read')[2]?.fields.settings).toMatch(/; Password from source 1$/);
    expect(JSON.stringify(eventsOf('settings.read'))).not.toMatch(/S3cr3t|file-login|acme/);
  });
});

describe('a warning', () => {
  it('is logged once, until the connection changes, and is in the report each time', async () => {
    const { connections, contents, eventsOf } = connectionsOf(reading({}, 'v1', { warnings: ['has "Servr"'] }), file);
    for (let index = 0; index < 3; index += 1)
      expect((await connections.inspect('Help', 0)).warnings).toEqual(['source 0: has "Servr"']);
    expect(eventsOf('settings.warning')).toEqual([
      { level: 'warn', event: 'settings.warning', fields: { connection: 'Help', reason: 'source 0: has "Servr"' } },
    ]);
    contents[0] = reading({}, 'v1', { warnings: ['has "Pasword"'] });
    await connections.inspect('Help', 0);
    expect(eventsOf('settings.warning').map(({ fields }) => fields.reason)).toEqual([
      'source 0: has "Servr"',
      'source 0: has "Pasword"',
    ]);
    contents[1] = reading({});
    await connections.inspect('Help', 0);
    expect(eventsOf('settings.warning')).toHaveLength(3);
    expect(eventsOf('settings.read')).toHaveLength(2);
  });
});

describe('the end of a secret or a certificate', () => {
  const endingIn = (days: number, what = 'secret a') =>
    reading({}, 'v1', { expiring: [{ what, expiresOn: new Date(manualClock().now().getTime() + days * DAY_IN_MS) }] });

  it('is warned of once a day, from thirty days before it on', async () => {
    const { connections, clock, eventsOf } = connectionsOf(file, endingIn(31));
    for (let day = 0; day < 4; day += 1) {
      for (let time = 0; time < 3; time += 1) await connections.read('Help', 0);
      clock.advance(DAY_IN_MS);
    }
    const fields = { connection: 'Help', what: 'secret a', expiresOn: '2026-12-24T10:00:00.000Z' };
    expect(eventsOf('secret.expiring')).toEqual(
      [29, 28].map((daysLeft) => ({ level: 'warn', event: 'secret.expiring', fields: { ...fields, daysLeft } })),
    );
  });

  it.each([
    [30, []],
    [29.99, [29]],
    [1, [1]],
    [0, [0]],
    [-0.5, [-1]],
  ])('that is %d days away is warned of with the days left: %j', async (days, expected) => {
    const { connections, eventsOf } = connectionsOf(file, endingIn(days));
    await connections.read('Help');
    expect(eventsOf('secret.expiring').map(({ fields }) => fields.daysLeft)).toEqual(expected);
  });

  it('is warned of for each thing and each connection, and for faulty ones too', async () => {
    const { connections, eventsOf } = connectionsOf(endingIn(1, 'secret a'), endingIn(2, 'certificate CN=b'));
    for (const identifier of ['Help', 'Other', 'Help']) await connections.inspect(identifier, 0);
    expect(eventsOf('secret.expiring').map(({ fields }) => `${fields.connection} ${fields.what}`)).toEqual([
      'Help secret a',
      'Help certificate CN=b',
      'Other secret a',
      'Other certificate CN=b',
    ]);
  });
});
