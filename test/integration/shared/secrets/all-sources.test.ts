import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RsaCertificate } from '../../../../infra/local/certificate.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { recordSends } from '../servicenow/record-sends.ts';
import { CANARY } from './start-cyberark.ts';
import {
  cyberArkSection,
  makeLastingCertificate,
  type Places,
  protectAll,
  startPlaces,
  startSources,
} from './start-sources.ts';
import { secretNamesOf } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const MAX_AGE_IN_MS = 300_000;
const PFX_PASSWORD = 'canary-of-the-pfx';
const SERVER = 'https://x.service-now.com/api/now/table';

let places: Places;
/** The certificate that values are encrypted for. */
let encryption: RsaCertificate;
/** CyberArk's client certificate. */
let client: RsaCertificate;

beforeAll(async () => {
  places = await startPlaces();
  [encryption, client] = await Promise.all([
    makeLastingCertificate('encryption'),
    makeLastingCertificate('connector', places.cyberArk.clientCa),
  ]);
});
afterAll(() => places[Symbol.asyncDispose]());

/** The section that switches the encrypted file on, with the PFX file in the container. */
const byPfx = { UseEncryptedAppsettings: true, File: 'encryption.pfx', Password: PFX_PASSWORD };
const pfxFile = () => ({ 'encryption.pfx': encryption.pfx(PFX_PASSWORD) });
const clientFile = () => ({ 'client.pfx': client.pfx(PFX_PASSWORD, '3des') });

