import { createDecipheriv } from 'node:crypto';
import type { asn1 } from 'node-forge';
import type { PfxBer } from './pfx-ber.ts';
import { KEY_FOR, type KeyRecipe, type PfxPassword, pbkdf2Key, pkcs12Key } from './pfx-keys.ts';

/** A PFX file that can't be opened; the message is a sentence for whoever configured it. */
export class PfxFault extends Error {
  override readonly name = 'PfxFault' as const;
}

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA1 = '1.2.840.113549.2.7';

/** Hashes of PBKDF2 by object identifier (RFC 8018). */
const PBKDF2_HASHES: Readonly<Record<string, string>> = {
  [HMAC_SHA1]: 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

type Cipher = { readonly name: string; readonly keyInBytes: number };

const PBES2_CIPHERS: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyInBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyInBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyInBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyInBytes: 24 },
};

/** PKCS#12's own ciphers (RFC 7292, appendix C), as Windows and OpenSSL before 3 use them. */
const PKCS12_CIPHERS: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyInBytes: 24 },
  '1.2.840.113549.1.12.1.5': { name: 'rc2', keyInBytes: 16 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2', keyInBytes: 5 },
};

/** OpenSSL counts to 2,048 and Windows to 2,000; a file must not keep the program busy for minutes. */
const MOST_ITERATIONS = 1_000_000;

const EXPORT_AGAIN = 'export it again with AES-256 and SHA-256';

/** An iteration count that a file names. @throws PfxFault where it is out of all proportion. */
export function iterationsOf(ber: PfxBer, node: asn1.Asn1): number {
  const iterations = ber.integer(node);
  if (iterations >= 1 && iterations <= MOST_ITERATIONS) return iterations;
  throw new PfxFault(`expected a PFX file with 1 to 1,000,000 iterations, got another number: ${EXPORT_AGAIN}`);
}

/** Decrypts one part of a PFX file. @throws PfxFault for ways that are not known here; anything else for a wrong key. */
export async function decryptPfxPart(
  ber: PfxBer,
  algorithm: asn1.Asn1,
  encrypted: Buffer,
  password: PfxPassword,
): Promise<Buffer> {
  const id = ber.oid(ber.at(algorithm, 0));
  if (id === PBES2) return decryptPbes2(ber, ber.at(algorithm, 1), encrypted, password);
  const cipher = known(PKCS12_CIPHERS[id]);
  const recipe: KeyRecipe = {
    hashName: 'sha1',
    salt: ber.octets(ber.at(algorithm, 1, 0)),
    iterations: iterationsOf(ber, ber.at(algorithm, 1, 1)),
    lengthInBytes: cipher.keyInBytes,
  };
  const key = pkcs12Key(password, recipe, KEY_FOR.cipher);
  const startVector = pkcs12Key(password, { ...recipe, lengthInBytes: 8 }, KEY_FOR.startVector);
  return cipher.name === 'rc2' ? decryptRc2(encrypted, key, startVector) : decrypt(cipher, encrypted, key, startVector);
}

function decryptPbes2(ber: PfxBer, parameters: asn1.Asn1, encrypted: Buffer, password: PfxPassword): Buffer {
  if (ber.oid(ber.at(parameters, 0, 0)) !== PBKDF2) throw unknownWay();
  const [salt, iterations, ...more] = ber.inside(ber.at(parameters, 0, 1));
  if (!salt || !iterations) throw unknownWay();
  // The key's length may stand between the two, the hash may be left out.
  const prf = more.find((node) => typeof node.value !== 'string');
  const cipher = known(PBES2_CIPHERS[ber.oid(ber.at(parameters, 1, 0))]);
  const key = pbkdf2Key(password, {
    hashName: known(PBKDF2_HASHES[prf ? ber.oid(ber.at(prf, 0)) : HMAC_SHA1]),
    salt: ber.octets(salt),
    iterations: iterationsOf(ber, iterations),
    lengthInBytes: cipher.keyInBytes,
  });
  return decrypt(cipher, encrypted, key, ber.octets(ber.at(parameters, 1, 1)));
}

function decrypt(cipher: Cipher, encrypted: Buffer, key: Buffer, startVector: Buffer): Buffer {
  const decipher = createDecipheriv(cipher.name, key, startVector);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

/** OpenSSL 3 keeps RC2 apart, so Node has none. */
async function decryptRc2(encrypted: Buffer, key: Buffer, startVector: Buffer): Promise<Buffer> {
  const [{ default: rc2 }, { default: util }] = await Promise.all([
    import('node-forge/lib/rc2.js'),
    import('node-forge/lib/util.js'),
  ]);
  const cipher = rc2.createDecryptionCipher(key.toString('binary'), key.length * 8);
  cipher.start(startVector.toString('binary'));
  cipher.update(util.createBuffer(encrypted.toString('binary')));
  if (!cipher.finish()) throw new TypeError('Expected padding after RC2, got something else');
  return Buffer.from(cipher.output.getBytes(), 'binary');
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw unknownWay();
  return found;
}

function unknownWay(): PfxFault {
  return new PfxFault(`the PFX file is encrypted in a way that can't be read here: ${EXPORT_AGAIN}`);
}
