import { afterAll, describe, expect, it } from 'vitest';
import { makePfx } from '../../../../infra/local/certificate.ts';
import { type CertificateSection, makeLoadCertificate } from '../../../../shared/secrets/app-certificate.ts';
import type { VaultLocation } from '../../../../shared/secrets/secret-clients.ts';
import { memorySettings } from '../settings/memory-settings.ts';
import { makeCertificateFiles } from './certificate-files.ts';

const PASSWORD = 'pfx-S3cr3t';
const certificates = await makeCertificateFiles();
afterAll(() => certificates[Symbol.asyncDispose]());
const [ours, elliptic] = await Promise.all([certificates.certificate(), certificates.certificate({ key: 'ec' })]);

const nothing: CertificateSection = {
  File: undefined,
  Password: undefined,
  CertificateAzureKeyVault: undefined,
  DistinguishedName: undefined,
  Thumbprint: undefined,
  StoreLocation: undefined,
  StoreName: undefined,
};

/** The loader over a container (or the package) with a PFX and PEM files in it; no vault ever answers. */
function start(options: { readonly isPackage?: boolean; readonly vault?: VaultLocation } = {}) {
  // The directory of these certificates stands for the package.
  const { files, clock } = memorySettings(
    {
      'agent.pfx': makePfx({ certificate: ours.certificatePem, key: ours.keyPem }, PASSWORD),
      'agent.pem': ours.certificatePem + ours.keyPem,
      'elliptic.pem': elliptic.certificatePem + elliptic.keyPem,
      'public.pem': ours.certificatePem,
    },
    options,
  );
  const asked: VaultLocation[] = [];
  const loadCertificate = makeLoadCertificate({
    files,
    directory: certificates.directory,
    loadLocation: async () => options.vault,
    clients: (location) => {
      asked.push(location);
      return Promise.reject(new Error('The vault is away'));
    },
    clock,
  });
  const load = (section: Partial<CertificateSection>, sectionName = 'EncryptionCertificate') =>
    loadCertificate(sectionName, { ...nothing, ...section });
  return { load, asked };
}

