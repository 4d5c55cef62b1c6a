import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { SETTING_NAMES } from '../../../../shared/secrets/connection-settings.ts';
import { keyVaultSource } from '../../../../shared/secrets/key-vault.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const CANARY = 'canary-4711-secret';

describe('a vault', () => {
  it('is asked for the settings of one connection and for nothing else, once each', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Server: 'https://x/api/now/table', Password: CANARY });
    vault.setConnection('Tickets-2', { Server: 'https://y/api/now/table' });
    const settings = await keyVaultSource(vault.url, vault.loadCredential).read('Tickets');
    expect(vault.namesRead()).toEqual(SETTING_NAMES.map((name) => `Connections--Tickets--${name}`).toSorted());
    expect(Object.keys(settings)).toEqual(['Server', 'Password']);
    expect(settings.Password?.value).toBe(CANARY);
    expect(vault.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(new Set(vault.identity.requests.map(({ resource }) => resource))).toEqual(
      new Set(['https://vault.azure.net']),
    );
  });

  it('gives every value the version that the vault gave it', async () => {
    using vault = await startVault();
    const source = keyVaultSource(vault.url, vault.loadCredential);
    vault.setConnection('Tickets', { Login: 'a', Password: 'b' });
    const before = await source.read('Tickets');
    vault.setConnection('Tickets', { Password: 'b' });
    const after = await source.read('Tickets');
    expect(before.Login?.version).toMatch(/^[0-9a-f]{32}$/);
    expect(after.Login?.version).toBe(before.Login?.version);
    expect(after.Password?.version).not.toBe(before.Password?.version);
  });

  it('without secrets for a connection, or with deleted ones, leaves them to other sources', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.delete('Connections--Tickets--Login');
    expect(await keyVaultSource(vault.url, vault.loadCredential).read('Tickets')).toEqual({});
  });

  it('is found with a slash at the end of its address too', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    const settings = await keyVaultSource(`${vault.url}/`, vault.loadCredential).read('Tickets');
    expect(settings.Login?.value).toBe('a');
  });

  it('says which secret is disabled, and what to do', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.set('Connections--Tickets--Password', CANARY, { enabled: false });
    const error = await thrownBy(keyVaultSource(vault.url, vault.loadCredential).read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error).toMatchObject({ failure: { class: 'hold', scope: 'connection Tickets' } });
    expect(error.message).toContain('secret Connections--Tickets--Password of Key Vault');
    expect(error.message).toContain('enable the secret');
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('that gives the identity no right to read is a hold that says so', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.respondWith(403);
    const error = await thrownBy(keyVaultSource(vault.url, vault.loadCredential).read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain('Key Vault Secrets User');
  });

  it.each(['under_score', 'dot.ted', 'two--dashes', '-first', 'last-', 'sp ace', 'Ümlaut', 'sl/ash', '', 'line\n'])(
    'is not asked for connection %j, which it cannot name',
    async (identifier) => {
      using vault = await startVault();
      const error = await thrownBy(keyVaultSource(vault.url, vault.loadCredential).read(identifier));
      expect(error).toBeInstanceOf(HoldError);
      expect(error.message).toContain("Key Vault can't name its secrets; rename the connection");
      expect(vault.requests).toEqual([]);
    },
  );

  it('is not asked for a token, and not loaded, before the first read', async () => {
    using vault = await startVault();
    let loaded = 0;
    const source = keyVaultSource(vault.url, async () => {
      loaded += 1;
      return vault.loadCredential();
    });
    expect(loaded).toBe(0);
    await Promise.all([source.read('A'), source.read('B')]);
    expect(loaded).toBe(1);
  });
});

describe('an outage of the vault', () => {
  it.concurrent.each([500, 503])(
    'with status %i is over when it is over, and shows within seconds',
    async (status) => {
      using vault = await startVault();
      vault.setConnection('Tickets', { Login: 'a' });
      const source = keyVaultSource(vault.url, vault.loadCredential);
      vault.respondWith(status);
      const error = await thrownBy(source.read('Tickets'));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error.message).toContain(`could not be read (${status}`);
      vault.respondWith(undefined);
      expect((await source.read('Tickets')).Login?.value).toBe('a');
    },
    8_000,
  );

  it.concurrent('that nobody listens shows within seconds', async () => {
    const vault = await startVault();
    vault[Symbol.dispose]();
    const error = await thrownBy(keyVaultSource(vault.url, vault.loadCredential).read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('could not be read (no answer');
  }, 8_000);

  it('of the identity is one of the vault', async () => {
    using vault = await startVault();
    const source = keyVaultSource(vault.url, async () => {
      throw new Error('No identity today');
    });
    expect(await thrownBy(source.read('Tickets'))).toBeInstanceOf(UnavailableError);
  });
});

describe('an error', () => {
  it('holds neither the token that was shown nor the answer that could not be read', async () => {
    const { certificate } = leaseAccount();
    const tokens: string[] = [];
    const server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
      const { authorization } = request.headers;
      if (authorization === undefined) {
        const challenge =
          'Bearer authorization="https://login.microsoftonline.com/x", resource="https://vault.azure.net"';
        response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
        return;
      }
      tokens.push(authorization.slice('Bearer '.length));
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(`{"value":"${CANARY}","id":`);
    });
    const { port, close } = await listen(server);
    using vault = await startVault();
    const error = await thrownBy(keyVaultSource(`https://127.0.0.1:${port}`, vault.loadCredential).read('Tickets'));
    void close();
    expect(error).toBeInstanceOf(UnavailableError);
    const seen = everythingIn(error);
    expect(tokens.length).toBeGreaterThan(0);
    for (const secret of [CANARY, ...tokens]) expect(seen).not.toContain(secret);
  });
});
