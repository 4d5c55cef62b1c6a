import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { codeOf } from '../errors.ts';
import { thumbprintOf, whyNotForDecryption } from './protected-value.ts';

/** A certificate with the private key that fits it. */
export interface LoadedCertificate {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** The other certificates of the file, in its order; what a TLS client sends along. */
  readonly chainPem: readonly string[];
  readonly privateKey: KeyObject;
  /** PKCS#8, not encrypted. */
  readonly privateKeyPem: string;
  /** SHA-256 of the DER certificate in base64url, as `x5t#S256` has it. */
  readonly thumbprint: string;
  readonly startsOn: Date;
  readonly expiresOn: Date;
}

/** What was read, or one sentence that says what was expected, what came and what to do; never a password. */
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string };

interface Content {
  readonly certificates: readonly X509Certificate[];
  /** PEM texts, encrypted or not. */
  readonly keys: readonly string[];
}

const LARGEST_IN_BYTES = 1024 * 1024;
const PASSWORD_FOR_KEY = 'expected the password of the private key';

/**
 * Reads a certificate and its private key from PEM (in any order; PKCS#8 or PKCS#1, encrypted or not) or PFX (as it is,
 * or as the Base64 text that Key Vault gives). Of several certificates the one whose public key fits the private key is
 * taken, of several that fit the one that is valid longest. Never throws.
 *
 * A certificate for `decryption` has to have an RSA key of at least 2048 bits; one for a TLS `client` may have any.
 */
export async function readCertificate(
  bytes: Uint8Array,
  password: string | undefined,
  purpose: 'decryption' | 'client' = 'decryption',
): Promise<Read<LoadedCertificate>> {
  const content = await readContent(bytes, password);
  if (!content.ok) return content;
  const { certificates, keys } = content.value;
  if (keys.length === 0) {
    return no('expected a private key beside the certificate, got none: export the certificate with its private key');
  }
  if (certificates.length === 0)
    return no('expected a certificate beside the private key, got none: add it to the file');
  const opened = keys.map((pem) => openKey(pem, password));
  const pairs = opened.flatMap((key) => (key.ok ? pairsOf(certificates, key.value) : []));
  const [pair] = pairs.toSorted((a, b) => b.certificate.validToDate.getTime() - a.certificate.validToDate.getTime());
  if (!pair) {
    const refused = opened.find((key) => !key.ok);
    return (
      refused ??
      no(
        'expected the private key of the certificate, got one that does not fit it: put the two of one export into the file',
      )
    );
  }
  const { certificate, privateKey } = pair;
  const fault = purpose === 'decryption' ? whyNotForDecryption(privateKey) : undefined;
  if (fault) return no(fault);
  return {
    ok: true,
    value: {
      certificate,
      certificatePem: certificate.toString(),
      chainPem: certificates.filter((other) => !other.raw.equals(certificate.raw)).map((other) => other.toString()),
      privateKey,
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      thumbprint: thumbprintOf(certificate),
      startsOn: certificate.validFromDate,
      expiresOn: certificate.validToDate,
    },
  };
}

/**
 * Reads the certificate to encrypt for: from PEM or DER without a private key, or from what `readCertificate` takes. Of
 * several certificates it is the one that no other one of the file is signed by. Never throws.
 */
export async function readPublicCertificate(
  bytes: Uint8Array,
  password: string | undefined,
): Promise<Read<X509Certificate>> {
  const content = await readContent(bytes, password);
  if (!content.ok) {
    const certificate = certificateOf(bytes);
    return certificate ? { ok: true, value: certificate } : content;
  }
  const { certificates } = content.value;
  const leaves = certificates.filter((one) => !certificates.some((other) => other !== one && other.checkIssued(one)));
  const [leaf, more] = leaves;
  if (!leaf) return no('expected a certificate in the file, got none: add it');
  if (!more) return { ok: true, value: leaf };
  const loaded = await readCertificate(bytes, password);
  if (loaded.ok) return { ok: true, value: loaded.value.certificate };
  return no(`expected one certificate in the file, got ${leaves.length}: keep the one to encrypt for`);
}

async function readContent(bytes: Uint8Array, password: string | undefined): Promise<Read<Content>> {
  if (bytes.byteLength > LARGEST_IN_BYTES) return no('expected a certificate file of at most 1 MiB, got a larger one');
  const text = new TextDecoder('utf-8').decode(bytes).trim();
  if (text.includes('-----BEGIN ')) return readPem(text);
  const inOneLine = text.replace(/\s+/g, '');
  const isBase64 = /^MI[A-Za-z0-9+/]+=*$/.test(inOneLine);
  const { pfxToPem } = await import('./pfx-to-pem.ts');
  const pfx = await pfxToPem(isBase64 ? Buffer.from(inOneLine, 'base64') : bytes, password);
  return pfx.ok ? readPem(pfx.pem) : pfx;
}

function readPem(text: string): Read<Content> {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN)[\s\S])*?-----END \1-----/g)];
  if (blocks.length < text.split('-----BEGIN ').length - 1) {
    return no('the PEM file is cut off or altered, a block in it has no end: copy it again');
  }
  const certificates: X509Certificate[] = [];
  for (const [pem, label] of blocks) {
    if (label !== 'CERTIFICATE' && label !== 'X509 CERTIFICATE') continue;
    const certificate = certificateOf(pem);
    if (!certificate) return no('a certificate in the file is cut off or altered: copy it again');
    if (!certificates.some((other) => other.raw.equals(certificate.raw))) certificates.push(certificate);
  }
  const keys = blocks.flatMap(([pem, label = '']) =>
    /^(?:RSA |EC |ENCRYPTED )?PRIVATE KEY$/.test(label) ? [pem] : [],
  );
  return certificates.length + keys.length > 0
    ? { ok: true, value: { certificates, keys } }
    : no('expected a certificate or a private key in the PEM file, got neither');
}

function certificateOf(source: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(source);
  } catch {
    return undefined;
  }
}

function openKey(pem: string, password: string | undefined): Read<KeyObject> {
  const isEncrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem);
  if (isEncrypted && password === undefined) return no(`${PASSWORD_FOR_KEY}, got none: give it`);
  try {
    const key = createPrivateKey(isEncrypted && password !== undefined ? { key: pem, passphrase: password } : pem);
    return { ok: true, value: key };
  } catch (error) {
    // The cause is left out, for it comes from decrypted bytes.
    if (!isEncrypted) return no('the private key is cut off, altered or of an unknown kind: export it again as PKCS#8');
    if (codeOf(error) === 'ERR_OSSL_UNSUPPORTED') {
      return no('the private key is encrypted in a way that can not be read here: export it again with AES-256');
    }
    return no(`${PASSWORD_FOR_KEY}, got another one (or the key was altered): check it`);
  }
}

function pairsOf(certificates: readonly X509Certificate[], privateKey: KeyObject) {
  return certificates
    .filter((certificate) => certificate.checkPrivateKey(privateKey))
    .map((certificate) => ({ certificate, privateKey }));
}

function no(fault: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault };
}
