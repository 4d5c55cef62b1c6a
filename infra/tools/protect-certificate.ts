import type { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import { ConnectorError } from '../../shared/errors.ts';
import { certificateMembers } from '../../shared/secrets/app-certificate.ts';
import { readPublicCertificate } from '../../shared/secrets/load-certificate.ts';
import { whyNotForDecryption } from '../../shared/secrets/protected-value.ts';
import { flag, readAppSection } from '../../shared/settings/app-section.ts';
import { ProtectFault } from './protect-fault.ts';
import type { Lines } from './protect-lines.ts';
import { type CertificateOptions, PASSWORD_VARIABLE } from './protect-options.ts';
import { readInput } from './protect-read.ts';

const SECTION = 'EncryptionCertificate';
const NAME_IT = 'Name the certificate with --certificate <file>, or see --help.';

const section = z.object({ UseEncryptedAppsettings: flag, ...certificateMembers });

/**
 * The certificate to encrypt for: the one in the file that was named, else the one that the app decrypts with.
 *
 * @throws ProtectFault where there is none or it can't encrypt; the message says what to do.
 */
export async function readProtectCertificate(
  { certificate: file, passwordFromStdin }: CertificateOptions,
  lines: Lines,
  warn: (message: string) => void,
): Promise<X509Certificate> {
  const certificate =
    file === undefined
      ? await readConfigured(warn)
      : await readFile(file, passwordFromStdin ? await readPassword(lines) : process.env[PASSWORD_VARIABLE]);
  if (certificate.validToDate < new Date()) {
    warn(`the certificate ended on ${certificate.validToDate.toISOString().slice(0, 10)}: encrypt for its successor.`);
  }
  return certificate;
}

async function readFile(file: string, password: string | undefined): Promise<X509Certificate> {
  const read = await readPublicCertificate(await readInput(file, 'a PEM, DER or PFX file'), password);
  const fault = read.ok ? whyNotForDecryption(read.value.publicKey) : read.fault;
  if (read.ok && fault === undefined) return read.value;
  const how = password === undefined ? ` (passwords: ${PASSWORD_VARIABLE} or --password-from-stdin)` : '';
  throw new ProtectFault('input', `${file}: ${fault}${how}.`);
}

async function readPassword(lines: Lines): Promise<string> {
  const password = await lines.next('Password of the certificate file: ');
  if (password !== undefined) return password;
  throw new ProtectFault(
    'usage',
    'Expected the password of the certificate file in the first line of standard input, got none.',
  );
}

/** Loaded with its private key, as the app does: what is encrypted for it can be opened there. */
async function readConfigured(warn: (message: string) => void): Promise<X509Certificate> {
  // Not loaded where a file is named: it brings the whole app with it.
  const { openTools } = await import('./open-tools.ts');
  const opened = await openTools();
  if (!opened.ok) {
    const { message, remedy } = opened;
    throw new ProtectFault(
      'usage',
      `Expected --certificate <file>, or an environment whose appsettings.json names one: ${message}\n${remedy}`,
    );
  }
  const { readSettings, loadCertificate } = opened.tools;
  try {
    const found = await readAppSection(readSettings, SECTION, section, Object.keys(section.shape));
    const loaded = found && (await loadCertificate(SECTION, found));
    if (!loaded) {
      throw new ProtectFault(
        'input',
        `Expected section ${SECTION} of appsettings.json to name a certificate, found none. ${NAME_IT}`,
      );
    }
    if (!found.UseEncryptedAppsettings) {
      warn(`the app does not read encrypted settings until ${SECTION}:UseEncryptedAppsettings is true.`);
    }
    return loaded.certificate;
  } catch (error) {
    throw error instanceof ConnectorError ? new ProtectFault('input', `${error.message}. ${NAME_IT}`) : error;
  }
}
