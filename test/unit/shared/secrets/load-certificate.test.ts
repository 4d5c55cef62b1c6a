import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makePfx } from '../../../../infra/local/certificate.ts';
import { readCertificate, readPublicCertificate } from '../../../../shared/secrets/load-certificate.ts';
import { protectValue, thumbprintOf, unprotectValue } from '../../../../shared/secrets/protected-value.ts';
import { type CertificateFiles, makeCertificateFiles } from './certificate-files.ts';

const PASSWORD = 'grüße €😀';
const files = await makeCertificateFiles();
afterAll(() => files[Symbol.asyncDispose]());
const authority = await files.certificate();
const [ours, other] = await Promise.all([files.certificate({ issuer: authority }), files.certificate()]);

/** A file that OpenSSL made, as `make-files.sh` beside it says. */
const kept = (name: string) => readFile(new URL(`pfx-files/${name}`, import.meta.url));
const modern = await kept('modern.pfx');
const inPfx = new X509Certificate(await kept('certificate.pem'));

const read = (content: string | Uint8Array, password?: string) => readCertificate(Buffer.from(content), password);

async function faultOf(content: string | Uint8Array, password?: string): Promise<string> {
  const loaded = await read(content, password);
  return loaded.ok ? 'loaded' : loaded.fault;
}

/** The certificate is that one, and the private key is its. */
async function expectRead(of: X509Certificate, content: string | Uint8Array, password?: string): Promise<void> {
  const loaded = await read(content, password);
  if (!loaded.ok) throw new Error(loaded.fault);
  const { certificate, certificatePem, privateKey, privateKeyPem, thumbprint, startsOn, expiresOn } = loaded.value;
  expect(certificate.raw).toEqual(of.raw);
  expect(new X509Certificate(certificatePem).raw).toEqual(of.raw);
  expect(createPublicKey(privateKey).equals(of.publicKey)).toBe(true);
  expect(privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(createPrivateKey(privateKeyPem).equals(privateKey)).toBe(true);
  expect(Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase()).toBe(
    of.fingerprint256.replaceAll(':', ''),
  );
  expect([startsOn, expiresOn]).toEqual([of.validFromDate, of.validToDate]);
}

/** The key of a certificate in another form. */
function keyIn({ keyPem }: CertificateFiles, type: 'pkcs1' | 'pkcs8', password?: string): string {
  const cipher = password === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: password };
  return createPrivateKey(keyPem)
    .export({ type, format: 'pem', ...cipher })
    .toString();
}

describe('readCertificate from PEM', () => {
  it.each([
    ['certificate first', () => ours.certificatePem + ours.keyPem],
    [
      'key first, text between, line ends of Windows',
      () => `${ours.keyPem}Bag\nhere\n${ours.certificatePem}`.replaceAll('\n', '\r\n'),
    ],
    ['a byte order mark', () => `\uFEFF${ours.keyPem}${ours.certificatePem}`],
    [
      'among other certificates',
      () => authority.certificatePem + other.certificatePem + ours.keyPem + ours.certificatePem,
    ],
    ['beside a key of another certificate', () => other.keyPem + ours.keyPem + ours.certificatePem],
  ])('takes the certificate that fits its key: %s', async (_name, content) => {
    await expectRead(ours.x509, content());
  });

  it('keeps the other certificates in their order', async () => {
    const loaded = await read(authority.certificatePem + ours.certificatePem + other.certificatePem + ours.keyPem);
    expect(loaded).toMatchObject({ ok: true, value: { chainPem: [authority.certificatePem, other.certificatePem] } });
  });

  it('takes the certificate that is valid longest where several have the key', async () => {
    const renewed = await files.certificate({ sameKeyAs: ours, days: 60 });
    await expectRead(renewed.x509, ours.certificatePem + renewed.certificatePem + ours.keyPem);
  });

  it('takes a key in PKCS#1', async () => {
    await expectRead(ours.x509, keyIn(ours, 'pkcs1') + ours.certificatePem);
  });

  it.each([
    ['PKCS#1', async () => keyIn(ours, 'pkcs1', PASSWORD) + ours.certificatePem, PASSWORD, ours.x509],
    ['PKCS#8', async () => keyIn(ours, 'pkcs8', PASSWORD) + ours.certificatePem, PASSWORD, ours.x509],
    [
      'PKCS#8 with an older cipher',
      async () => Buffer.concat([await kept('key-3des.pem'), await kept('certificate.pem')]).toString(),
      'geheim',
      inPfx,
    ],
  ])(
    'takes a key in %s with a password, and refuses it without the right one',
    async (_name, content, password, of) => {
      const pem = await content();
      await expectRead(of, pem, password);
      expect(await faultOf(pem, 'wrong')).toMatch(/expected the password of the private key, got another/);
      expect(await faultOf(pem)).toMatch(/expected the password of the private key, got none/);
      expect(await faultOf(pem, '')).toMatch(/expected the password of the private key, got another/);
    },
  );

  it.each([
    ['no key', () => ours.certificatePem, /expected a private key beside the certificate, got none/],
    ['no certificate', () => ours.keyPem, /expected a certificate beside the private key, got none/],
    ["another certificate's key", () => ours.certificatePem + other.keyPem, /does not fit/],
    ['no end', () => ours.certificatePem + ours.keyPem.slice(0, 400), /cut off/],
    [
      'a certificate without its middle',
      () => ours.keyPem + cutMiddle(ours.certificatePem),
      /certificate in the file is cut off/,
    ],
    ['a key without its middle', () => ours.certificatePem + cutMiddle(ours.keyPem), /private key is cut off/],
    ['something else in PEM', () => ours.certificatePem.replaceAll('CERTIFICATE', 'PARAMETERS'), /got neither/],
  ])('says what is wrong: %s', async (_name, content, fault) => {
    expect(await faultOf(content())).toMatch(fault);
  });
});

