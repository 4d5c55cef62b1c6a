import { describe, expect, it } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { readFileMappings } from '../../../../shared/settings/file-mappings.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { startStorage } from '../storage/start-storage.ts';
import { CANARY, startCyberArkForTests } from './start-cyberark.ts';
import { cyberArkSection, startSources } from './start-sources.ts';
import { startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const MAX_AGE_IN_MS = 300_000;
const STALE_IN_MS = 8 * 3_600_000;
const RETRY_IN_MS = 30_000;

const complete = { Server: 'https://x.service-now.com/api/now/table', Login: 'a', Password: CANARY };

/** An app whose one connection comes from a vault. */
async function startWithVault() {
  const [storage, vault] = await Promise.all([startStorage(), startVault()]);
  vault.setConnection('Tickets', complete);
  const sources = await startSources({ storage }, 'settings', {}, { KEY_VAULT_URL: vault.url });
  const staleEvents = () => sources.log.events.filter(({ event }) => event === 'settings.stale');
  return {
    ...sources,
    vault,
    staleEvents,
    [Symbol.dispose]: () => {
      vault[Symbol.dispose]();
      void storage.close();
    },
  };
}

describe.concurrent('while the vault is away', () => {
  it.each([
    ['answers 503', 503],
    ['answers 500', 500],
    ['is throttled without end', 429],
  ])('(%s) settings that were read before serve on, and that is told', async (_how, status) => {
    using app = await startWithVault();
    const before = await app.connections.read('Tickets');
    app.vault.respondWith(status);
    app.clock.advance(MAX_AGE_IN_MS);
    const during = await Promise.all(Array.from({ length: 100 }, () => app.connections.read('Tickets')));
    expect(new Set(during)).toEqual(new Set([before]));
    expect(app.staleEvents()).toEqual([
      {
        level: 'warn',
        event: 'settings.stale',
        fields: {
          connection: 'Tickets',
          ageInSeconds: MAX_AGE_IN_MS / 1000,
          reason: `Key Vault ${app.vault.url} could not be read (${status}); it is tried again`,
        },
      },
    ]);
    expect(everythingIn(app.log.events)).not.toContain(CANARY);
  });

  it('(takes calls and answers none) settings that were read before serve on', async () => {
    using app = await startWithVault();
    const before = await app.connections.read('Tickets');
    app.vault.hang(true);
    app.clock.advance(MAX_AGE_IN_MS);
    expect(await app.connections.read('Tickets')).toBe(before);
    expect(app.staleEvents()).toHaveLength(1);
  });

  it('it is tried again after half a minute, and not by everybody who asks until then', async () => {
    using app = await startWithVault();
    await app.connections.read('Tickets');
    await app.vault.close();
    app.clock.advance(MAX_AGE_IN_MS);
    await app.connections.read('Tickets');
    const { sends, stop } = recordSends(app.vault.url);
    app.clock.advance(RETRY_IN_MS - 1);
    await Promise.all(Array.from({ length: 100 }, () => app.connections.read('Tickets')));
    expect(sends).toEqual([]);
    app.clock.advance(1);
    await app.connections.read('Tickets');
    stop();
    expect(sends.length).toBeGreaterThan(0);
    expect(app.staleEvents().map(({ fields }) => fields.ageInSeconds)).toEqual([300, 330]);
  });

  it('settings serve on for eight hours and no longer, and new ones count when it is back', async () => {
    using app = await startWithVault();
    const before = await app.connections.read('Tickets');
    await app.vault.close();
    app.clock.advance(STALE_IN_MS);
    expect(await app.connections.read('Tickets')).toBe(before);
    app.clock.advance(1);
    const error = await thrownBy(app.connections.read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ failure: { class: 'transient' } });
    expect(everythingIn(error)).not.toContain(CANARY);
    app.vault.setConnection('Tickets', { Password: 'rotated' });
    await app.vault.reopen();
    expect((await app.connections.read('Tickets')).credentials).toMatchObject({ password: 'rotated' });
  });

  it('settings that were never read are not there: its orders wait', async () => {
    using app = await startWithVault();
    await app.vault.close();
    const error = await thrownBy(app.connections.read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(app.staleEvents()).toEqual([]);
  });

  it('it is noticed within half a minute that it is back', async () => {
    using app = await startWithVault();
    await app.connections.read('Tickets');
    await app.vault.close();
    app.clock.advance(MAX_AGE_IN_MS);
    await app.connections.read('Tickets');
    app.vault.setConnection('Tickets', { Password: 'rotated' });
    await app.vault.reopen();
    app.clock.advance(RETRY_IN_MS);
    expect((await app.connections.read('Tickets')).credentials).toMatchObject({ password: 'rotated' });
  });
});

describe.concurrent('old settings', () => {
  it('do not stand in for what somebody has to put right', async () => {
    using app = await startWithVault();
    await app.connections.read('Tickets');
    app.vault.set('Connections--Tickets--Password', CANARY, { enabled: false });
    app.clock.advance(MAX_AGE_IN_MS);
    const error = await thrownBy(app.connections.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain('it is disabled');
    expect(app.staleEvents()).toEqual([]);
  });

  it('stand in while the container with the settings files is away, for eight hours all in all', async () => {
    const storage = await startStorage();
    const app = await startSources({ storage }, 'settings', {
      'appsettings.agent.json': { Connections: { Tickets: complete } },
    });
    const before = await app.connections.read('Tickets');
    await app.client.delete();
    app.clock.advance(STALE_IN_MS);
    expect(await app.connections.read('Tickets')).toBe(before);
    const { origins } = await app.connections.inspect('Tickets');
    expect(app.clock.now().getTime() - (origins[0]?.readAt.getTime() ?? 0)).toBe(STALE_IN_MS);
    expect(app.log.events.filter(({ event }) => event === 'settings.stale').map(({ fields }) => fields)).toEqual([
      {
        connection: 'Tickets',
        ageInSeconds: STALE_IN_MS / 1000,
        reason: expect.stringMatching(
          /^Storage could not read blob appsettings\.\S+ \(404 ContainerNotFound\); it is tried/,
        ),
      },
    ]);
    app.clock.advance(RETRY_IN_MS);
    expect(await thrownBy(app.connections.read('Tickets'))).toBeInstanceOf(UnavailableError);
    await storage.close();
  });

  it('of mappings stand in while the container is away, and not for a file that somebody has to put right', async () => {
    const storage = await startStorage();
    const app = await startSources({ storage }, 'settings', {
      'appsettings.agent.json': { ServiceNowResourceTypeMappings: { One: {} } },
    });
    const names = async () => [...(await readFileMappings(app.readSettings)).mappings.keys()];
    expect(await names()).toEqual(['One']);
    await app.write('appsettings.agent.json', '{"ServiceNowResourceTypeMappings":{');
    app.clock.advance(MAX_AGE_IN_MS);
    expect(await thrownBy(names())).toBeInstanceOf(HoldError);
    await app.client.delete();
    expect(await names()).toEqual(['One']);
    app.clock.advance(STALE_IN_MS);
    expect(await thrownBy(names())).toBeInstanceOf(UnavailableError);
    await storage.close();
  });

  it('stand in while CyberArk is away or changes the password, and the new one counts then', async () => {
    const [storage, cyberArk] = await Promise.all([startStorage(), startCyberArkForTests()]);
    await using _ = { [Symbol.asyncDispose]: cyberArk.close };
    await storage.table('limits').createTable();
    const app = await startSources({ storage }, 'settings', {
      'appsettings.json': { CyberArk: cyberArkSection(cyberArk, 'client.pem') },
      'appsettings.cyberark.agent.json': { Connections: { Tickets: { Password: 'Desk' } } },
      'appsettings.agent.json': { Connections: { Tickets: { ...complete, Password: 'plain' } } },
      'client.pem': `${cyberArk.configuration.client?.key}${cyberArk.configuration.client?.certificate}`,
    });
    const before = await app.connections.read('Tickets');
    expect(before.credentials).toMatchObject({ password: CANARY });
    cyberArk.changing('Desk', true);
    app.clock.advance(MAX_AGE_IN_MS);
    expect(await app.connections.read('Tickets')).toBe(before);
    cyberArk.respondWith(503);
    app.clock.advance(RETRY_IN_MS);
    expect(await app.connections.read('Tickets')).toBe(before);
    cyberArk.respondWith(undefined);
    cyberArk.set('Desk', { content: 'changed', isChanging: false });
    app.clock.advance(RETRY_IN_MS);
    const after = await app.connections.read('Tickets');
    expect(after.credentials).toMatchObject({ password: 'changed' });
    expect(after.loginVersion).not.toBe(before.loginVersion);
    expect(app.log.events.flatMap(({ event, fields }) => (event === 'settings.stale' ? [fields.reason] : []))).toEqual([
      'account "Desk" of safe "Tickets": its password is being changed; it is tried again',
      expect.stringMatching(/^account "Desk" of safe "Tickets": CyberArk could not give it \(503\)/),
    ]);
    expect(everythingIn(app.log.events)).not.toContain(CANARY);
    await storage.close();
  });
});
