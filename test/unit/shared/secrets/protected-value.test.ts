import { constants, createDecipheriv, createHash, createPrivateKey, privateDecrypt } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import {
  looksProtected,
  protectValue,
  thumbprintOf,
  unprotectValue,
} from '../../../../shared/secrets/protected-value.ts';
import { makeCertificateFiles } from './certificate-files.ts';

const files = await makeCertificateFiles();
afterAll(() => files[Symbol.asyncDispose]());
const [ours, other, weak, elliptic] = await Promise.all([
  files.certificate(),
  files.certificate(),
  files.certificate({ key: 'rsa:1024' }),
  files.certificate({ key: 'ec' }),
]);
const keyOf = (files: typeof ours) => ({
  privateKey: createPrivateKey(files.keyPem),
  thumbprint: thumbprintOf(files.x509),
});
const key = keyOf(ours);
const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };

async function faultOf(text: string, of = key): Promise<string> {
  const opened = await unprotectValue(text, of);
  return opened.ok ? 'opened' : opened.fault;
}

describe('protectValue and unprotectValue', () => {
  it('give back any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
        expect(await unprotectValue(await protectValue(value, ours.x509), key)).toEqual({ ok: true, value });
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['nothing', ''],
    ['10 KB', 'Grüße'.repeat(2_000)],
    ['a byte order mark', '\uFEFFx'],
    ['spaces and line ends', ' a\r\nb\n'],
    ['what looks like an encrypted value', 'kxABAeyJ.a.b.c.d'],
    ['the longest value', 'x'.repeat(48_000)],
  ])('give back %s', async (_name, value) => {
    expect(await unprotectValue(await protectValue(value, ours.x509), key)).toEqual({ ok: true, value });
  });

  it('takes a value with white space around it, as an editor leaves it', async () => {
    const text = await protectValue('x', ours.x509);
    expect(await unprotectValue(` ${text}\r\n`, key)).toEqual({ ok: true, value: 'x' });
  });

  it('names the algorithms and the certificate in the header, and makes another text every time', async () => {
    const [one, two] = await Promise.all([protectValue('x', ours.x509), protectValue('x', ours.x509)]);
    const digest = createHash('sha256').update(ours.x509.raw).digest('base64url');
    expect(JSON.parse(Buffer.from(one.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      ...header,
      'x5t#S256': digest,
    });
    expect(one).not.toBe(two);
  });

  it('makes what RFC 7516 says: opened step by step with the key alone', async () => {
    const [head = '', wrapped = '', iv = '', content = '', tag = ''] = (await protectValue('Grüße', ours.x509)).split(
      '.',
    );
    const bytes = (part: string) => Buffer.from(part, 'base64url');
    const oaep = { key: key.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const decipher = createDecipheriv('aes-256-gcm', privateDecrypt(oaep, bytes(wrapped)), bytes(iv));
    decipher.setAAD(Buffer.from(head, 'ascii'));
    decipher.setAuthTag(bytes(tag));
    expect(Buffer.concat([decipher.update(bytes(content)), decipher.final()]).toString('utf8')).toBe('Grüße');
  });

  it('makes what another tool opens, and opens what another tool made', async () => {
    const { plaintext } = await compactDecrypt(await protectValue('Grüße', ours.x509), key.privateKey);
    expect(Buffer.from(plaintext).toString('utf8')).toBe('Grüße');
    const theirs = await new CompactEncrypt(Buffer.from('Grüße'))
      .setProtectedHeader(header)
      .encrypt(ours.x509.publicKey);
    expect(await unprotectValue(theirs, key)).toEqual({ ok: true, value: 'Grüße' });
  });

  it('opens what was made for an earlier certificate with the same key', async () => {
    const renewed = await files.certificate({ sameKeyAs: ours });
    const text = await protectValue('x', ours.x509);
    expect(await unprotectValue(text, keyOf(renewed))).toEqual({ ok: true, value: 'x' });
  });
});

describe('protectValue', () => {
  it.each(['geheim\uD800', '\uDC00geheim', 'ge\uD83Dheim'])('refuses half of a surrogate pair', async (value) => {
    const refusal = await protectValue(value, ours.x509).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RangeError);
    expect(String(refusal)).toMatch(/lone surrogate/);
    expect(String(refusal)).not.toMatch(/heim/);
  });

  it('refuses what unprotectValue would not take', async () => {
    await expect(protectValue('x'.repeat(49_000), ours.x509)).rejects.toThrow(/at most 64 KiB/);
  });

  it('refuses certificates without an RSA key of 2048 bits', async () => {
    await expect(protectValue('x', weak.x509)).rejects.toThrow(/at least 2048 bits.*got 1024 bits/);
    await expect(protectValue('x', elliptic.x509)).rejects.toThrow(/got key type ec/);
  });
});

