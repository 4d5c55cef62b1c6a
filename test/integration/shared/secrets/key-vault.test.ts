import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../../infra/local/listen.ts';
import { UnavailableError } from '../../../../shared/errors.ts';
import { runCertificate } from '../../../lease-account.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { secretNamesOf, startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const CANARY = 'canary-4711-secret';
const NOW = new Date('2026-11-23T10:00:00.000Z');
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

describe('a vault', () => {
  it('is asked for the settings of one connection and for nothing else, once each', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Server: 'https://x/api/now/table', Password: CANARY });
    vault.setConnection('Tickets-2', { Server: 'https://y/api/now/table' });
    const reading = await vault.source().read('Tickets');
    expect(vault.namesRead()).toEqual(secretNamesOf('Tickets'));
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Server', 'Password']);
    expect(reading?.settings.get('Password')?.value).toBe(CANARY);
    expect(vault.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(new Set(vault.identity.requests.map(({ resource }) => resource))).toEqual(
      new Set(['https://vault.azure.net']),
    );
  });

  it('is asked for all of them at once: none waits for the answer to another', async () => {
    using vault = await startVault();
    vault.hang(true);
    const { sends, stop } = recordSends(vault.url);
    const reading = thrownBy(vault.source({ timeoutInMs: 5_000 }).read('Tickets'));
    while (sends.length < secretNamesOf('Tickets').length) await vault.waitForRequest();
    stop();
    expect(vault.requests).toEqual([]);
    expect(sends.map(({ path }) => path.split('/')[2]).toSorted()).toEqual(secretNamesOf('Tickets'));
    await reading;
  });

  it('gives every value the version that the vault gave it', async () => {
    using vault = await startVault();
    const source = vault.source();
    vault.setConnection('Tickets', { Login: 'a', Password: 'b' });
    const before = await source.read('Tickets');
    vault.setConnection('Tickets', { Password: 'b' });
    const after = await source.read('Tickets');
    expect(before?.settings.get('Login')?.version).toMatch(/^[0-9a-f]{32}$/);
    expect(after?.settings.get('Login')?.version).toBe(before?.settings.get('Login')?.version);
    expect(after?.settings.get('Password')?.version).not.toBe(before?.settings.get('Password')?.version);
  });

  it('without secrets for a connection, or with deleted ones, leaves them to other sources', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.delete('Connections--Tickets--Login');
    expect(await vault.source().read('Tickets')).toEqual({
      settings: new Map(),
      faults: [],
      warnings: [],
      expiring: [],
    });
  });

  it('gives the items of a list by index, from 0 up to the first one that is missing', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { 'Filter--0': 'a#x=1', 'Filter--1': 'b#y=2', 'Filter--3': 'd#z=4' });
    const reading = await vault.source().read('Tickets');
    expect([...(reading?.settings ?? [])].map(([setting, { value }]) => [setting, value])).toEqual([
      ['Filter:0', 'a#x=1'],
      ['Filter:1', 'b#y=2'],
    ]);
    expect(vault.namesRead().filter((name) => /--\d$/.test(name))).toEqual(
      [0, 1, 2].map((index) => `Connections--Tickets--Filter--${index}`),
    );
  });

  it('is found with a slash at the end of its address too', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    const reading = await vault.source({ url: `${vault.url}/` }).read('Tickets');
    expect(reading?.settings.get('Login')?.value).toBe('a');
  });

  it.each([
    'under_score',
    'dot.ted',
    'two--dashes',
    '-first',
    'last-',
    'sp ace',
    'Ümlaut',
    'sl/ash',
    '',
    'line\n',
    'a'.repeat(81),
  ])('is not asked for connection %j, which it cannot name', async (identifier) => {
    using vault = await startVault();
    const reading = await vault.source().read(identifier);
    expect(reading?.faults.map(({ message }) => message)).toEqual([
      expect.stringContaining("Key Vault can't name its secrets; rename the connection"),
    ]);
    expect(reading?.settings.size).toBe(0);
    expect(vault.requests).toEqual([]);
  });

  it('takes the longest name of a connection that it can take', async () => {
    using vault = await startVault();
    vault.setConnection('a'.repeat(80), { Login: 'a' });
    expect((await vault.source().read('a'.repeat(80)))?.settings.get('Login')?.value).toBe('a');
  });

  it('is not asked for a token, and not loaded, before the first read', async () => {
    using vault = await startVault();
    let loaded = 0;
    const source = vault.source({
      loadCredential: async () => {
        loaded += 1;
        return vault.loadCredential();
      },
    });
    await source.name();
    expect([loaded, vault.identity.requests.length]).toEqual([0, 0]);
    await Promise.all([source.read('A'), source.read('B')]);
    expect([loaded, vault.identity.requests.length]).toEqual([1, 1]);
  });
});