describe('four sources', () => {
  it('are merged setting by setting, a later one winning, and say for each setting which one won', async () => {
    const { vault, cyberArk } = places;
    const app = await startSources(places, 'merged', {
      'appsettings.json': {
        EncryptionCertificate: byPfx,
        AzureKeyVault: { Vault: `${vault.url}/` },
        CyberArk: cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD),
      },
      'appsettings.agent.json': {
        Connections: {
          Merged: {
            Server: SERVER,
            Login: 'plain',
            Password: `plain-${CANARY}`,
            ResponseSizeLimit: 500,
            TicketCookieDirectoryPath: 'plain/',
            Filter: ['incident#active=true', 'sys_user#active=true'],
          },
        },
      },
      'appsettings.encrypted.agent.json': {
        Connections: {
          Merged: await protectAll({ Login: 'encrypted', Password: 'encrypted', ConcurrencyLimit: '3' }, encryption),
        },
      },
      'appsettings.cyberark.agent.json': { Connections: { Merged: { Password: 'Desk' } } },
      ...pfxFile(),
      ...clientFile(),
    });
    vault.setConnection('Merged', { Password: `vault-${CANARY}`, ConcurrencyLimit: '2', 'Filter--1': 'cmdb_ci#x=y' });
    expect(await app.connections.read('Merged')).toMatchObject({
      server: SERVER,
      credentials: { kind: 'basic', login: 'encrypted', password: CANARY },
      pageSize: 500,
      concurrencyLimit: 2,
      cookieDirectory: 'plain/',
      filters: ['incident#active=true', 'sys_user#active=true'],
    });

    const { origins, faults, warnings } = await app.connections.inspect('Merged');
    const [plain, encrypted] = ['appsettings.agent.json', 'appsettings.encrypted.agent.json'];
    const [keyVault, cyber] = [`Key Vault ${vault.url}/`, `CyberArk ${cyberArk.url}`];
    const readAt = app.clock.now();
    const etag = expect.stringMatching(/^"0x[0-9A-F]+"$/);
    const hex = (length: number) => expect.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
    expect(Object.fromEntries(origins.map(({ setting, ...origin }) => [setting, origin]))).toEqual({
      Server: { source: plain, version: etag, readAt, overridden: [] },
      ResponseSizeLimit: { source: plain, version: etag, readAt, overridden: [] },
      TicketCookieDirectoryPath: { source: plain, version: etag, readAt, overridden: [] },
      'Filter:0': { source: plain, version: etag, readAt, overridden: [] },
      'Filter:1': { source: plain, version: etag, readAt, overridden: [] },
      Login: { source: encrypted, version: hex(16), readAt, overridden: [plain] },
      ConcurrencyLimit: { source: keyVault, version: hex(32), readAt, overridden: [encrypted] },
      Password: { source: cyber, version: undefined, readAt, overridden: [plain, encrypted, keyVault] },
    });
    expect([faults, warnings]).toEqual([[], []]);
    const said = everythingIn([origins, app.log.events]);
    for (const secret of [CANARY, PFX_PASSWORD]) expect(said).not.toContain(secret);
  });

  const SOURCES = ['plain', 'encrypted', 'vault', 'cyberark'] as const;
  const subsets = Array.from({ length: 15 }, (_, index) => SOURCES.filter((_source, bit) => ((index + 1) >> bit) & 1));

  it.each(subsets.map((subset) => [subset.join(' and '), subset] as const))(
    'may be %s alone: the last of them wins',
    async (_names, subset) => {
      const { vault, cyberArk } = places;
      const identifier = `only-${subset.join('-')}`;
      const has = (source: (typeof SOURCES)[number]) => subset.includes(source);
      if (has('cyberark')) cyberArk.set('All', { userName: 'cyberark', content: 'cyberark', address: SERVER });
      const own = (login: string) => ({ Server: SERVER, Login: login, Password: login });
      const app = await startSources(
        places,
        identifier,
        {
          'appsettings.json': {
            EncryptionCertificate: { ...byPfx, UseEncryptedAppsettings: has('encrypted') },
            CyberArk: { ...cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD), UseCyberArkSetting: has('cyberark') },
          },
          ...(has('plain') && { 'appsettings.agent.json': { Connections: { [identifier]: own('plain') } } }),
          ...(has('encrypted') && {
            'appsettings.encrypted.agent.json': {
              Connections: { [identifier]: await protectAll(own('encrypted'), encryption) },
            },
            ...pfxFile(),
          }),
          ...(has('cyberark') && {
            'appsettings.cyberark.agent.json': {
              Connections: { [identifier]: { Server: 'All', Login: 'All', Password: 'All' } },
            },
            ...clientFile(),
          }),
        },
        has('vault') ? { KEY_VAULT_URL: vault.url } : {},
      );
      if (has('vault')) vault.setConnection(identifier, own('vault'));
      const winner = subset.at(-1);
      expect((await app.connections.read(identifier)).credentials).toEqual({
        kind: 'basic',
        login: winner,
        password: winner,
      });
      const { origins } = await app.connections.inspect(identifier);
      expect(origins.map(({ overridden }) => overridden.length)).toEqual([1, 1, 1].map(() => subset.length - 1));
    },
  );

  it('heal one another: what a later one gives is no fault, but a warning', async () => {
    const { vault, cyberArk } = places;
    const app = await startSources(
      places,
      'healed',
      {
        'appsettings.json': { CyberArk: cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD) },
        'appsettings.agent.json': { Connections: { Healed: { Server: SERVER, Login: ['x'] } } },
        'appsettings.cyberark.agent.json': { Connections: { Healed: { Password: 'Desk' } } },
        ...clientFile(),
      },
      { KEY_VAULT_URL: vault.url },
    );
    vault.setConnection('Healed', { Login: 'vault' });
    vault.set('Connections--Healed--Password', CANARY, { enabled: false });
    const settings = await app.connections.read('Healed');
    expect(settings.credentials).toEqual({ kind: 'basic', login: 'vault', password: CANARY });
    const { warnings } = await app.connections.inspect('Healed');
    expect(warnings).toEqual([
      `Login: expected a text, got a list (appsettings.agent.json); the value of Key Vault ${vault.url} counts`,
      expect.stringMatching(
        /^Password: secret \S+ was refused \(403 SecretDisabled\).*; the value of CyberArk \S+ counts$/,
      ),
    ]);
    expect(
      app.log.events.flatMap(({ event, fields }) => (event === 'settings.warning' ? [fields.reason] : [])),
    ).toEqual(warnings);
  });
});

