import { describe, expect, it } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { makeConnections } from '../../../../shared/secrets/connections.ts';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';
import { makeReadSettings } from '../../../../shared/settings/settings-document.ts';
import type { SettingsFiles } from '../../../../shared/settings/settings-files.ts';
import { manualClock } from '../../../unit/shared/manual-clock.ts';
import { recordingLog } from '../../../unit/shared/recording-log.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { secretNamesOf, startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const CANARY = 'canary-4711-secret';
const MAX_AGE_IN_MS = 300_000;
const DAY_IN_MS = 86_400_000;

/** Connections from a vault over a plain file, as the app has them; nothing helps over an outage. */
async function startConnections(file: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}) {
  const vault = await startVault();
  const clock = manualClock();
  const log = recordingLog();
  const bytes = Buffer.from(JSON.stringify({ Connections: file }));
  const files: SettingsFiles = {
    place: 'a container',
    isPackage: false,
    list: async () => [],
    read: async () => ({ bytes, etag: 'file-1' }),
  };
  const connections = makeConnections({
    sources: [
      plainFileSource(makeReadSettings({ files, clock, maxAgeInMs: MAX_AGE_IN_MS })),
      vault.source({ now: clock.now }),
    ],
    versionOf: makeVersionOf(async () => Buffer.alloc(32, 1)),
    clock,
    maxAgeInMs: MAX_AGE_IN_MS,
    warnBeforeEndInDays: 30,
    log,
  });
  return { vault, clock, log, connections, [Symbol.dispose]: vault[Symbol.dispose] };
}

const complete = {
  Server: 'https://x.service-now.com/api/now/table',
  Login: 'vault-login',
  Password: 'vault-password',
};
const secretsOfOne = secretNamesOf('Tickets').length;

describe('the settings of a connection', () => {
  it('come from the vault setting by setting, and else from the file', async () => {
    using started = await startConnections({
      Tickets: { ...complete, Login: 'file-login', Password: 'file-password', ResponseSizeLimit: '500' },
    });
    started.vault.setConnection('Tickets', { Password: 'vault-password', ConcurrencyLimit: '1' });
    const settings = await started.connections.read('Tickets');
    expect(settings).toMatchObject({
      credentials: { kind: 'basic', login: 'file-login', password: 'vault-password' },
      pageSize: 500,
      concurrencyLimit: 1,
    });
  });

  it('are read once per secret, however many ask at once, and then kept', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    const thousand = () => Promise.all(Array.from({ length: 1_000 }, () => started.connections.read('Tickets')));
    await thousand();
    await thousand();
    started.clock.advance(MAX_AGE_IN_MS - 1);
    await thousand();
    expect(started.vault.namesRead()).toEqual(secretNamesOf('Tickets'));
  });

  it('are read again when they are too old, and only by one', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    const first = await started.connections.read('Tickets');
    started.vault.setConnection('Tickets', { Password: 'rotated' });
    started.clock.advance(MAX_AGE_IN_MS);
    const [second] = await Promise.all(Array.from({ length: 100 }, () => started.connections.read('Tickets')));
    expect(second?.credentials).toMatchObject({ password: 'rotated' });
    expect(second?.version).not.toBe(first.version);
    expect(started.vault.namesRead().length).toBe(2 * secretsOfOne);
  });

  it('are read again for whoever wants them younger', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    await started.connections.read('Tickets');
    started.clock.advance(10_000);
    await started.connections.read('Tickets', 10_001);
    expect(started.vault.namesRead().length).toBe(secretsOfOne);
    await started.connections.read('Tickets', 10_000);
    expect(started.vault.namesRead().length).toBe(2 * secretsOfOne);
  });

  it('have the same version as long as nothing is set anew, and another even for the same value', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    const versionsNow = async () => {
      const { version, loginVersion } = await started.connections.read('Tickets', 0);
      return { version, loginVersion };
    };
    const first = await versionsNow();
    expect(await versionsNow()).toEqual(first);
    started.vault.setConnection('Tickets', { Password: complete.Password });
    const second = await versionsNow();
    expect(second.version).not.toBe(first.version);
    expect(second.loginVersion).not.toBe(first.loginVersion);
    started.vault.setConnection('Other', complete);
    expect(JSON.stringify([first, second])).not.toContain(complete.Password);
  });

  it('keep the version of their login while only something else is set anew', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    const first = await started.connections.read('Tickets');
    started.vault.setConnection('Tickets', { ConcurrencyLimit: '1' });
    const second = await started.connections.read('Tickets', 0);
    expect(second.version).not.toBe(first.version);
    expect(second.loginVersion).toBe(first.loginVersion);
  });

  it('are kept by connection', async () => {
    using started = await startConnections();
    started.vault.setConnection('A', complete);
    started.vault.setConnection('B', { ...complete, Login: 'b' });
    const [a, b] = await Promise.all([started.connections.read('A'), started.connections.read('B')]);
    expect([a.credentials, b.credentials]).toMatchObject([{ login: 'vault-login' }, { login: 'b' }]);
    expect(started.vault.namesRead()).toEqual([...secretNamesOf('A'), ...secretNamesOf('B')]);
  });

  it('are said where they come from, once for as long as nothing changes, and never with a value', async () => {
    using started = await startConnections({ Tickets: { Server: complete.Server, Password: CANARY } });
    started.vault.setConnection('Tickets', { Login: CANARY, Password: CANARY });
    await started.connections.read('Tickets');
    const { origins } = await started.connections.inspect('Tickets', 0);
    const vault = `Key Vault ${started.vault.url}`;
    const [file, readAt] = ['appsettings.agent.json', started.clock.now()];
    const version = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(origins).toEqual([
      { setting: 'Server', source: file, version: 'file-1', readAt, overridden: [] },
      { setting: 'Password', source: vault, version, readAt, overridden: [file] },
      { setting: 'Login', source: vault, version, readAt, overridden: [] },
    ]);
    expect(started.log.events).toEqual([
      {
        level: 'info',
        event: 'settings.read',
        fields: { connection: 'Tickets', settings: expect.stringContaining(`Password from ${vault} `) },
      },
    ]);
    expect(everythingIn([origins, started.log.events])).not.toContain(CANARY);
  });
});

