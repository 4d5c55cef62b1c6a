import { afterAll, describe, expect, it } from 'vitest';
import { makePfx } from '../../../../infra/local/certificate.ts';
import { makeLoadCertificate } from '../../../../shared/secrets/app-certificate.ts';
import { encryptedFileSource } from '../../../../shared/secrets/encrypted-file.ts';
import { mergeSettings } from '../../../../shared/secrets/merge-settings.ts';
import { plainFileSource } from '../../../../shared/secrets/plain-file.ts';
import { protectValue, thumbprintOf } from '../../../../shared/secrets/protected-value.ts';
import { makeVersionOf } from '../../../../shared/secrets/setting-version.ts';
import { memorySettings } from '../settings/memory-settings.ts';
import { makeCertificateFiles } from './certificate-files.ts';

const FILE = 'appsettings.encrypted.agent.json';
const certificates = await makeCertificateFiles();
afterAll(() => certificates[Symbol.asyncDispose]());
const [ours, theirs] = await Promise.all([certificates.certificate({ days: 20 }), certificates.certificate()]);
const pfxOf = (of: typeof ours) => makePfx({ certificate: of.certificatePem, key: of.keyPem }, 'pfx-S3cr3t');
const protect = (value: string, of = ours) => protectValue(value, of.x509);
const encryption = { UseEncryptedAppsettings: true, File: 'agent.pfx', Password: 'pfx-S3cr3t' };

/** The source over the real loader of certificates, with the files given beside certificate and switch. */
function start(connections: unknown, section: unknown = encryption) {
  const settings = memorySettings({
    'appsettings.json': { EncryptionCertificate: section },
    'agent.pfx': pfxOf(ours),
    ...(connections !== undefined && { [FILE]: { Connections: connections } }),
  });
  const loadCertificate = makeLoadCertificate({
    files: settings.files,
    directory: '/package',
    loadLocation: async () => undefined,
    clients: () => Promise.reject(new Error('Expected nobody to ask a vault')),
    clock: settings.clock,
  });
  return { ...settings, source: encryptedFileSource(settings.readSettings, loadCertificate) };
}
const read = (connections: unknown, section?: unknown) => start(connections, section).source.read('Help');

describe('encryptedFileSource', () => {
  it('opens every value of a connection, list items, numbers and flags as texts, and no other connection', async () => {
    const { source } = start({
      Help: {
        Login: await protect('api'),
        password: await protect('grüße €😀'),
        ResponseSizeLimit: await protect('500'),
        Filter: [await protect('a#b=c'), await protect('d#e=f')],
      },
      Other: { Login: 'not encrypted' },
    });
    const reading = await source.read('Help');
    expect([...(reading?.settings ?? [])].map(([name, { value }]) => [name, value])).toEqual([
      ['Login', 'api'],
      ['Password', 'grüße €😀'],
      ['ResponseSizeLimit', '500'],
      ['Filter:0', 'a#b=c'],
      ['Filter:1', 'd#e=f'],
    ]);
    expect(reading).toMatchObject({ faults: [], warnings: [] });
    expect(await source.name()).toBe(FILE);
  });

  it('names the certificate with its end, for it is warned of like a secret', async () => {
    const reading = await read({ Help: { Login: await protect('api') } });
    expect(reading?.expiring).toEqual([{ what: `certificate ${ours.x509.subject}`, expiresOn: ours.x509.validToDate }]);
  });

  it('gives each value a version that changes when it is encrypted anew, and says nothing of it', async () => {
    const [one, two] = [await protect('S3cr3t'), await protect('S3cr3t')];
    const versionOf = async (Password: string) =>
      (await read({ Help: { Password } }))?.settings.get('Password')?.version;
    expect(await versionOf(one)).toMatch(/^[0-9a-f]{16}$/);
    expect(await versionOf(one)).toBe(await versionOf(one));
    expect(await versionOf(two)).not.toBe(await versionOf(one));
  });

  it('takes an empty setting for one that is not given, encrypted or not', async () => {
    const reading = await read({
      Help: { Login: await protect('api'), ClientId: '', ClientSecret: await protect('') },
    });
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login']);
    expect(reading?.faults).toEqual([]);
  });

  it('wins over the plain file setting by setting', async () => {
    const { source, readSettings, write } = start({ Help: { Password: await protect('encrypted') } });
    const Server = 'https://acme.service-now.com/api/now/table';
    write('appsettings.agent.json', { Connections: { Help: { Server, Login: 'api', Password: 'plain' } } });
    const sources = [plainFileSource(readSettings), source];
    const readings = await Promise.all(
      sources.map(async (each) => ({ source: each, name: await each.name(), reading: await each.read('Help') })),
    );
    const versionOf = makeVersionOf(() => Promise.reject(new Error('Expected nobody to ask for the key')));
    expect((await mergeSettings(readings, 'Help', versionOf, new Date(0))).settings?.credentials).toEqual({
      kind: 'basic',
      login: 'api',
      password: 'encrypted',
    });
  });
});

