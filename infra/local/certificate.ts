import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
