import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import { makeExpiringCache } from '../expiring-cache.ts';
import {
  type ConnectionSettings,
  readConnectionSettings,
  SETTING_NAMES,
  type SettingName,
} from './connection-settings.ts';
import type { SettingSource, SourcedSetting } from './setting-source.ts';

/** Connection settings by identifier, whatever they come from. */
export interface Connections {
  /**
   * The settings of one connection, not older than `maxAgeInMs` (default: `SETTINGS_MAX_AGE_SECONDS`).
   *
   * @throws HoldError that lists every fault of the connection and names no value.
   * @throws UnavailableError when a source can't be reached.
   */
  read(identifier: string, maxAgeInMs?: number): Promise<ConnectionSettings>;
}

/**
 * Merges the sources per setting, a later one winning over an earlier one, checks the result and keeps it for a while.
 * However many ask at once, each source is read once.
 */
export function makeConnections(options: {
  readonly sources: readonly SettingSource[];
  readonly clock: Clock;
  readonly maxAgeInMs: number;
}): Connections {
  const cache = makeExpiringCache((identifier) => readConnection(options.sources, identifier), options);
  return { read: (identifier, maxAgeInMs) => cache.get(identifier, maxAgeInMs) };
}

async function readConnection(sources: readonly SettingSource[], identifier: string): Promise<ConnectionSettings> {
  const found = await Promise.all(sources.map((source) => source.read(identifier)));
  const merged = new Map<SettingName, SourcedSetting & { readonly source: string }>();
  for (const [index, settings] of found.entries()) {
    for (const name of SETTING_NAMES) {
      const setting = settings[name];
      if (setting) merged.set(name, { ...setting, source: sources[index]?.name ?? '' });
    }
  }
  const where = sources.map((source) => source.name).join(', ');
  if (merged.size === 0) {
    throw new HoldError(
      `connection ${identifier}`,
      `Expected settings of connection "${identifier}" in ${where}, found none: add at least Server, Login and Password`,
    );
  }
  const values = Object.fromEntries([...merged].map(([name, { value }]) => [name, value]));
  const version = sha256Hex(
    [...merged].map(([name, { source, version: of }]) => `${name} ${source} ${of}`).join('\n'),
    32,
  );
  const settings = readConnectionSettings(identifier, values, version);
  if (!settings.ok) {
    const faults = settings.faults.map((fault) => `${fault}${sourceOf(fault)}`).join('; ');
    throw new HoldError(
      `connection ${identifier}`,
      `The settings of connection "${identifier}" are not usable: ${faults}`,
    );
  }
  return settings.value;

  function sourceOf(fault: string): string {
    const name = SETTING_NAMES.find((setting) => fault.startsWith(`${setting}:`));
    const source = name && merged.get(name)?.source;
    return source ? ` (from ${source})` : ` (looked in ${where})`;
  }
}