describe('a secret that is refused', () => {
  it.each([
    ['ForbiddenByRbac', /\(403 ForbiddenByRbac\): give this app's identity the role Key Vault Secrets User/],
    ['ForbiddenByPolicy', /\(403 ForbiddenByPolicy\): give this app's identity the secret permission Get in/],
    ['ForbiddenByFirewall', /\(403 ForbiddenByFirewall\): the vault's firewall turned the app away/],
    [
      'ForbiddenByConnection',
      /\(403 ForbiddenByConnection\): the vault is closed to public networks: give .* endpoint/,
    ],
  ] as const)('with %s is a fault that says so, and the others are read', async (code, expected) => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a', Password: CANARY });
    vault.refuse(code, 'Connections--Tickets--Password');
    const reading = await vault.source().read('Tickets');
    expect(reading?.faults).toEqual([{ setting: 'Password', message: expect.stringMatching(expected) }]);
    expect(reading?.faults[0]?.message).toMatch(/^Password: secret Connections--Tickets--Password was refused /);
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login']);
    expect(everythingIn(reading)).not.toContain(CANARY);
  });

  it('because it is disabled is a fault that says so, and the others are read', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.set('Connections--Tickets--Password', CANARY, { enabled: false });
    const reading = await vault.source().read('Tickets');
    expect(reading?.faults).toEqual([
      {
        setting: 'Password',
        message:
          'Password: secret Connections--Tickets--Password was refused (403 SecretDisabled): it is disabled: enable it, or set a new version',
      },
    ]);
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login']);
    expect(everythingIn(reading)).not.toContain(CANARY);
  });

  it('with all the others, and without a reason, is a fault each that names the possible ones', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.respondWith(403);
    const reading = await vault.source().read('Tickets');
    expect(reading?.faults).toHaveLength(secretNamesOf('Tickets').length);
    expect(reading?.faults[0]?.message).toMatch(
      /refused \(403\): enable the secret, or give this app's identity the role Key Vault Secrets User on the vault$/,
    );
  });
});

describe('the dates of a secret', () => {
  it.each([
    ['expired long ago', { exp: inSeconds(-86_400) }, 'expired on 2026-11-22: set a new version'],
    ['expires now', { exp: NOW }, 'expired on 2026-11-23: set a new version'],
    ['is not valid yet', { nbf: inSeconds(1) }, 'is not valid before 2026-11-23: wait, or change its activation date'],
    [
      'is valid tomorrow',
      { nbf: inSeconds(86_400), exp: inSeconds(2 * 86_400) },
      'is not valid before 2026-11-24: wait, or change its activation date',
    ],
  ])('make one that %s a fault, though the vault hands it out', async (_what, attributes, expected) => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.set('Connections--Tickets--Password', CANARY, attributes);
    const reading = await vault.source({ now: () => NOW }).read('Tickets');
    expect(vault.requests.every(({ status }) => status !== 403)).toBe(true);
    expect(reading?.faults).toEqual([
      { setting: 'Password', message: `Password: secret Connections--Tickets--Password ${expected}` },
    ]);
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login']);
    expect(everythingIn(reading)).not.toContain(CANARY);
  });

  it('let one be used that is valid from now on until a second later, and its end is known', async () => {
    using vault = await startVault();
    vault.set('Connections--Tickets--Password', CANARY, { nbf: NOW, exp: inSeconds(1) });
    const reading = await vault.source({ now: () => NOW }).read('Tickets');
    expect(reading?.settings.get('Password')?.value).toBe(CANARY);
    expect(reading?.faults).toEqual([]);
    expect(reading?.expiring).toEqual([{ what: 'secret Connections--Tickets--Password', expiresOn: inSeconds(1) }]);
  });
});