describe('settings that cannot be used', () => {
  it('are told of all at once, with where they are from and without a value', async () => {
    using started = await startConnections({ Tickets: { ResponseSizeLimit: CANARY } });
    started.vault.setConnection('Tickets', { Server: `http://${CANARY}.example/api/now`, ConcurrencyLimit: CANARY });
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error).toMatchObject({ failure: { class: 'hold', scope: 'connection Tickets' } });
    for (const name of ['Server', 'ResponseSizeLimit', 'ConcurrencyLimit']) expect(error.message).toContain(`${name}:`);
    expect(error.message).toMatch(/ResponseSizeLimit: [^;]+ \(appsettings\.agent\.json\)/);
    expect(error.message).toMatch(/Server: [^;]+ \(Key Vault https:/);
    expect(everythingIn([error, started.log.events])).not.toContain(CANARY);
  });

  it('for an address has credentials in it name the setting alone', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', { ...complete, Server: `https://user:${CANARY}@x/api/now/table` });
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error.message).toContain('Server: expected a URL without a user name and a password in it');
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('for what is missing are told with where it was looked for', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', { Server: complete.Server, ClientId: 'id', OAuth2Url: 'https://x/oauth' });
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error.message).toContain(
      'ClientSecret: expected a value, got nothing: OAuth needs ClientId, ClientSecret and OAuth2Url, Basic none',
    );
    expect(error.message).toContain('Login: expected a user name, got nothing');
    expect(error.message).toContain('Password: expected a value, got nothing');
    expect(error.message).toContain(`(looked in appsettings.agent.json, Key Vault ${started.vault.url})`);
  });

  it('for an address is missing are told so', async () => {
    using started = await startConnections({ Tickets: { Login: 'a', Password: CANARY } });
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error.message).toContain(
      'Server: expected a URL, got nothing (looked in appsettings.agent.json, Key Vault ',
    );
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('for what was deleted are told with how to get it back', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', { ...complete, Password: CANARY });
    started.vault.delete('Connections--Tickets--Password');
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error.message).toMatch(
      /Password: expected a value, got nothing \(looked in [^)]+\); secret Connections--Tickets--Password of Key Vault \S+ is deleted and can be recovered until /,
    );
    expect(error.message).not.toMatch(/Login|Server/);
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('for there are none say where to put which', async () => {
    using started = await startConnections();
    const error = await thrownBy(started.connections.read('Nobody'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain(
      `The settings of connection "Nobody" are not usable: expected settings in appsettings.agent.json, Key Vault ${started.vault.url}, found none`,
    );
    expect(error.message).toContain('add at least Server, Login and Password');
  });

  it('are read anew ten seconds later, and not by everybody who asks until then', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', { Server: complete.Server });
    await thrownBy(started.connections.read('Tickets'));
    const asked = started.vault.requests.length;
    started.vault.setConnection('Tickets', complete);
    started.clock.advance(9_999);
    await thrownBy(started.connections.read('Tickets'));
    expect(started.vault.requests.length).toBe(asked);
    started.clock.advance(1);
    expect((await started.connections.read('Tickets')).credentials.kind).toBe('basic');
  });

  it.each([
    ['is disabled', { enabled: false }, 'it is disabled: enable it'],
    ['has expired', { exp: new Date('2026-11-22') }, 'expired on 2026-11-22'],
    ['is not valid yet', { nbf: new Date('2026-11-24') }, 'is not valid before 2026-11-24'],
  ])('for one %s stay so, though the file has it', async (_what, attributes, expected) => {
    using started = await startConnections({ Tickets: complete });
    started.vault.set('Connections--Tickets--Password', CANARY, attributes);
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain(expected);
    expect(everythingIn([error, started.log.events])).not.toContain(CANARY);
  });

  it('for the vault is away are never taken from the file alone', async () => {
    using started = await startConnections({ Tickets: complete });
    started.vault.respondWith(503);
    const reading = Array.from({ length: 50 }, () => started.connections.read('Tickets'));
    const outcomes = await Promise.all(reading.map(thrownBy));
    expect(outcomes.every((error) => error instanceof UnavailableError)).toBe(true);
    started.vault.respondWith(undefined);
    expect((await started.connections.read('Tickets')).identifier).toBe('Tickets');
  });

  it('do not stop those of another connection', async () => {
    using started = await startConnections({ Broken: { Server: 'ftp://x' }, Tickets: complete });
    started.vault.set('Connections--Broken--Password', CANARY, { enabled: false });
    const [broken, good] = await Promise.all([
      thrownBy(started.connections.read('Broken')),
      started.connections.read('Tickets'),
    ]);
    expect(broken).toBeInstanceOf(HoldError);
    expect(good.credentials).toMatchObject({ login: 'vault-login' });
  });
});

