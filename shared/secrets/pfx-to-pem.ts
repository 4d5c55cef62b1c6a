import { createHmac, timingSafeEqual } from 'node:crypto';
import type { asn1 } from 'node-forge';
import { loadPfxBer, type PfxBer } from './pfx-ber.ts';
import { decryptPfxPart, iterationsOf, PfxFault } from './pfx-decrypt.ts';
import { KEY_FOR, type PfxPassword, pkcs12Key, spellingsOf } from './pfx-keys.ts';

/** The certificates and unencrypted private keys (PKCS#8) of a PFX file as PEM text, or why it can't be opened. */
type PfxAsPem = { readonly ok: true; readonly pem: string } | { readonly ok: false; readonly fault: string };

/** Object identifiers of RFC 2315, RFC 7292 and, for hashes, NIST. */
const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const ENCRYPTED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const MAC_HASHES: Readonly<Record<string, { hashName: string; lengthInBytes: number }>> = {
  '1.3.14.3.2.26': { hashName: 'sha1', lengthInBytes: 20 },
  '2.16.840.1.101.3.4.2.1': { hashName: 'sha256', lengthInBytes: 32 },
  '2.16.840.1.101.3.4.2.2': { hashName: 'sha384', lengthInBytes: 48 },
  '2.16.840.1.101.3.4.2.3': { hashName: 'sha512', lengthInBytes: 64 },
};

const NOT_PFX = 'expected a certificate file in PEM or PFX form, got neither';
const CUT_OFF = 'the PFX file is cut off or altered: copy it again';

/**
 * Opens a PFX file (PKCS#12, RFC 7292): PBES2 with AES as OpenSSL 3 and Windows make it now, 3DES and RC2 as older
 * Windows does; without a password, or with an empty one, too. Certificates keep their bytes. Never throws.
 *
 * Node opens no PFX file outside of TLS. node-forge's `pkcs12` is not enough (tried with 1.4.3 on files of OpenSSL 3):
 * - AES and a password beyond ASCII: it gives PBKDF2 the low byte of each character where UTF-8 belongs, and as the check
 *   of the password (MAC) wants UTF-16 of the same text, no other spelling opens the file either.
 * - RC2 with 128 bits: "Unsupported OID".
 * - Certificates signed with RSA-PSS: it writes them anew, with a longer salt not byte for byte; signature and thumbprint
 *   are then wrong.
 * - Iterations without limit, in JavaScript and at one go: 100,000 took 1.8 s, 5,000,000 took 104 s.
 *
 * So it gives the ASN.1 reader and RC2, which Node has not; keys, ciphers and MAC are `node:crypto`'s.
 */
export async function pfxToPem(bytes: Uint8Array, password: string | undefined): Promise<PfxAsPem> {
  if (bytes[0] !== 0x30) return { ok: false, fault: NOT_PFX };
  const ber = await loadPfxBer();
  let pfx: asn1.Asn1;
  try {
    pfx = ber.read(Buffer.from(bytes));
  } catch {
    return { ok: false, fault: CUT_OFF };
  }
  try {
    return { ok: true, pem: await open(ber, pfx, password) };
  } catch (error) {
    return { ok: false, fault: error instanceof PfxFault ? error.message : CUT_OFF };
  }
}

/** @throws PfxFault for what is foreseen, anything else for a file that is not what it says. */
async function open(ber: PfxBer, pfx: asn1.Asn1, password: string | undefined): Promise<string> {
  const [version, contentInfo, mac] = ber.inside(pfx);
  const isPfx = version && contentInfo && typeof version.value === 'string' && ber.integer(version) === 3;
  if (!isPfx) throw new PfxFault(NOT_PFX);
  if (ber.oid(ber.at(contentInfo, 0)) !== DATA) {
    throw new PfxFault('expected a PFX file protected by a password, got one protected by another certificate');
  }
  const content = ber.octets(ber.at(contentInfo, 1, 0));
  const spellings = spellingsOf(password ?? '');
  const spelling = mac ? spellings.find((candidate) => isMacRight(ber, mac, content, candidate)) : spellings[0];
  const refusal =
    password === undefined
      ? 'expected the password of the PFX file, got none: give it'
      : 'expected the password of the PFX file, got another one (or the file was altered): check it';
  if (!spelling) throw new PfxFault(refusal);

  const blocks: string[] = [];
  for (const part of ber.inside(ber.read(content))) {
    const kind = ber.oid(ber.at(part, 0));
    if (kind === DATA) await readBags(ber.octets(ber.at(part, 1, 0)));
    if (kind === ENCRYPTED_DATA) {
      const encrypted = ber.at(part, 1, 0, 1);
      await readBags(await decrypt(ber.at(encrypted, 1), ber.octets(ber.at(encrypted, 2)), spelling));
    }
  }
  return blocks.join('');

  async function readBags(bytes: Buffer): Promise<void> {
    for (const bag of ber.inside(ber.read(bytes))) {
      const value = ber.at(bag, 1, 0);
      const kind = ber.oid(ber.at(bag, 0));
      if (kind === KEY_BAG) blocks.push(pemOf('PRIVATE KEY', ber.der(value)));
      if (kind === ENCRYPTED_KEY_BAG && spelling) {
        const key = await decrypt(ber.at(value, 0), ber.octets(ber.at(value, 1)), spelling);
        blocks.push(pemOf('PRIVATE KEY', key));
      }
      if (kind === CERTIFICATE_BAG && ber.oid(ber.at(value, 0)) === X509_CERTIFICATE) {
        blocks.push(pemOf('CERTIFICATE', ber.octets(ber.at(value, 1, 0))));
      }
    }
  }

  async function decrypt(algorithm: asn1.Asn1, encrypted: Buffer, by: PfxPassword): Promise<Buffer> {
    try {
      return await decryptPfxPart(ber, algorithm, encrypted, by);
    } catch (error) {
      // The cause is left out: nothing of what a wrong key makes of the file may be told.
      throw error instanceof PfxFault ? error : new PfxFault(refusal);
    }
  }
}

function isMacRight(ber: PfxBer, mac: asn1.Asn1, content: Buffer, password: PfxPassword): boolean {
  const known = MAC_HASHES[ber.oid(ber.at(mac, 0, 0, 0))];
  if (!known) {
    throw new PfxFault(
      "the PFX file's password is checked in a way that can't be read here: export it again with SHA-256",
    );
  }
  const digest = ber.octets(ber.at(mac, 0, 1));
  const iterations = ber.inside(mac)[2];
  const recipe = {
    ...known,
    salt: ber.octets(ber.at(mac, 1)),
    iterations: iterations ? iterationsOf(ber, iterations) : 1,
  };
  const right = createHmac(known.hashName, pkcs12Key(password, recipe, KEY_FOR.mac))
    .update(content)
    .digest();
  return right.length === digest.length && timingSafeEqual(right, digest);
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