async function faultOf(
  section: Partial<CertificateSection>,
  options: Parameters<typeof start>[0] = {},
): Promise<string> {
  const { load, asked } = start(options);
  const outcome = await load(section).then(
    () => 'loaded',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
  expect(asked).toEqual([]);
  return outcome instanceof Error ? outcome.message : '';
}

describe('a certificate from a file', () => {
  it.each([
    ['a PFX file with its password', { File: 'agent.pfx', Password: PASSWORD }],
    ['a PEM file', { File: 'agent.pem' }],
  ])('is read from %s beside the settings files', async (_what, section) => {
    const loaded = await start().load(section);
    expect(loaded?.certificate.fingerprint256).toBe(ours.x509.fingerprint256);
    expect(loaded?.privateKeyPem.trim()).toBe(ours.keyPem.trim());
  });

  it.each([true, false])('is read from a share, the settings being in the package or not: %s', async (isPackage) => {
    await using share = await makeCertificateFiles();
    const File = await share.write(ours.certificatePem + ours.keyPem);
    const loaded = await start({ isPackage }).load({ File });
    expect(loaded?.certificate.fingerprint256).toBe(ours.x509.fingerprint256);
  });

  it.each([
    [undefined, /expected the password of the PFX file, got none/],
    ['', /expected the password of the PFX file, got/],
    ['other-S3cr3t', /expected the password of the PFX file, got another one/],
  ])('is refused with password %j, names the members to put right and no password', async (Password, fault) => {
    const message = await faultOf({ File: 'agent.pfx', Password });
    expect(message).toMatch(
      /^EncryptionCertificate:File and EncryptionCertificate:Password of appsettings\.json: expected the password/,
    );
    expect(message).toMatch(fault);
    expect(message).not.toContain('S3cr3t');
  });

  it('is refused without a private key in it', async () => {
    expect(await faultOf({ File: 'public.pem' })).toMatch(/of appsettings\.json: expected a private key beside/);
  });

  it('is refused where it is not there, with where it was looked for', async () => {
    expect(await faultOf({ File: 'none.pfx' })).toBe(
      'Expected private key none.pfx in https://store.example/settings, found none: put it there',
    );
  });

  it.each([
    ['by name, the settings being there too', 'agent.pfx', true],
    ['by path', ours.certificateFile, true],
    ['by path, the settings being in a container', ours.certificateFile, false],
  ])('is never read from the package: %s', async (_how, File, isPackage) => {
    expect(await faultOf({ File, Password: PASSWORD }, { isPackage })).toMatch(
      /^Expected private key .* outside of the package: put it into the container that APPSETTINGS_URL names, or use a Key Vault certificate$/,
    );
  });

  it('may have a key of another kind where it signs in to CyberArk, and not where it decrypts', async () => {
    const loaded = await start().load({ File: 'elliptic.pem' }, 'CyberArk');
    expect(loaded?.certificate.fingerprint256).toBe(elliptic.x509.fingerprint256);
    expect(await faultOf({ File: 'elliptic.pem' })).toMatch(
      /expected a certificate with an RSA key .* got key type ec/,
    );
  });
});

describe('a certificate in a Windows store', () => {
  it.each([
    { Thumbprint: 'S3cr3t', StoreLocation: 'LocalMachine', StoreName: 'My' },
    { DistinguishedName: 'CN=S3cr3t', StoreLocation: 'CurrentUser' },
  ])('is refused, with what to do instead: %o', async (section) => {
    const message = await faultOf(section);
    expect(message).toBe(
      'EncryptionCertificate of appsettings.json names a certificate in a Windows certificate store, which this app has none of: export it as a PFX file and name that with EncryptionCertificate:File, or import it into Key Vault',
    );
  });

  it('is not looked for beside a file, which takes priority', async () => {
    const loaded = await start().load({ File: 'agent.pem', Thumbprint: 'AB' });
    expect(loaded?.certificate.fingerprint256).toBe(ours.x509.fingerprint256);
  });
});

describe('a certificate in a vault', () => {
  const vault = { url: 'https://own.example', clientId: 'identity' };

  it.each([
    ['agent', 'https://own.example', 'agent'],
    ['agent/0123456789abcdef', 'https://own.example', 'agent'],
    ['https://other.example/certificates/agent', 'https://other.example', 'agent'],
    ['https://other.example/certificates/agent/0123', 'https://other.example', 'agent'],
    ['https://other.example:8443/secrets/agent', 'https://other.example:8443', 'agent'],
    ['HTTPS://Other.example/certificates/agent', 'https://other.example', 'agent'],
  ])('%s is asked for where its name says, as the same identity', async (CertificateAzureKeyVault, url, name) => {
    const { load, asked } = start({ vault });
    await expect(load({ CertificateAzureKeyVault })).rejects.toMatchObject({
      name: 'UnavailableError',
      message: `Certificate ${name} of Key Vault ${url} could not be read (no answer); it is tried again`,
    });
    expect(asked).toEqual([{ url, clientId: 'identity' }]);
  });

  it.each([
    'two words',
    'under_score',
    'a/b/c',
    '/agent',
    'a'.repeat(128),
    'http://other.example/certificates/agent',
    'https://other.example/keys/agent',
    'https://other.example/certificates/',
    'https://other.example/',
    'https://',
  ])('%s is no name of one', async (CertificateAzureKeyVault) => {
    expect(await faultOf({ CertificateAzureKeyVault }, { vault })).toBe(
      'EncryptionCertificate:CertificateAzureKeyVault of appsettings.json: expected the name of a certificate in the configured Key Vault, or an identifier such as https://<vault>.vault.azure.net/certificates/<name>',
    );
  });

  it('needs a vault to be configured, unless it is named by its address', async () => {
    expect(await faultOf({ CertificateAzureKeyVault: 'agent' })).toMatch(
      /^EncryptionCertificate:CertificateAzureKeyVault of appsettings\.json: expected the name of a certificate in the configured Key Vault/,
    );
    const { load, asked } = start();
    const outcome = load({ CertificateAzureKeyVault: 'https://other.example/certificates/agent' }, 'CyberArk');
    await expect(outcome).rejects.toMatchObject({ name: 'UnavailableError' });
    expect(asked).toEqual([{ url: 'https://other.example', clientId: undefined }]);
  });
});

describe('a section that names no certificate', () => {
  it.each([{}, { Password: PASSWORD }, { StoreLocation: 'LocalMachine', StoreName: 'My' }])(
    'gives none: %o',
    async (section) => {
      expect(await start().load(section)).toBeUndefined();
    },
  );
});
