import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import { makeExpiringCache, type StaleValues } from '../expiring-cache.ts';
import { parseSettings, type Section } from './parse-settings.ts';
import type { SettingsFiles } from './settings-files.ts';
import { readXmlConfiguration, XML_CONFIGURATION } from './xml-configuration.ts';

/** One settings file, read: its top-level sections by name in any case of letters, as .NET's configuration has them. */
export interface SettingsDocument {
  readonly name: string;
  /** The file's version; `undefined` in the package, which keeps none. */
  readonly version: string | undefined;
  section(name: string): Section | undefined;
}

/**
 * Reads one settings file, or as `*.xml` the vendor's XML configuration, at most once per `maxAgeInMs`, so that configuration changes without a deployment.
 * `undefined` where there is no such file. Only where no age is given an old one may stand in: whoever gives one keeps
 * what is made of the file, and has to know when it can't be read.
 *
 * @throws HoldError when the file is not usable; UnavailableError when it can't be reached and no old one stands in.
 */
export type ReadSettings = (name: string, maxAgeInMs?: number) => Promise<SettingsDocument | undefined>;

/** What was just read for the one is read for the other. */
const SHARED_FOR_IN_MS = 10_000;

/** Builds the reader of settings files. */
export function makeReadSettings(options: {
  readonly files: SettingsFiles;
  readonly clock: Clock;
  readonly maxAgeInMs: number;
  readonly stale?: StaleValues;
}): ReadSettings {
  const read = async (name: string): Promise<SettingsDocument | undefined> => {
    if (name === XML_CONFIGURATION) return readXmlConfiguration(options.files);
    const file = await options.files.read(name);
    if (!file) return undefined;
    const parsed = await parseSettings(file.bytes);
    if (parsed.ok) return { name, version: file.etag, section: parsed.section };
    throw new HoldError(
      'settings',
      `${name} (in ${options.files.place}) is not usable, every order waits until it is: ${parsed.fault}`,
    );
  };
  const { clock, maxAgeInMs, stale } = options;
  const fresh = makeExpiringCache(read, { clock, maxAgeInMs });
  const lasting = makeExpiringCache((name) => fresh.get(name, Math.min(SHARED_FOR_IN_MS, maxAgeInMs)), {
    clock,
    maxAgeInMs,
    ...(stale && { stale }),
  });
  return (name, ageInMs) => (ageInMs === undefined ? lasting.get(name) : fresh.get(name, ageInMs));
}
