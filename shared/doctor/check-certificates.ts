import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { certificateMembers, type LoadCertificate } from '../secrets/app-certificate.ts';
import { APP_SETTINGS_FILE, flag, readAppSection } from '../settings/app-section.ts';
import { AGENT_SETTINGS_FILE } from '../settings/file-mappings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { CheckResult } from './check-result.ts';
import { inDays } from './in-days.ts';
import { sayFailure } from './say-failure.ts';

const section = z.object({ UseEncryptedAppsettings: flag, UseCyberArkSetting: flag, ...certificateMembers });

const DAY_IN_MS = 86_400_000;

/** Each section that names a certificate, what switches it on, and what becomes of it without one. */
const USES = [
  {
    sectionName: 'EncryptionCertificate',
    isOn: 'UseEncryptedAppsettings',
    without: {
      status: 'failed',
      message: 'EncryptionCertificate of appsettings.json names no certificate: no encrypted setting can be read.',
      remedy: 'Name one with EncryptionCertificate:CertificateAzureKeyVault or EncryptionCertificate:File.',
    },
  },
  {
    sectionName: 'CyberArk',
    isOn: 'UseCyberArkSetting',
    without: { status: 'ok', message: 'CyberArk is used without a client certificate.' },
  },
] as const;

/** Loads each certificate that `appsettings.json` makes the app use, and looks at its dates. Never throws. */
export async function* checkCertificates(deps: {
  readonly readSettings: ReadSettings;
  readonly loadCertificate: LoadCertificate;
  readonly clock: Clock;
  readonly warnBeforeEndInDays: number;
}): AsyncGenerator<CheckResult> {
  try {
    await Promise.all([APP_SETTINGS_FILE, AGENT_SETTINGS_FILE].map((file) => deps.readSettings(file)));
  } catch {
    // Which one, and why, is said by the check of settings files.
    yield {
      name: 'certificate',
      status: 'skipped',
      message: "The settings files that name certificates can't be read.",
    };
    return;
  }
  for (const { sectionName, isOn, without } of USES) {
    const name = `certificate ${sectionName}`;
    try {
      const found = await readAppSection(deps.readSettings, sectionName, section, Object.keys(section.shape));
      if (!found?.[isOn]) continue;
      const loaded = await deps.loadCertificate(sectionName, found);
      if (!loaded) yield { name, ...without };
      else yield { name, ...judge(loaded, deps.clock.now(), deps.warnBeforeEndInDays) };
    } catch (error) {
      const remedy = `Put section ${sectionName} of appsettings.json or its certificate right.`;
      yield { name, status: 'failed', message: `${sayFailure(error)}.`, remedy };
    }
  }
}

/** What the dates of a certificate mean today. */
export function judge(
  { startsOn, expiresOn }: { readonly startsOn: Date; readonly expiresOn: Date },
  now: Date,
  warnBeforeEndInDays: number,
): Pick<CheckResult, 'status' | 'message' | 'remedy'> {
  const from = startsOn.toISOString().slice(0, 10);
  const until = expiresOn.toISOString().slice(0, 10);
  const remedy = 'Make or buy a new certificate, put it in place, and encrypt for it or register it anew.';
  if (expiresOn <= now) return { status: 'failed', message: `The certificate expired on ${until}.`, remedy };
  if (startsOn > now) {
    return {
      status: 'failed',
      message: `The certificate is not valid before ${from}.`,
      remedy: 'Wait, or use another.',
    };
  }
  const daysLeft = Math.floor((expiresOn.getTime() - now.getTime()) / DAY_IN_MS);
  if (daysLeft >= warnBeforeEndInDays) return { status: 'ok', message: `The certificate is valid until ${until}.` };
  return { status: 'warning', message: `The certificate expires on ${until}, ${inDays(daysLeft)}.`, remedy };
}