describe('a secret that is missing', () => {
  it('because it was deleted can be recovered until its purge, and that is said', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Password: CANARY });
    vault.delete('Connections--Tickets--Password');
    const told = await vault.source().explainMissing?.('Tickets', 'Password');
    expect(told).toMatch(
      /^secret Connections--Tickets--Password of Key Vault https:\S+ is deleted and can be recovered until 20\d\d-\d\d-\d\d: recover it or set it anew$/,
    );
    expect(told).not.toContain(CANARY);
  });

  it('because it never was there is not explained', async () => {
    using vault = await startVault();
    expect(await vault.source().explainMissing?.('Tickets', 'Password')).toBeUndefined();
    expect(vault.requests.map(({ path }) => path)).toContain('/deletedsecrets/Connections--Tickets--Password');
  });

  it('is not explained where the identity may not look at deleted ones', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Password: CANARY });
    vault.delete('Connections--Tickets--Password');
    vault.refuse('ForbiddenByRbac');
    expect(await vault.source().explainMissing?.('Tickets', 'Password')).toBeUndefined();
  });
});

describe('throttling', () => {
  it.concurrent('is waited out for as long as the vault says, and then read', async () => {
    using vault = await startVault();
    const source = vault.source();
    vault.setConnection('Tickets', { Login: 'a' });
    await source.read('Tickets');
    const read = vault.requests.length;
    vault.throttle(1, 2);
    const startedAt = performance.now();
    const reading = await source.read('Tickets');
    // By itself the client would wait for half a second; timers may be early by a millisecond.
    expect(performance.now() - startedAt).toBeGreaterThan(1_990);
    expect(reading?.settings.get('Login')?.value).toBe('a');
    const again = vault.requests.slice(read);
    expect(again.filter(({ status }) => status === 429)).toHaveLength(1);
    expect(again).toHaveLength(secretNamesOf('Tickets').length + 1);
  });

  it.concurrent('that does not end is an outage', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    vault.throttle(Number.POSITIVE_INFINITY, 0);
    const error = await thrownBy(vault.source().read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toBe(`Key Vault ${vault.url} could not be read (429); it is tried again`);
  });

  it.concurrent('for longer than anybody should wait is an outage, in time', async () => {
    using vault = await startVault();
    vault.throttle(Number.POSITIVE_INFINITY, 3_600);
    const error = await thrownBy(vault.source({ timeoutInMs: 1_000 }).read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
  }, 8_000);
});

describe('an outage of the vault', () => {
  it.concurrent.each([500, 503])(
    'with status %i is over when it is over, and shows within seconds',
    async (status) => {
      using vault = await startVault();
      vault.setConnection('Tickets', { Login: 'a' });
      const source = vault.source();
      vault.respondWith(status);
      const error = await thrownBy(source.read('Tickets'));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error.message).toContain(`could not be read (${status}`);
      vault.respondWith(undefined);
      expect((await source.read('Tickets'))?.settings.get('Login')?.value).toBe('a');
    },
    8_000,
  );

  it.concurrent('that nobody listens shows within seconds, and is over when somebody does', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    const source = vault.source();
    await vault.close();
    const error = await thrownBy(source.read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('could not be read (no answer');
    await vault.reopen();
    expect((await source.read('Tickets'))?.settings.get('Login')?.value).toBe('a');
  }, 8_000);

  it.concurrent('that takes calls and answers none shows in time, and is over when it answers', async () => {
    using vault = await startVault();
    vault.setConnection('Tickets', { Login: 'a' });
    const source = vault.source({ timeoutInMs: 5_000 });
    vault.hang(true);
    const error = await thrownBy(source.read('Tickets'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain('could not be read (no answer');
    vault.hang(false);
    expect((await source.read('Tickets'))?.settings.get('Login')?.value).toBe('a');
  }, 20_000);

  it('of the identity is one of the vault', async () => {
    using vault = await startVault();
    const source = vault.source({
      loadCredential: async () => {
        throw new Error('No identity today');
      },
    });
    expect(await thrownBy(source.read('Tickets'))).toBeInstanceOf(UnavailableError);
  });
});

describe('an error', () => {
  it('holds neither the token that was shown nor the answer that could not be read', async () => {
    const certificate = runCertificate();
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
    const error = await thrownBy(vault.source({ url: `https://127.0.0.1:${port}` }).read('Tickets'));
    void close();
    expect(error).toBeInstanceOf(UnavailableError);
    const seen = everythingIn(error);
    expect(tokens.length).toBeGreaterThan(0);
    for (const secret of [CANARY, ...tokens]) expect(seen).not.toContain(secret);
  });
});