describe('the switch UseEncryptedAppsettings', () => {
  it.each([
    undefined,
    {},
    { ...encryption, UseEncryptedAppsettings: false },
    { ...encryption, UseEncryptedAppsettings: 'False' },
  ])('that is off (%j) leaves the file unread, and a warning says so', async (section) => {
    const { source } = start({ Help: { Login: await protect('api') } }, section ?? null);
    expect(await source.read('Help')).toEqual({
      settings: new Map(),
      faults: [],
      warnings: [
        'is there but not read: set EncryptionCertificate:UseEncryptedAppsettings of appsettings.json to true',
      ],
    });
  });

  it('that is off makes it no source where there is no file', async () => {
    expect(await read(undefined, {})).toBeUndefined();
  });

  it.each([true, 'true', 'True'])('that is on (%j) has it read', async (UseEncryptedAppsettings) => {
    const reading = await read({ Help: { Login: await protect('api') } }, { ...encryption, UseEncryptedAppsettings });
    expect(reading?.settings.get('Login')?.value).toBe('api');
  });

  it('that is on needs no file and no certificate for what is not there', async () => {
    const nothing = { settings: new Map(), faults: [], warnings: [] };
    expect(await read(undefined, { UseEncryptedAppsettings: true })).toEqual(nothing);
    expect(await read({ Other: { Login: 'x' } }, { UseEncryptedAppsettings: true })).toEqual(nothing);
  });

  it('that is neither is a fault of the section', async () => {
    await expect(read({}, { UseEncryptedAppsettings: 'S3cr3t' })).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'settings' },
      message:
        'Section EncryptionCertificate of appsettings.json is not usable: UseEncryptedAppsettings: expected true or false',
    });
  });
});

describe('a value that can not be opened', () => {
  const faultOf = async (Password: string) => {
    const reading = await read({ Help: { Login: await protect('api'), Password } });
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login']);
    expect(reading?.faults).toEqual([{ setting: 'Password', message: expect.stringMatching(/^Password: /) }]);
    return reading?.faults[0]?.message ?? '';
  };

  it("is one of Identity Manager's own format: it is told from others, with what to do", async () => {
    expect(await faultOf(`kxABA${'A'.repeat(384)}`)).toBe(
      "Password: the value is encrypted in Identity Manager's own format, which is not documented and can't be read here: encrypt the plain value with `npm run protect` and put that in",
    );
  });

  it.each([1, 2, 3, 4])('is one that was altered in its part %i, which is said', async (index) => {
    const parts = (await protect('S3cr3t')).split('.');
    const flip = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;
    const altered = parts.map((part, at) => (at === index ? flip(part) : part)).join('.');
    expect(await faultOf(altered)).toMatch(/^Password: the value was altered or cut off after it was encrypted/);
  });

  it('is one for another certificate: both are named', async () => {
    const fault = await faultOf(await protect('S3cr3t', theirs));
    expect(fault).toContain(`encrypted for certificate ${thumbprintOf(theirs.x509).slice(0, 16)}`);
    expect(fault).toContain(`the configured one is ${thumbprintOf(ours.x509).slice(0, 16)}`);
  });

  it('is one in plain text, which is not repeated', async () => {
    const fault = await faultOf('S3cr3t');
    expect(fault).toMatch(/^Password: the value is not encrypted: /);
    expect(fault).not.toContain('S3cr3t');
  });

  it('is listed with all the others, and those that can be opened are', async () => {
    const reading = await read({
      Help: {
        Server: 'https://S3cr3t',
        Login: await protect('api'),
        Password: await protect('x', theirs),
        ClientSecret: `kxABA${'A'.repeat(384)}`,
        Filter: [await protect('a#b=c'), 'S3cr3t'],
        OAuth2Url: ['S3cr3t'],
        Passwort: 'S3cr3t',
      },
    });
    expect([...(reading?.settings.keys() ?? [])]).toEqual(['Login', 'Filter:0']);
    expect(reading?.faults.map(({ setting }) => setting)).toEqual([
      'OAuth2Url',
      'Server',
      'Password',
      'ClientSecret',
      'Filter:1',
    ]);
    expect(reading?.warnings).toEqual(['"Passwort" is no setting of a connection; did you mean Password?']);
    expect(JSON.stringify(reading)).not.toContain('S3cr3t');
  });
});

describe('a certificate that can not be used', () => {
  it('because none is named is a fault of every connection in the file, and of no other', async () => {
    const { source } = start(
      { Help: { Login: await protect('api'), Password: ['S3cr3t'] }, Bare: {} },
      { UseEncryptedAppsettings: true, File: '' },
    );
    const reading = await source.read('Help');
    expect(reading?.settings.size).toBe(0);
    expect(reading?.faults).toEqual([
      { setting: 'Password', message: 'Password: expected a text, got a list' },
      {
        message:
          'expected EncryptionCertificate:File or EncryptionCertificate:CertificateAzureKeyVault in appsettings.json, got neither: nothing in appsettings.encrypted.agent.json can be read',
      },
    ]);
    expect(await source.read('Bare')).toMatchObject({ faults: [] });
  });

  it('because its password is another is told with the members to put right, and without the password', async () => {
    const { source } = start({ Help: { Login: await protect('api') } }, { ...encryption, Password: 'other-S3cr3t' });
    const outcome = source.read('Help');
    await expect(outcome).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'settings' },
      message: expect.stringMatching(
        /^EncryptionCertificate:File and EncryptionCertificate:Password of appsettings\.json: expected the password of the PFX file, got another one/,
      ),
    });
    await expect(outcome).rejects.not.toThrow('S3cr3t');
  });

  it('is read anew, and what it opens, once it was put right', async () => {
    const { source, write, clock } = start({ Help: { Login: await protect('api') } }, { ...encryption, Password: 'x' });
    await expect(source.read('Help')).rejects.toThrow('got another one');
    write('appsettings.json', { EncryptionCertificate: encryption });
    clock.advance(10_000);
    expect((await source.read('Help'))?.settings.get('Login')?.value).toBe('api');
    write(FILE, { Connections: { Help: { Login: await protect('renewed', theirs) } } });
    clock.advance(10_000);
    expect((await source.read('Help'))?.faults).toEqual([
      { setting: 'Login', message: expect.stringMatching(/was encrypted for certificate/) },
    ]);
    write('agent.pfx', pfxOf(theirs));
    clock.advance(10_000);
    expect((await source.read('Help'))?.settings.get('Login')?.value).toBe('renewed');
  });
});
