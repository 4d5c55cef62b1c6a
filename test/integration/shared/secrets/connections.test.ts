import { describe, expect, it } from 'vitest';
import { makeAgentSettings, type SettingsFiles } from '../../../../shared/agent-settings.ts';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { SETTING_NAMES } from '../../../../shared/secrets/connection-settings.ts';
import { makeConnections } from '../../../../shared/secrets/connections.ts';
import { keyVaultSource } from '../../../../shared/secrets/key-vault.ts';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { manualClock } from '../../../unit/shared/manual-clock.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const CANARY = 'canary-4711-secret';
const MAX_AGE_IN_MS = 300_000;

/** Connections from a vault over a plain file, as the app has them. */
async function startConnections(file: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}) {
  const vault = await startVault();
  const clock = manualClock();
  const text = JSON.stringify({ Connections: file });
  const files: SettingsFiles = { read: async () => ({ text, etag: 'file-1' }) };
  const connections = makeConnections({
    sources: [
      plainFileSource(makeAgentSettings({ files, clock, maxAgeInMs: MAX_AGE_IN_MS })),
      keyVaultSource(vault.url, vault.loadCredential),
    ],
    clock,
    maxAgeInMs: MAX_AGE_IN_MS,
  });
  return { vault, clock, connections, [Symbol.dispose]: vault[Symbol.dispose] };
}

const complete = {
  Server: 'https://x.service-now.com/api/now/table',
  Login: 'vault-login',
  Password: 'vault-password',
};

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
    expect(started.vault.namesRead()).toEqual(SETTING_NAMES.map((name) => `Connections--Tickets--${name}`).toSorted());
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
    expect(started.vault.namesRead().length).toBe(2 * SETTING_NAMES.length);
  });

  it('are read again for whoever wants them younger', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    await started.connections.read('Tickets');
    started.clock.advance(10_000);
    await started.connections.read('Tickets', 10_001);
    expect(started.vault.namesRead().length).toBe(SETTING_NAMES.length);
    await started.connections.read('Tickets', 10_000);
    expect(started.vault.namesRead().length).toBe(2 * SETTING_NAMES.length);
  });

  it('have the same version as long as nothing is set anew, and another even for the same value', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', complete);
    const versionNow = async () => (await started.connections.read('Tickets', 0)).version;
    const first = await versionNow();
    expect(await versionNow()).toBe(first);
    started.vault.setConnection('Tickets', { Password: complete.Password });
    expect(await versionNow()).not.toBe(first);
    started.vault.setConnection('Other', complete);
    expect(first).not.toContain(complete.Password);
  });

  it('are kept by connection', async () => {
    using started = await startConnections();
    started.vault.setConnection('A', complete);
    started.vault.setConnection('B', { ...complete, Login: 'b' });
    const [a, b] = await Promise.all([started.connections.read('A'), started.connections.read('B')]);
    expect([a.credentials, b.credentials]).toMatchObject([{ login: 'vault-login' }, { login: 'b' }]);
    expect(new Set(started.vault.namesRead()).size).toBe(2 * SETTING_NAMES.length);
  });
});

describe('settings that cannot be used', () => {
  it('are told of all at once, with where they are from and without a value', async () => {
    using started = await startConnections({ Tickets: { ResponseSizeLimit: CANARY } });
    started.vault.setConnection('Tickets', { Server: `http://${CANARY}.example/api/now`, ConcurrencyLimit: CANARY });
    const error = await thrownBy(started.connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    for (const name of ['Server', 'ResponseSizeLimit', 'ConcurrencyLimit']) expect(error.message).toContain(`${name}:`);
    expect(error.message).toMatch(/ResponseSizeLimit: [^;]+ \(from appsettings\.agent\.json\)/);
    expect(error.message).toMatch(/Server: [^;]+ \(from Key Vault /);
    expect(everythingIn(error)).not.toContain(CANARY);
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
    expect(error.message).toContain('ClientId, ClientSecret, OAuth2Url: expected all three (OAuth) or none (Basic)');
    expect(error.message).toContain('Login: expected a user name, got nothing');
    expect(error.message).toContain('Password: expected a value, got nothing');
    expect(error.message).toContain(`(looked in appsettings.agent.json, Key Vault ${started.vault.url})`);
  });

  it('for there are none say where to put which', async () => {
    using started = await startConnections();
    const error = await thrownBy(started.connections.read('Nobody'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain('Expected settings of connection "Nobody" in appsettings.agent.json, Key Vault');
    expect(error.message).toContain('add at least Server, Login and Password');
  });

  it('are read anew by the next who asks', async () => {
    using started = await startConnections();
    started.vault.setConnection('Tickets', { Server: complete.Server });
    await thrownBy(started.connections.read('Tickets'));
    started.vault.setConnection('Tickets', complete);
    expect((await started.connections.read('Tickets')).credentials.kind).toBe('basic');
  });

  it('for one is disabled stay so, though the file has it', async () => {
    using started = await startConnections({ Tickets: complete });
    started.vault.set('Connections--Tickets--Password', CANARY, { enabled: false });
    expect(await thrownBy(started.connections.read('Tickets'))).toBeInstanceOf(HoldError);
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
