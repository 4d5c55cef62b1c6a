import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';

/** A value opened, or one sentence that says why not and what to do; it never repeats the value. */
type Unprotected = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly fault: string };

const KEY_ALGORITHM = 'RSA-OAEP-256';
const CONTENT_ALGORITHM = 'A256GCM';
const SMALLEST_KEY_IN_BITS = 2048;
const LONGEST_IN_CHARACTERS = 64 * 1024;

/** How every value begins that Identity Manager's own tools encrypt; measured on their printed samples. */
const VENDOR_START = 'kxABA';
const PART = /^[A-Za-z0-9_-]*$/;

const DO = 'encrypt the plain value with `npm run protect` and put that in';
const ALTERED = `the value was altered or cut off after it was encrypted: copy it again as one line, or ${DO}`;
const OTHER_ALGORITHM = `expected a value encrypted with ${KEY_ALGORITHM} and ${CONTENT_ALGORITHM}, got other algorithms: ${DO}`;

const protectedHeader = z.object({
  alg: z.string(),
  enc: z.string(),
  'x5t#S256': z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/))),
});

/**
 * Encrypts a text for whoever holds the certificate's private key: a JWE in compact form (RFC 7516; RSA-OAEP-256,
 * A256GCM) whose header names the certificate (`x5t#S256`). Two calls never give the same text.
 *
 * @throws RangeError where the certificate can't encrypt, or the value is no text (half of a surrogate pair) or longer
 * than `unprotectValue` takes; the message never holds the value.
 */
export async function protectValue(value: string, certificate: X509Certificate): Promise<string> {
  const { publicKey } = certificate;
  const fault = whyNotForDecryption(publicKey);
  if (fault) throw new RangeError(fault);
  if (!value.isWellFormed()) {
    throw new RangeError('Expected a text, got one with half of a character (a lone surrogate): type the value again');
  }
  const { CompactEncrypt } = await import('jose/jwe/compact/encrypt');
  const text = await new CompactEncrypt(Buffer.from(value, 'utf8'))
    .setProtectedHeader({ alg: KEY_ALGORITHM, enc: CONTENT_ALGORITHM, 'x5t#S256': thumbprintOf(certificate) })
    .encrypt(publicKey);
  if (text.length <= LONGEST_IN_CHARACTERS) return text;
  throw new RangeError(
    'Expected a value of at most 64 KiB once encrypted (about 48,000 bytes of text), got a longer one',
  );
}

/**
 * Opens what `protectValue` made, or another tool with the same algorithms. Never throws for what is in `text`. A value
 * made for an earlier certificate with the same key opens too.
 */
export async function unprotectValue(
  text: string,
  key: { readonly privateKey: KeyObject; readonly thumbprint: string },
): Promise<Unprotected> {
  const value = text.trim();
  if (value.length > LONGEST_IN_CHARACTERS) {
    return no(`expected an encrypted value of at most 64 KiB, got a longer one: ${DO}`);
  }
  if (value.startsWith(VENDOR_START)) {
    return no(
      `the value is encrypted in Identity Manager's own format, which is not documented and can't be read here: ${DO}`,
    );
  }
  const parts = value.split('.');
  // What `{"` looks like in Base64.
  if (!value.startsWith('eyJ')) return no(`the value is not encrypted: ${DO}`);
  if (parts.length !== 5) return no(`the value is not encrypted, or it was cut off: ${DO}`);
  if (!parts.every((part) => PART.test(part))) return no(ALTERED);
  const header = parseJson(protectedHeader, Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
  if (!header.ok) return no(ALTERED);
  if (header.value.alg !== KEY_ALGORITHM || header.value.enc !== CONTENT_ALGORITHM) return no(OTHER_ALGORITHM);
  const fault = whyNotForDecryption(key.privateKey);
  if (fault) return no(fault);
  const { compactDecrypt } = await import('jose/jwe/compact/decrypt');
  try {
    const { plaintext } = await compactDecrypt(value, key.privateKey, {
      keyManagementAlgorithms: [KEY_ALGORITHM],
      contentEncryptionAlgorithms: [CONTENT_ALGORITHM],
      maxDecompressedLength: 0,
    });
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext) };
  } catch {
    const made = header.value['x5t#S256'];
    if (made === undefined) {
      return no(
        `the value can't be opened with certificate ${short(key.thumbprint)}: it was made for another certificate, or altered or cut off: ${DO}`,
      );
    }
    if (made === key.thumbprint) return no(ALTERED);
    return no(
      `the value was encrypted for certificate ${short(made)}, the configured one is ${short(key.thumbprint)} (SHA-256, first 16 characters): configure that certificate, or ${DO}`,
    );
  }
}

/** Whether a text looks encrypted already, by this program or by Identity Manager's own tools. */
export function looksProtected(text: string): boolean {
  const value = text.trim();
  return value.startsWith(VENDOR_START) || /^eyJ[\w-]*(\.[\w-]*){4}$/.test(value);
}

/** A certificate's thumbprint as headers carry it: SHA-256 of its DER in base64url (RFC 7515 4.1.8). */
export function thumbprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('base64url');
}

/** Why a key can't be used for protected values, as a sentence; `undefined` where it can. */
export function whyNotForDecryption(key: KeyObject): string | undefined {
  const expected = 'expected a certificate with an RSA key of at least 2048 bits (key type rsaEncryption)';
  if (key.asymmetricKeyType !== 'rsa') return `${expected}, got key type ${key.asymmetricKeyType ?? 'unknown'}`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < SMALLEST_KEY_IN_BITS ? `${expected}, got ${bits} bits` : undefined;
}

function short(thumbprint: string): string {
  return thumbprint.slice(0, 16);
}

function no(fault: string): Unprotected {
  return { ok: false, fault };
}