describe('the certificate for encrypted settings', () => {
  const forms = () => ({
    'a PFX file in the container': { section: byPfx, files: pfxFile() },
    'a PFX file of older tools': {
      section: { UseEncryptedAppsettings: 'True', File: '.\\keys\\old.pfx', Password: PFX_PASSWORD },
      files: { 'keys/old.pfx': encryption.pfx(PFX_PASSWORD, '3des') },
    },
    'a PEM file with an encrypted key': {
      section: { UseEncryptedAppsettings: true, File: 'both.pem', Password: PFX_PASSWORD },
      files: { 'both.pem': encryption.encryptedKey(PFX_PASSWORD) + encryption.certificate },
    },
    'a PEM file without a password': {
      section: { UseEncryptedAppsettings: true, File: 'bare.pem' },
      files: { 'bare.pem': encryption.certificate + encryption.key },
    },
    'a certificate of the vault by name': {
      section: { UseEncryptedAppsettings: true, CertificateAzureKeyVault: 'Encryption' },
      files: {},
    },
    'a certificate of the vault by identifier': {
      section: {
        UseEncryptedAppsettings: true,
        CertificateAzureKeyVault: `${places.vault.url}/certificates/Encryption`,
      },
      files: {},
    },
  });

  it.each([
    'a PFX file in the container',
    'a PFX file of older tools',
    'a PEM file with an encrypted key',
    'a PEM file without a password',
    'a certificate of the vault by name',
    'a certificate of the vault by identifier',
  ] as const)('may be %s', async (form) => {
    places.vault.setCertificate('Encryption', encryption);
    const { section, files } = forms()[form];
    const app = await startSources(
      places,
      form.toLowerCase().replaceAll(' ', '-'),
      {
        'appsettings.json': { EncryptionCertificate: section },
        'appsettings.encrypted.agent.json': {
          Connections: { Locked: await protectAll({ Server: SERVER, Login: 'a', Password: CANARY }, encryption) },
        },
        ...files,
      },
      { KEY_VAULT_URL: places.vault.url },
    );
    expect((await app.connections.read('Locked')).credentials).toEqual({ kind: 'basic', login: 'a', password: CANARY });
    const said = everythingIn([await app.connections.inspect('Locked').then(({ origins }) => origins), app.log.events]);
    for (const secret of [CANARY, PFX_PASSWORD]) expect(said).not.toContain(secret);
  });

  it('is read from the vault once, however many connections, sections and callers want it', async () => {
    const { vault, cyberArk } = places;
    const identifiers = ['Shared-a', 'Shared-b', 'Shared-c'];
    const shared = await makeLastingCertificate('shared', cyberArk.clientCa);
    vault.setCertificate('Shared', shared);
    const connections = async (login: string) =>
      Object.fromEntries(
        await Promise.all(
          identifiers.map(async (name) => [name, await protectAll({ Server: SERVER, Login: login }, shared)] as const),
        ),
      );
    const app = await startSources(
      places,
      'shared',
      {
        'appsettings.json': {
          EncryptionCertificate: { UseEncryptedAppsettings: true, CertificateAzureKeyVault: 'Shared' },
          CyberArk: {
            ...cyberArkSection(cyberArk, ''),
            CertificateAzureKeyVault: `${vault.url}/certificates/Shared`,
          },
        },
        'appsettings.encrypted.agent.json': { Connections: await connections('a') },
        'appsettings.cyberark.agent.json': {
          Connections: Object.fromEntries(identifiers.map((name) => [name, { Password: 'Desk' }])),
        },
      },
      { KEY_VAULT_URL: vault.url },
    );
    const [readBefore, askedBefore] = [vault.requests.length, cyberArk.requests.length];
    const settings = await Promise.all(
      Array.from({ length: 300 }, (_, index) => app.connections.read(identifiers[index % 3] ?? '')),
    );
    expect(settings.every(({ credentials }) => credentials.kind === 'basic' && credentials.login === 'a')).toBe(true);
    expect(cyberArk.requests.slice(askedBefore).map(({ client }) => client)).toEqual(['shared', 'shared', 'shared']);
    const read = vault.requests.slice(readBefore).filter(({ authorized }) => authorized);
    expect(read.map(({ path }) => path.split('/')[2]).toSorted()).toEqual(
      [...identifiers.flatMap(secretNamesOf), 'Shared'].toSorted(),
    );
  });

  it('that is renewed opens what was encrypted anew', async () => {
    const { vault } = places;
    const [first, second] = [encryption, await makeLastingCertificate('renewed')];
    vault.setCertificate('Renewed', first);
    const file = async (login: string, certificate: RsaCertificate) => ({
      Connections: { Renewed: await protectAll({ Server: SERVER, Login: login, Password: 'b' }, certificate) },
    });
    const app = await startSources(
      places,
      'renewed',
      {
        'appsettings.json': {
          EncryptionCertificate: { UseEncryptedAppsettings: true, CertificateAzureKeyVault: 'Renewed' },
        },
        'appsettings.encrypted.agent.json': await file('before', first),
      },
      { KEY_VAULT_URL: vault.url },
    );
    expect((await app.connections.read('Renewed')).credentials).toMatchObject({ login: 'before' });
    vault.setCertificate('Renewed', second);
    app.clock.advance(MAX_AGE_IN_MS);
    const error = await thrownBy(app.connections.read('Renewed'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toMatch(/Login: the value was encrypted for certificate \S+, the configured one is \S+/);
    await app.write('appsettings.encrypted.agent.json', await file('after', second));
    app.clock.advance(10_000);
    expect((await app.connections.read('Renewed')).credentials).toMatchObject({ login: 'after' });
  });

  it('that ends soon is warned of', async () => {
    const ending = await makeLastingCertificate('lasting');
    const app = await startSources(places, 'ending', {
      'appsettings.json': { EncryptionCertificate: { UseEncryptedAppsettings: true, File: 'c.pem' } },
      'appsettings.encrypted.agent.json': {
        Connections: { Ending: await protectAll({ Server: SERVER, Login: 'a', Password: 'b' }, ending) },
      },
      'c.pem': ending.certificate + ending.key,
    });
    await app.connections.read('Ending');
    const warnings = () =>
      app.log.events.filter(({ event }) => event === 'secret.expiring').map(({ fields }) => fields);
    expect(warnings()).toEqual([]);
    app.clock.advance(new Date('2098-12-20').getTime() - app.clock.now().getTime());
    await app.connections.read('Ending');
    expect(warnings()).toEqual([
      { connection: 'Ending', what: 'certificate CN=lasting', daysLeft: 12, expiresOn: '2099-01-01T00:00:00.000Z' },
    ]);
  });
});

describe('settings files in a container', () => {
  it('change without a restart, each one of them, at the next interval', async () => {
    const { cyberArk } = places;
    cyberArk.set('Other', { userName: 'cyberark', content: 'other' });
    const plain = (login: string) => ({ Connections: { Changing: { Server: SERVER, Login: login, Password: 'b' } } });
    const app = await startSources(places, 'changing', {
      'appsettings.agent.json': plain('first'),
      ...pfxFile(),
      ...clientFile(),
    });
    const loginNow = async () => {
      app.clock.advance(MAX_AGE_IN_MS);
      const { credentials } = await app.connections.read('Changing');
      return credentials.kind === 'basic' ? credentials.login : credentials.kind;
    };
    expect(await loginNow()).toBe('first');
    await app.write('appsettings.agent.json', plain('second'));
    expect(await loginNow()).toBe('second');
    await app.write('appsettings.encrypted.agent.json', {
      Connections: { Changing: await protectAll({ Login: 'encrypted' }, encryption) },
    });
    // The file is there, and nothing says yet that it is to be read.
    expect(await loginNow()).toBe('second');
    expect(app.log.events.at(-2)).toMatchObject({
      event: 'settings.warning',
      fields: { reason: expect.stringContaining('appsettings.encrypted.agent.json: is there but not read') },
    });
    await app.write('appsettings.json', { EncryptionCertificate: { ...byPfx, UseEncryptedAppsettings: 'false' } });
    expect(await loginNow()).toBe('second');
    await app.write('appsettings.json', { EncryptionCertificate: byPfx });
    expect(await loginNow()).toBe('encrypted');
    await app.write('appsettings.json', {
      EncryptionCertificate: byPfx,
      CyberArk: cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD),
    });
    await app.write('appsettings.cyberArk.agent.json', { Connections: { Changing: { Login: 'Other' } } });
    expect(await loginNow()).toBe('cyberark');
    await app.client.deleteBlob('appsettings.cyberArk.agent.json');
    await app.client.deleteBlob('appsettings.encrypted.agent.json');
    expect(await loginNow()).toBe('second');
  });

  it('are not read again before the interval is over', async () => {
    const app = await startSources(places, 'kept', {
      'appsettings.agent.json': { Connections: { Kept: { Server: SERVER, Login: 'a', Password: 'b' } } },
    });
    const before = await app.connections.read('Kept');
    const { sends, stop } = recordSends(places.storage.blobUrl);
    app.clock.advance(MAX_AGE_IN_MS - 1);
    await Promise.all(Array.from({ length: 1_000 }, () => app.connections.read('Kept')));
    expect(await app.connections.read('Kept')).toBe(before);
    stop();
    expect(sends.filter(({ path }) => path.includes('/kept/'))).toEqual([]);
  });

  it('that an agent alone can read are refused, with what to do', async () => {
    const app = await startSources(places, 'screens', {
      'appsettings.agent.json': { Connections: { Screens: { Server: SERVER, Login: 'a', Password: 'b' } } },
      'appsettings.connection.json': { Connections: { Screens: { Password: CANARY } } },
    });
    const error = await thrownBy(app.connections.read('Screens'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain('expected no settings of connection "Screens" in appsettings.connection.json');
    expect(everythingIn(error)).not.toContain(CANARY);
  });
});

describe('the versions of settings', () => {
  it('change with a secret of CyberArk, which keeps none, and are alike in all instances', async () => {
    const { cyberArk } = places;
    cyberArk.set('Rotating', { content: `first-${CANARY}` });
    const files = {
      'appsettings.json': { CyberArk: cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD) },
      'appsettings.agent.json': { Connections: { Rotating: { Server: SERVER, Login: 'a' } } },
      'appsettings.cyberark.agent.json': { Connections: { Rotating: { Password: 'Rotating' } } },
      ...clientFile(),
    };
    const one = await startSources(places, 'rotating', files);
    const settings = async () => {
      const { version, loginVersion } = await one.connections.read('Rotating', 0);
      return { version, loginVersion };
    };
    const first = await settings();
    expect(await settings()).toEqual(first);
    cyberArk.set('Rotating', { content: `second-${CANARY}` });
    const second = await settings();
    expect(second.version).not.toBe(first.version);
    expect(second.loginVersion).not.toBe(first.loginVersion);
    // Another instance, with the same files; their ETags are the container's.
    const other = await startSources(places, 'rotating-too', files, {
      APPSETTINGS_URL: `${places.storage.blobUrl}/rotating`,
    });
    expect(await other.connections.read('Rotating')).toMatchObject(second);
    expect(JSON.stringify([first, second])).not.toContain(CANARY);
  });
});