describe('readCertificate from PFX', () => {
  it.each([
    ['as OpenSSL 3 makes it', 'modern', PASSWORD],
    ['as Windows made it: 3DES and RC2 with 40 bits', 'windows-before-2017', PASSWORD],
    ['with RC2 of 128 bits', 'rc2-128', 'geheim'],
    ['with 3DES for all', '3des', 'geheim'],
    ['with AES-128 and SHA-512', 'aes-128-sha-512', 'geheim'],
    ['with certificates in the clear', 'clear-certificate', 'geheim'],
    ['with key and certificates in the clear', 'clear', 'geheim'],
    ['without a check of the password', 'no-mac', 'geheim'],
    ['with many iterations', 'iterations-100000', 'geheim'],
  ])('reads a file %s, and refuses it without the right password', async (_name, file, password) => {
    const pfx = await kept(`${file}.pfx`);
    await expectRead(inPfx, pfx, password);
    expect(await faultOf(pfx, 'wrong')).toMatch(/expected the password of the PFX file, got another one/);
    expect(await faultOf(pfx)).toMatch(/expected the password of the PFX file, got none/);
  });

  it.each(['no-password.pfx', 'no-password-legacy.pfx'])(
    'reads a file with an empty password, given or not: %s',
    async (file) => {
      const pfx = await kept(file);
      await expectRead(inPfx, pfx, '');
      await expectRead(inPfx, pfx);
      expect(await faultOf(pfx, 'wrong')).toMatch(/got another one/);
    },
  );

  it.each(['aes256', '3des'] as const)('reads what another library makes with %s', async (algorithm) => {
    const pfx = makePfx({ certificate: ours.certificatePem, key: ours.keyPem }, 'geheim', algorithm);
    await expectRead(ours.x509, pfx, 'geheim');
  });

  it('keeps every byte of a certificate, for its signature and its thumbprint are over them', async () => {
    await expectRead(new X509Certificate(await kept('pss.pem')), await kept('pss.pfx'), 'geheim');
  });

  it('reads the Base64 text that Key Vault gives, in one line or many', async () => {
    const text = modern.toString('base64');
    await expectRead(inPfx, text, PASSWORD);
    await expectRead(inPfx, `${text.replace(/.{64}/g, '$&\r\n')}\n`, PASSWORD);
    expect(await faultOf(text.slice(0, 1_000), PASSWORD)).toMatch(/cut off/);
  });

  it('keeps the chain that comes with it', async () => {
    const pfx = await kept('chain.pfx');
    await expectRead(inPfx, pfx, 'geheim');
    const loaded = await read(pfx, 'geheim');
    expect(loaded).toMatchObject({
      ok: true,
      value: { chainPem: [new X509Certificate(await kept('authority.pem')).toString()] },
    });
  });

  it('says so where the file holds no private key', async () => {
    expect(await faultOf(await kept('no-key.pfx'), 'geheim')).toMatch(/expected a private key/);
  });

  it.each(['iterations-1000001.pfx', 'iterations-1000001-no-mac.pfx', 'iterations-1000001-no-mac-legacy.pfx'])(
    'does not count for minutes because a file says so: %s',
    async (file) => {
      expect(await faultOf(await kept(file), 'geheim')).toMatch(/1 to 1,000,000 iterations/);
    },
  );
});

