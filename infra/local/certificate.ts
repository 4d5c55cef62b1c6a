import { createPrivateKey, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import forge from 'node-forge';
import { generate } from 'selfsigned';

/** A certificate as PEM texts and as the files that hold them. */
export interface Certificate {
  certificate: string;
  key: string;
  certificateFile: string;
  keyFile: string;
}

/**
 * Makes a certificate for `localhost` and `127.0.0.1` that signs itself, so that the one file is server certificate
 * and CA at once (`NODE_EXTRA_CA_CERTS`), and writes it to `directory`, which is made where it is missing.
 * The key is readable for its owner only, and both are worth nothing outside this machine.
 */
export async function makeCertificate(directory: string): Promise<Certificate> {
  // Trusted certificates are looked up by subject: two of one name would hide each other in a process that trusts both.
  const subject = [{ name: 'commonName', value: `localhost ${randomUUID()}` }];
  const { cert: certificate, private: key } = await generate(subject, {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const certificateFile = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'key.pem');
  await mkdir(directory, { recursive: true });
  await Promise.all([writeFile(certificateFile, certificate), writeFile(keyFile, key, { mode: 0o600 })]);
  return { certificate, key, certificateFile, keyFile };
}

/** A certificate and its private key, both PEM; the key is PKCS#8 and not encrypted. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** How the content of a PFX file is encrypted: as today, or as before 2017 and by many tools still. */
export type PfxAlgorithm = 'aes256' | '3des';

/** An RSA certificate in every form that a file of it may have. */
export interface RsaCertificate extends CertificatePair {
  /** The key as PEM, encrypted with AES-256. */
  encryptedKey(password: string): string;
  /** Both in one PFX file, with its issuer's certificate where it has one. */
  pfx(password: string, algorithm?: PfxAlgorithm): Buffer;
}

/**
 * Makes a certificate with an RSA key of 2048 bits, for TLS clients and for decryption. Without `issuer` it signs itself
 * and may sign others: a client's CA. Dates may lie anywhere, for expired ones; by default it is valid for a year from now.
 */
export async function makeRsaCertificate(options: {
  commonName: string;
  notBefore?: Date;
  notAfter?: Date;
  issuer?: CertificatePair;
  /** It may stand before a server too, one of another name than any address of this machine. */
  canServe?: boolean;
}): Promise<RsaCertificate> {
  const { commonName, notBefore, notAfter, issuer, canServe = false } = options;
  const { cert: certificate, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'rsa',
    keySize: 2048,
    algorithm: 'sha256',
    ...(notBefore && { notBeforeDate: notBefore }),
    ...(notAfter && { notAfterDate: notAfter }),
    ...(issuer && { ca: { cert: issuer.certificate, key: issuer.key } }),
    extensions: [
      { name: 'basicConstraints', cA: !issuer, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: !issuer, critical: true },
      { name: 'extKeyUsage', clientAuth: true, ...(canServe && { serverAuth: true }) },
    ],
  });
  return {
    certificate,
    key,
    encryptedKey: (passphrase) =>
      createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
    pfx: (password, algorithm = 'aes256') => makePfx({ certificate, key }, password, algorithm, issuer),
  };
}

/** Makes the PFX file of a certificate with an RSA key. */
export function makePfx(
  { certificate, key }: CertificatePair,
  password: string,
  algorithm: PfxAlgorithm = 'aes256',
  issuer?: CertificatePair,
): Buffer {
  const certificates = [certificate, ...(issuer ? [issuer.certificate] : [])].map((pem) =>
    forge.pki.certificateFromPem(pem),
  );
  const pfx = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(key), certificates, password, { algorithm });
  return Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'binary');
}
