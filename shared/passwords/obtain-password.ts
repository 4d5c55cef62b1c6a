import { randomInt } from 'node:crypto';
import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { HoldError, PermanentError } from '../errors.ts';
import { certificateMembers, type LoadCertificate } from '../secrets/app-certificate.ts';
import { unprotectValue } from '../secrets/protected-value.ts';
import { readAppSection } from '../settings/app-section.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { FoundUser } from './find-user.ts';
import { generatePassword } from './generate-password.ts';
import { type PasswordRequest, userNamed } from './password-request.ts';
import type { PasswordResetSettings } from './password-reset-settings.ts';
import type { KeptPassword, PasswordVault } from './password-vault.ts';
import type { ResetRow } from './reset-ledger.ts';

/** A password, and where it lies in the vault of passwords, if it does. */
export interface ObtainedPassword {
  readonly password: string;
  readonly secret: { readonly SecretName: string; readonly SecretVersion: string } | undefined;
}

/**
 * Gives the password that a request asks for: for the same delivery always the same one, once its row says which.
 *
 * @throws HoldError, PermanentError, UnavailableError; none of them tells anything of the password.
 */
export type ObtainPassword = (
  request: PasswordRequest,
  row: ResetRow,
  user: FoundUser,
  settings: PasswordResetSettings,
) => Promise<ObtainedPassword>;

const MS_PER_DAY = 86_400_000;
const LONGEST_PASSWORD = 255;

const certificateSection = z.object(certificateMembers);

/** Builds it. Permissions needed: those of the vault of passwords, and for a JWE those of the app's certificate. */
export function makeObtainPassword(deps: {
  readonly config: Pick<Config, 'installationId' | 'passwordExpiryInDays'>;
  readonly vault: PasswordVault;
  readonly readSettings: ReadSettings;
  readonly loadCertificate: LoadCertificate;
  readonly clock: Pick<Clock, 'now'>;
}): ObtainPassword {
  const { config, vault } = deps;

  return async (request, row, user, settings) => {
    const { Password: source } = request;
    if ('Jwe' in source) return { password: await decrypt(source.Jwe), secret: undefined };
    if (row.SecretName !== undefined) return known(row.SecretName, await vault.read(row.SecretName, row.SecretVersion));
    if ('SecretName' in source) {
      const kept = await vault.read(source.SecretName, undefined);
      if (!kept)
        throw new PermanentError(
          `Expected secret ${source.SecretName} in the vault of passwords, found none: write it before the message is sent`,
        );
      return known(source.SecretName, kept);
    }
    return generate(request, row, user, settings);
  };

  async function generate(
    request: PasswordRequest,
    row: ResetRow,
    user: FoundUser,
    { form }: PasswordResetSettings,
  ): Promise<ObtainedPassword> {
    const password = generatePassword(form, randomInt);
    if (password === undefined)
      throw new HoldError(
        'settings',
        'No password of the counts of its PasswordResetSettings matches their StrengthCheck: put them right',
      );
    // Every claim has a name of its own: whoever comes too late overwrites nothing.
    const name = `PasswordReset-${sha256Hex(`${config.installationId}\n${row.DeliveryId}`, 32)}-${sha256Hex(row.ClaimId, 8)}`;
    const version = await vault.write(name, password, {
      expiresOn: new Date(deps.clock.now().getTime() + config.passwordExpiryInDays * MS_PER_DAY),
      tags: {
        Installation: config.installationId,
        Connection: request.Connection,
        User: userNamed(request),
        UserName: user.userName,
        UserSysId: user.sysId,
      },
    });
    return { password, secret: { SecretName: name, SecretVersion: version } };
  }

  async function decrypt(jwe: string): Promise<string> {
    const section = await readAppSection(
      deps.readSettings,
      'EncryptionCertificate',
      certificateSection,
      Object.keys(certificateSection.shape),
    );
    const certificate = section && (await deps.loadCertificate('EncryptionCertificate', section));
    if (!certificate)
      throw new HoldError(
        'settings',
        'Expected EncryptionCertificate in appsettings.json, to open the JWE of a password reset with, got none: name the certificate',
      );
    const opened = await unprotectValue(jwe, certificate);
    if (!opened.ok) throw new PermanentError(`The Jwe of a password reset can't be used: ${opened.fault}`);
    return checked(opened.value);
  }
}

function known(name: string, kept: KeptPassword | undefined): ObtainedPassword {
  if (!kept)
    throw new PermanentError(
      `Secret ${name} of the vault of passwords is gone, and the password with it: send a new message`,
    );
  return { password: checked(kept.password), secret: { SecretName: name, SecretVersion: kept.version } };
}

function checked(password: string): string {
  if (
    password.length >= 1 &&
    password.length <= LONGEST_PASSWORD &&
    !/\p{Cc}/u.test(password) &&
    password.isWellFormed()
  )
    return password;
  throw new PermanentError(
    `Expected a password of 1 to ${LONGEST_PASSWORD} characters without control characters (a line break at its end, say), got something else`,
  );
}
