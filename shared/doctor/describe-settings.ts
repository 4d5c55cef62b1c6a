import type { EventFields } from '../log.ts';
import type { ConnectionReport } from '../secrets/connections.ts';
import type { SettingOrigin } from '../secrets/merge-settings.ts';
import { SETTING_NAMES } from '../secrets/setting-names.ts';
import type { CheckResult } from './check-result.ts';
import { inDays } from './in-days.ts';

type Finding = Pick<CheckResult, 'status' | 'message' | 'remedy'>;

/** Sources by rising priority, by how their names begin; CyberArk gives single settings only and is not one of them. */
const RANKED = ['appsettings.agent.json', 'appsettings.encrypted.agent.json', 'Key Vault '] as const;

const NOTICED = 'The app notices within some minutes.';

/**
 * What the report on one connection's settings comes to: each fault, or where each setting comes from, and what to look
 * at before it becomes a fault. `expiring` are the fields of `secret.expiring` events.
 */
export function describeSettings(report: ConnectionReport, expiring: readonly EventFields[]): Finding[] {
  const { identifier, settings, faults, warnings, origins } = report;
  const findings: Finding[] = faults.map((fault) => ({
    status: 'failed',
    message: sentence(fault),
    remedy: remedyFor(fault, identifier),
  }));
  if (settings) findings.push({ status: 'ok', message: `${origins.map(describeOrigin).join(', ')}.` });
  for (const warning of warnings) {
    findings.push({ status: 'warning', message: sentence(warning), remedy: `Put that right. ${NOTICED}` });
  }
  const fallback = settings && describeFallback(origins);
  if (fallback !== undefined) {
    const remedy = 'If that is not meant so, put these settings where the others are and take them out of the file.';
    findings.push({ status: 'warning', message: fallback, remedy });
  }
  return [...findings, ...expiring.flatMap(describeEnd)];
}

/** `Password from Key Vault https://… (version …)`. */
export function describeOrigin({ setting, source, version, overridden }: SettingOrigin): string {
  const wins = overridden.length > 0 ? `, over ${overridden.join(', ')}` : '';
  return `${setting} from ${source}${version ? ` (version ${version})` : ''}${wins}`;
}

function remedyFor(fault: string, identifier: string): string {
  const setting = SETTING_NAMES.find((name) => fault.startsWith(`${name}: expected`));
  if (fault.startsWith('expected settings in')) {
    return `Set secrets Connections--${identifier}--Server, …--Login and …--Password in the Key Vault, or Connections:${identifier} in a settings file, or correct the connection's name.`;
  }
  if (fault.includes('could not write table')) {
    return 'Give who runs this the role Storage Table Data Contributor on table limits: the key that versions of settings are made with is not there yet.';
  }
  if (fault.startsWith('the settings could not be read')) return 'See the checks of vault, storage and settings files.';
  if (setting === undefined) return `Put right what the message names. ${NOTICED}`;
  return `Set secret Connections--${identifier}--${setting} in the Key Vault, or Connections:${identifier}:${setting} in the settings file that is used. ${NOTICED}`;
}

function describeFallback(origins: readonly SettingOrigin[]): string | undefined {
  const rank = (source: string) => RANKED.findIndex((begin) => source.startsWith(begin));
  const ranked = origins.filter(({ source }) => rank(source) >= 0);
  const strongest = ranked.toSorted((one, other) => rank(other.source) - rank(one.source))[0];
  const weaker = ranked.filter(({ source }) => strongest && rank(source) < rank(strongest.source));
  if (!strongest || weaker.length === 0) return undefined;
  const settings = weaker.map(({ setting, source }) => `${setting} from ${source}`).join(', ');
  return `${strongest.source} has no ${weaker.map(({ setting }) => setting).join(', ')}: taken is ${settings}.`;
}

function describeEnd({ what, daysLeft, expiresOn }: EventFields): Finding[] {
  // A certificate is a check of its own.
  if (typeof what !== 'string' || what.startsWith('certificate ') || typeof daysLeft !== 'number') return [];
  const day = String(expiresOn).slice(0, 10);
  const remedy = 'Set a new version of it before that day.';
  return [{ status: 'warning', message: `Key Vault ${what} expires on ${day}, ${inDays(daysLeft)}.`, remedy }];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