describe('unprotectValue', () => {
  it('opens nothing that was altered in any part', async () => {
    const parts = (await protectValue('geheim', ours.x509)).split('.').map((part) => Buffer.from(part, 'base64url'));
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(), fc.integer({ min: 0, max: 7 }), async (index, position, bit) => {
        const altered = parts.map((part) => Buffer.from(part));
        const part = altered[index];
        if (!part) throw new Error('Expected five parts');
        const at = position % part.length;
        part[at] = (part[at] ?? 0) ^ (1 << bit);
        const opened = await unprotectValue(altered.map((each) => each.toString('base64url')).join('.'), key);
        expect(opened).toMatchObject({ ok: false, fault: expect.not.stringContaining('geheim') });
      }),
      { numRuns: 300 },
    );
  });

  it('says so where the key, the content or the tag was altered', async () => {
    const parts = (await protectValue('geheim', ours.x509)).split('.');
    for (const index of [1, 2, 3, 4]) {
      const flip = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;
      const altered = parts.map((part, at) => (at === index ? flip(part) : part)).join('.');
      expect(await faultOf(altered)).toMatch(/altered or cut off/);
    }
  });

  it('opens nothing that was cut off anywhere', async () => {
    const text = await protectValue('geheim', ours.x509);
    for (let length = 0; length < text.length; length += 7)
      expect(await faultOf(text.slice(0, length))).not.toBe('opened');
    expect(await faultOf(text.slice(0, -1))).toMatch(/cut off/);
    expect(await faultOf(text.slice(0, 200))).toMatch(/cut off/);
  });

  it('never throws, opens no rubbish and does not repeat it', async () => {
    const rubbish = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String(), { minLength: 5, maxLength: 5 }).map((parts) => `eyJ${parts.join('.')}`),
      fc
        .dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
        .map((given) => `${Buffer.from(JSON.stringify({ ...header, ...given })).toString('base64url')}.a.b.c.d`),
    );
    await fc.assert(
      fc.asyncProperty(rubbish, async (text) => {
        expect(await unprotectValue(text, key)).toMatchObject({ ok: false });
      }),
    );
    expect(await faultOf('geheim.mit.vier.Punkten.darin')).not.toMatch(/geheim|Punkten/);
  });

  it.each([
    ['plain text', 'geheim', /is not encrypted: encrypt the plain value with `npm run protect`/],
    ['nothing', '', /is not encrypted/],
    ['a token of three parts', 'eyJhbGciOiJub25lIn0.e30.x', /is not encrypted, or it was cut off/],
    ["Identity Manager's own format", `kxABA${'A'.repeat(384)}`, /Identity Manager's own format.*npm run protect/],
    ['too much', `eyJ${'A'.repeat(70_000)}`, /at most 64 KiB/],
    ['a header that is no JSON', 'eyJ.a.b.c.d', /altered or cut off/],
  ])('says what to do with %s', async (_name, text, fault) => {
    expect(await faultOf(text)).toMatch(fault);
  });

  it('names both certificates where the value was made for another one', async () => {
    const fault = await faultOf(await protectValue('geheim', other.x509));
    expect(fault).toContain(thumbprintOf(other.x509).slice(0, 16));
    expect(fault).toContain(key.thumbprint.slice(0, 16));
    const bare = await new CompactEncrypt(Buffer.from('x')).setProtectedHeader(header).encrypt(other.x509.publicKey);
    expect(await faultOf(bare)).toMatch(/another certificate, or altered/);
  });

  it.each([{ alg: 'RSA-OAEP' }, { alg: 'RSA-OAEP-512' }, { enc: 'A128GCM' }, { enc: 'A256CBC-HS512' }])(
    'refuses %o though the key would open it',
    async (algorithm) => {
      const made = new CompactEncrypt(Buffer.from('x')).setProtectedHeader({ ...header, ...algorithm });
      expect(await faultOf(await made.encrypt(ours.x509.publicKey))).toMatch(/expected .*RSA-OAEP-256 and A256GCM/);
    },
  );

  it('refuses compressed values, which may grow without end, and what is no text', async () => {
    const compressed = new CompactEncrypt(Buffer.alloc(1_000)).setProtectedHeader({ ...header, zip: 'DEF' });
    expect(await faultOf(await compressed.encrypt(ours.x509.publicKey))).not.toBe('opened');
    const bytes = new CompactEncrypt(Buffer.from([0xff, 0xfe])).setProtectedHeader(header);
    expect(await faultOf(await bytes.encrypt(ours.x509.publicKey))).not.toBe('opened');
  });

  it('refuses keys that are no RSA keys of 2048 bits', async () => {
    const text = await protectValue('x', ours.x509);
    expect(await faultOf(text, keyOf(weak))).toMatch(/got 1024 bits/);
    expect(await faultOf(text, keyOf(elliptic))).toMatch(/got key type ec/);
  });
});

describe('looksProtected', () => {
  it('knows both kinds of encrypted values from plain ones', async () => {
    expect(looksProtected(await protectValue('', ours.x509))).toBe(true);
    expect(looksProtected(`kxABA${'A'.repeat(384)}`)).toBe(true);
    for (const plain of ['', 'geheim', 'a.b.c.d.e', 'eyJhbGciOiJub25lIn0.e30.x', 'eyJ'])
      expect(looksProtected(plain)).toBe(false);
  });
});
