import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate that signs itself, or that another one signed, and its unencrypted key (PKCS#8), as files and texts. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly x509: X509Certificate;
}

const KEYS = {
  'rsa:1024': { keyType: 'rsa', keySize: 1024 },
  'rsa:2048': { keyType: 'rsa', keySize: 2048 },
  ec: { keyType: 'ec' },
} as const;

const DAY_IN_MS = 86_400_000;

/** Makes certificates of every kind, in a directory of their own. */
export async function makeCertificateFiles() {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  let made = 0;
  const newFile = () => join(directory, `${++made}.file`);

  async function write(content: string | Uint8Array): Promise<string> {
    const file = newFile();
    await writeFile(file, content);
    return file;
  }

  return {
    directory,
    newFile,
    write,
    /** `issuer` who signs, `sameKeyAs` whose key is used again. */
    async certificate(
      options: { key?: keyof typeof KEYS; days?: number; issuer?: CertificateFiles; sameKeyAs?: CertificateFiles } = {},
    ): Promise<CertificateFiles> {
      const { key = 'rsa:2048', days = 30, issuer, sameKeyAs } = options;
      const pems = await generate([{ name: 'commonName', value: `${++made}.contoso.com` }], {
        ...KEYS[key],
        algorithm: 'sha256',
        notAfterDate: new Date(Date.now() + days * DAY_IN_MS),
        extensions: [{ name: 'basicConstraints', cA: !issuer, critical: true }],
        ...(issuer && { ca: { cert: issuer.certificatePem, key: issuer.keyPem } }),
        ...(sameKeyAs && { keyPair: pairOf(sameKeyAs.keyPem) }),
      });
      const x509 = new X509Certificate(pems.cert);
      const certificatePem = x509.toString();
      const keyPem = createPrivateKey(pems.private).export({ type: 'pkcs8', format: 'pem' }).toString();
      const [certificateFile, keyFile] = await Promise.all([write(certificatePem), write(keyPem)]);
      return { certificateFile, keyFile, certificatePem, keyPem, x509 };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function pairOf(privateKey: string) {
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() };
}
