import { sha256Hex } from '../canonical-json.ts';
import { type ConnectionSettings, readConnectionSettings, type SettingValues } from './connection-settings.ts';
import { LIST_SETTINGS, LOGIN_SETTINGS, SETTING_NAMES, settingOf } from './setting-names.ts';
import type { SettingSource, SourcedSetting, SourceReading } from './setting-source.ts';
import type { VersionOf } from './setting-version.ts';

/** Where the value of one setting comes from. */
export interface SettingOrigin {
  readonly setting: string;
  readonly source: string;
  /** The source's own version of it, where it keeps versions. */
  readonly version: string | undefined;
  readonly readAt: Date;
  /** The sources that have the setting too, and did not win. */
  readonly overridden: readonly string[];
}

/** One source and what it said; without a reading it is not configured. */
export interface ReadSource {
  readonly source: Pick<SettingSource, 'explainMissing'>;
  readonly name: string;
  readonly reading: SourceReading | undefined;
}

/** The outcome of a merge. */
export interface MergedSettings {
  readonly settings: ConnectionSettings | undefined;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  readonly origins: readonly SettingOrigin[];
}

interface Winner extends SourcedSetting {
  readonly from: string;
  readonly overridden: readonly string[];
}

/**
 * Merges what the sources said, a later one winning over an earlier one setting by setting, and checks the result. All
 * faults are given at once, each with the place to look at; a fault that a later source heals is a warning.
 */
export async function mergeSettings(
  read: readonly ReadSource[],
  identifier: string,
  versionOf: VersionOf,
  readAt: Date,
): Promise<MergedSettings> {
  const configured = read.filter(({ reading }) => reading !== undefined);
  const winners = new Map<string, Winner>();
  for (const { name, reading } of configured) {
    for (const [setting, sourced] of reading?.settings ?? []) {
      const before = winners.get(setting);
      winners.set(setting, { ...sourced, from: name, overridden: before ? [...before.overridden, before.from] : [] });
    }
  }
  const faults: string[] = [];
  const warnings: string[] = [];
  for (const [index, { name, reading }] of configured.entries()) {
    for (const { setting, message } of reading?.faults ?? []) {
      const later = configured.slice(index + 1).find((other) => setting && other.reading?.settings.has(setting));
      if (later) warnings.push(`${message} (${name}); the value of ${later.name} counts`);
      else faults.push(name ? `${message} (${name})` : message);
    }
    warnings.push(...(reading?.warnings ?? []).map((warning) => `${name}: ${warning}`));
  }
  const origins = [...winners].map(([setting, { from, version, overridden }]) => ({
    setting,
    source: from,
    version,
    readAt,
    overridden,
  }));

  const where = configured.flatMap(({ name }) => name || []).join(', ') || 'any source: none is configured';
  if (winners.size === 0) {
    if (faults.length === 0)
      faults.push(`expected settings in ${where}, found none: add at least Server, Login and Password`);
    return { settings: undefined, faults, warnings, origins };
  }
  // What a source could not give is its fault, and not one of the settings that remain.
  const faulty = new Set(configured.flatMap(({ reading }) => reading?.faults.map(({ setting }) => setting) ?? []));
  const checked = readConnectionSettings(identifier, valuesOf(winners), await versionsOf(winners, versionOf));
  for (const fault of checked.ok ? [] : checked.faults) {
    const setting = SETTING_NAMES.find((name) => fault.startsWith(`${name}:`));
    const winner = setting && winners.get(setting);
    if (winner) faults.push(`${fault} (${winner.from})`);
    else if (!setting) faults.push(fault);
    else if (!faulty.has(setting)) faults.push(`${fault} (looked in ${where})${await gone(read, identifier, setting)}`);
  }
  return { settings: checked.ok && faults.length === 0 ? checked.value : undefined, faults, warnings, origins };
}

async function gone(read: readonly ReadSource[], identifier: string, setting: string): Promise<string> {
  const told = await Promise.all(read.map(({ source }) => source.explainMissing?.(identifier, setting)));
  return told.flatMap((sentence) => (sentence === undefined ? [] : [`; ${sentence}`])).join('');
}

function valuesOf(winners: ReadonlyMap<string, Winner>): SettingValues {
  const values: Record<string, string | string[]> = {};
  for (const [key, { value }] of [...winners].sort(([one], [other]) =>
    one.localeCompare(other, 'en', { numeric: true }),
  )) {
    const setting = settingOf(key);
    const before = values[setting];
    if (!LIST_SETTINGS.includes(setting)) values[setting] = value;
    else values[setting] = Array.isArray(before) ? [...before, value] : [value];
  }
  return values;
}

async function versionsOf(winners: ReadonlyMap<string, Winner>, versionOf: VersionOf) {
  const parts = await Promise.all(
    [...winners].sort().map(async ([key, winner]) => ({
      key,
      text: `${key} ${winner.from} ${await versionOf(key, winner)}`,
    })),
  );
  const hash = (chosen: typeof parts) => sha256Hex(chosen.map(({ text }) => text).join('\n'), 32);
  return {
    version: hash(parts),
    loginVersion: hash(parts.filter(({ key }) => LOGIN_SETTINGS.includes(key))),
  };
}
