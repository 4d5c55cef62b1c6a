import { afterAll, describe, expect, it } from 'vitest';
import type { CertificateSection } from '../../../../shared/secrets/app-certificate.ts';
import { makeLoadCyberArk } from '../../../../shared/secrets/cyberark-configuration.ts';
import { type LoadedCertificate, readCertificate } from '../../../../shared/secrets/load-certificate.ts';
import { memorySettings } from '../settings/memory-settings.ts';
import { makeCertificateFiles } from './certificate-files.ts';

const certificates = await makeCertificateFiles();
afterAll(() => certificates[Symbol.asyncDispose]());
const authority = await certificates.certificate();
const client = await certificates.certificate({ issuer: authority });
const CyberArk = {
  UseCyberArkSetting: true,
  Server: 'https://cyberark.contoso.com',
  SafeName: 'Tickets',
  ApplicationId: 'connector',
};

/** The configuration over these files, with the sections for which a certificate was asked. */
function start(files: Readonly<Record<string, unknown>>, certificate?: LoadedCertificate) {
  const asked: [string, CertificateSection][] = [];
  const settings = memorySettings(files);
  const cyberArk = makeLoadCyberArk(settings.readSettings, async (sectionName, section) => {
    asked.push([sectionName, section]);
    return certificate;
  });
  return { ...settings, ...cyberArk, asked };
}
const load = (section: unknown) => start({ 'appsettings.json': { CyberArk: section } }).loadConfiguration();

describe('the section CyberArk', () => {
  it('says how accounts are read', async () => {
    expect(await load(CyberArk)).toEqual({
      server: 'https://cyberark.contoso.com',
      safeName: 'Tickets',
      applicationId: 'connector',
    });
  });

  it.each([
    [undefined],
    [{}],
    [{ ...CyberArk, UseCyberArkSetting: false }],
    [{ ...CyberArk, UseCyberArkSetting: 'False' }],
    [{ Server: 7, SafeName: '', UseCyberArkSetting: null }],
  ])('switches CyberArk off: %j', async (section) => {
    expect(await load(section ?? null)).toBeUndefined();
    expect(await start({}).loadConfiguration()).toBeUndefined();
  });

  it.each([true, 'true', 'True'])('switches it on with %j', async (UseCyberArkSetting) => {
    expect(await load({ ...CyberArk, UseCyberArkSetting })).toMatchObject({ safeName: 'Tickets' });
  });

  it.each([
    [{ Server: '' }, 'got no Server'],
    [{ SafeName: null }, 'got no SafeName'],
    [{ Server: '', ApplicationId: '' }, 'got no Server, no ApplicationId'],
    [{ Server: null, SafeName: '', ApplicationId: '' }, 'got no Server, no SafeName, no ApplicationId'],
  ])('with %j lists everything that is missing', async (missing, expected) => {
    await expect(load({ ...CyberArk, ...missing })).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'settings' },
      message: `CyberArk of appsettings.json: expected Server, SafeName and ApplicationId, ${expected}`,
    });
  });

  it('lists everything that is no text, without it', async () => {
    await expect(
      load({ ...CyberArk, Server: ['S3cr3t'], Password: { a: 'S3cr3t' }, UseCyberArkSetting: 2 }),
    ).rejects.toThrow(
      /^Section CyberArk of appsettings\.json is not usable: UseCyberArkSetting: expected true or false; Server: expected a text; Password: expected a text$/,
    );
  });

  it('takes a number for the text it stands as', async () => {
    expect(await load({ ...CyberArk, SafeName: 4711 })).toMatchObject({ safeName: '4711' });
  });

  it('names the client certificate, whose chain is shown with it', async () => {
    const pem = client.certificatePem + client.keyPem + authority.certificatePem;
    const read = await readCertificate(Buffer.from(pem), undefined, 'client');
    if (!read.ok) throw new Error(read.fault);
    const section = { ...CyberArk, File: 'client.pfx', Password: 'S3cr3t' };
    const { loadConfiguration, asked } = start({ 'appsettings.json': { CyberArk: section } }, read.value);
    expect((await loadConfiguration())?.client).toEqual({
      certificate: client.certificatePem + authority.certificatePem,
      key: client.keyPem,
    });
    expect(asked).toEqual([['CyberArk', expect.objectContaining({ File: 'client.pfx', Password: 'S3cr3t' })]]);
  });

  it('has no certificate asked for where CyberArk is switched off', async () => {
    const section = { ...CyberArk, UseCyberArkSetting: false, File: 'client.pfx' };
    const { loadConfiguration, asked } = start({ 'appsettings.json': { CyberArk: section } });
    await loadConfiguration();
    expect(asked).toEqual([]);
  });

  it('is read anew after ten seconds', async () => {
    const { loadConfiguration, write, clock } = start({ 'appsettings.json': {} });
    expect(await loadConfiguration()).toBeUndefined();
    write('appsettings.json', { CyberArk });
    clock.advance(9_999);
    expect(await loadConfiguration()).toBeUndefined();
    clock.advance(1);
    expect(await loadConfiguration()).toMatchObject({ safeName: 'Tickets' });
  });
});

describe('the file of accounts', () => {
  const content = {
    Connections: {
      Help: { Login: 'Desk', Password: 'Desk', ClientId: '', Passwort: 'x', Server: ['Desk'] },
      Other: {},
    },
  };

  it.each(['appsettings.cyberark.agent.json', 'appsettings.cyberArk.agent.json'])(
    'may be spelled %s, as the documentation does both, and names the account of each setting',
    async (file) => {
      expect(await start({ [file]: content }).loadAccounts('Help')).toEqual({
        accounts: new Map([
          ['Login', 'Desk'],
          ['Password', 'Desk'],
        ]),
        faults: [{ setting: 'Server', message: 'Server: expected a text, got a list' }],
        warnings: ['"Passwort" is no setting of a connection; did you mean Password?'],
      });
    },
  );

  it.each([{}, { 'appsettings.cyberark.agent.json': content }])(
    'names no account where it is missing, or of a connection that is not in it',
    async (files) => {
      expect(await start(files).loadAccounts('Nobody')).toEqual({ accounts: new Map(), faults: [], warnings: [] });
    },
  );

  it('that is not usable is a hold, whose message names it', async () => {
    await expect(start({ 'appsettings.cyberark.agent.json': '{' }).loadAccounts('Help')).rejects.toThrow(
      /^appsettings\.cyberark\.agent\.json \(in .*\) is not usable/,
    );
  });
});