describe('settings that are fresh enough', () => {
  it('outlast an outage of the vault', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    await started.connections.read('Tickets');
    started.vault.respondWith(503);
    started.clock.advance(MAX_AGE_IN_MS - 1);
    expect((await started.connections.read('Tickets')).identifier).toBe('Tickets');
  });
});

describe('a secret that ends soon', () => {
  const endsIn = (days: number) => new Date(manualClock().now().getTime() + days * DAY_IN_MS);

  it('is warned of once a day, from 30 days before its end on', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    started.vault.set('Connections--Tickets--Password', CANARY, { exp: endsIn(31) });
    const warnings = async (aheadInMs: number) => {
      started.clock.advance(aheadInMs);
      await started.connections.read('Tickets', 0);
      return started.log.events.filter(({ event }) => event === 'secret.expiring');
    };
    expect(await warnings(0)).toEqual([]);
    expect(await warnings(DAY_IN_MS)).toEqual([]);
    const first = {
      level: 'warn',
      event: 'secret.expiring',
      fields: {
        connection: 'Tickets',
        what: 'secret Connections--Tickets--Password',
        daysLeft: 29,
        expiresOn: endsIn(31).toISOString(),
      },
    };
    expect(await warnings(1)).toEqual([first]);
    expect(await warnings(MAX_AGE_IN_MS)).toEqual([first]);
    const second = { ...first, fields: { ...first.fields, daysLeft: 28 } };
    expect(await warnings(DAY_IN_MS)).toEqual([first, second]);
    expect(everythingIn(started.log.events)).not.toContain(CANARY);
  });

  it('is an error from its end on, and not before', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    started.vault.set('Connections--Tickets--Password', 'ending', { exp: endsIn(1) });
    started.clock.advance(DAY_IN_MS - 1);
    expect((await started.connections.read('Tickets')).credentials).toMatchObject({ password: 'ending' });
    started.clock.advance(MAX_AGE_IN_MS);
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error.message).toContain('Password: secret Connections--Tickets--Password expired on 2026-11-24');
    started.vault.set('Connections--Tickets--Password', 'renewed', { exp: endsIn(60) });
    started.clock.advance(MAX_AGE_IN_MS);
    expect((await started.connections.read('Tickets')).credentials).toMatchObject({ password: 'renewed' });
  });
});