describe('readCertificate', () => {
  it('never throws, whatever is cut off or altered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(modern.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        expect(await faultOf(modern.subarray(0, at), PASSWORD)).not.toBe('loaded');
        const altered = Buffer.from(modern);
        altered[at] = (altered[at] ?? 0) ^ mask;
        expect(await faultOf(altered, PASSWORD)).not.toContain(PASSWORD);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await faultOf(bytes)).not.toBe('loaded');
        expect(await faultOf(Buffer.concat([Buffer.from([0x30]), bytes]))).not.toBe('loaded');
      }),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0), /neither/],
    ['JSON', Buffer.from('{"a":1}'), /neither/],
    ['a certificate in DER, without a key', ours.x509.raw, /neither/],
    ['a cut PFX', modern.subarray(0, 900), /cut off/],
    ['too much', Buffer.alloc(2 * 1024 * 1024, 'A'), /at most 1 MiB/],
  ])('says what it expected: %s', async (_name, content, fault) => {
    expect(await faultOf(content)).toMatch(fault);
  });

  it('refuses keys that decrypt nothing, but for a TLS client', async () => {
    const weak = await files.certificate({ key: 'rsa:1024' });
    const elliptic = await files.certificate({ key: 'ec' });
    expect(await faultOf(weak.certificatePem + weak.keyPem)).toMatch(/at least 2048 bits.*got 1024 bits/);
    expect(await faultOf(elliptic.certificatePem + elliptic.keyPem)).toMatch(/got key type ec/);
    expect(await faultOf(await kept('elliptic.pfx'), 'geheim')).toMatch(/got key type ec/);
    const pem = Buffer.from(elliptic.certificatePem + elliptic.keyPem);
    expect(await readCertificate(pem, undefined, 'client')).toMatchObject({ ok: true });
  });

  it('gives a key that opens what was encrypted for the certificate', async () => {
    const loaded = await read(modern, PASSWORD);
    if (!loaded.ok) throw new Error(loaded.fault);
    const text = await protectValue('geheim', inPfx);
    expect(await unprotectValue(text, loaded.value)).toEqual({ ok: true, value: 'geheim' });
  });
});

describe('readPublicCertificate', () => {
  const thumbprint = async (content: string | Uint8Array, password?: string) => {
    const found = await readPublicCertificate(Buffer.from(content), password);
    return found.ok ? thumbprintOf(found.value) : found.fault;
  };

  it('needs no private key, and no password where the certificate is in the clear', async () => {
    const expected = thumbprintOf(ours.x509);
    expect(await thumbprint(ours.certificatePem)).toBe(expected);
    expect(await thumbprint(ours.x509.raw)).toBe(expected);
    expect(await thumbprint(keyIn(ours, 'pkcs8', 'geheim') + ours.certificatePem)).toBe(expected);
    expect(await thumbprint(modern, PASSWORD)).toBe(thumbprintOf(inPfx));
    expect(await thumbprint(await kept('no-key.pfx'), 'geheim')).toBe(thumbprintOf(inPfx));
  });

  it('takes the certificate at the end of a chain, or the one of the key', async () => {
    expect(await thumbprint(authority.certificatePem + ours.certificatePem)).toBe(thumbprintOf(ours.x509));
    expect(await thumbprint(other.certificatePem + ours.certificatePem + ours.keyPem)).toBe(thumbprintOf(ours.x509));
  });

  it('says so where it can not know which, or there is none', async () => {
    expect(await thumbprint(other.certificatePem + ours.certificatePem)).toMatch(
      /expected one certificate in the file, got 2/,
    );
    expect(await thumbprint(ours.keyPem)).toMatch(/expected a certificate in the file, got none/);
    expect(await thumbprint(modern, 'wrong')).toMatch(/got another one/);
    expect(await thumbprint('rubbish')).toMatch(/neither/);
  });
});

function cutMiddle(pem: string): string {
  return pem.slice(0, 200) + pem.slice(-200);
}
