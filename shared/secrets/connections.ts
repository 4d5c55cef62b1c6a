import type { Clock } from '../clock.ts';
import { HoldError, messageOf } from '../errors.ts';
import { makeExpiringCache, type StaleValues } from '../expiring-cache.ts';
import type { Log } from '../log.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { type MergedSettings, mergeSettings, type SettingOrigin } from './merge-settings.ts';
import type { Expiring, SettingSource, SourceReading } from './setting-source.ts';
import type { VersionOf } from './setting-version.ts';

/** What is known of one connection; it holds secrets in `settings` and nowhere else. */
export interface ConnectionReport {
  readonly identifier: string;
  /** Checked and ready; `undefined` where there are faults. */
  readonly settings: ConnectionSettings | undefined;
  /** Everything that keeps the connection from working, each with its source and what to do. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** For each setting, which source won, when it was read and which version; never its value. */
  readonly origins: readonly SettingOrigin[];
}

/** Connection settings by identifier, whatever they come from. */
export interface Connections {
  /**
   * The settings of one connection, not older than `maxAgeInMs` (default: `SETTINGS_MAX_AGE_SECONDS`), or those read last
   * while a source can't be reached, for at most `SETTINGS_STALE_SECONDS`.
   *
   * @throws HoldError that lists every fault of the connection and names no value.
   * @throws UnavailableError when a source can't be reached and the settings were not read lately.
   */
  read(identifier: string, maxAgeInMs?: number): Promise<ConnectionSettings>;
  /** The same with faults, warnings and provenance instead of a HoldError. @throws UnavailableError as `read` does. */
  inspect(identifier: string, maxAgeInMs?: number): Promise<ConnectionReport>;
}

/** Settings with faults are read again after this: somebody may be putting them right. */
const FAULTY_MAX_AGE_IN_MS = 10_000;
const DAY_IN_MS = 86_400_000;

/**
 * Merges the sources per setting, a later one winning over an earlier one, checks the result and keeps it for a while.
 * However many ask at once, each source is read once.
 */
export function makeConnections(options: {
  readonly sources: readonly SettingSource[];
  readonly versionOf: VersionOf;
  readonly clock: Clock;
  readonly maxAgeInMs: number;
  readonly stale?: Omit<StaleValues, 'onServed'>;
  /** How long before a secret or certificate ends it is warned of. */
  readonly warnBeforeEndInDays: number;
  readonly log: Log;
}): Connections {
  const { sources, versionOf, clock, log, stale } = options;
  const known = new Map<string, string>();
  const warned = new Map<string, string>();
  const cache = makeExpiringCache((identifier) => load(identifier), {
    clock,
    maxAgeInMs: ({ settings }) => (settings ? options.maxAgeInMs : Math.min(options.maxAgeInMs, FAULTY_MAX_AGE_IN_MS)),
    ...(stale && {
      stale: {
        ...stale,
        onServed: (connection, ageInMs, error) =>
          log.warn('settings.stale', {
            connection,
            ageInSeconds: Math.round(ageInMs / 1000),
            reason: messageOf(error),
          }),
      },
    }),
  });

  async function load(identifier: string): Promise<ConnectionReport> {
    const sourced = await readSources(identifier);
    const merged = await mergeSettings(sourced, identifier, versionOf, clock.now());
    for (const { reading } of sourced) for (const ending of reading?.expiring ?? []) warnOfEnd(identifier, ending);
    const { settings, faults, warnings, origins } = merged;
    // Said when it changes, not at every reading.
    const state = [settings?.version, ...faults, ...warnings].join('\n');
    if (known.get(identifier) !== state) {
      known.set(identifier, state);
      tell(identifier, merged);
    }
    return { identifier, settings, faults, warnings, origins };
  }

  /** All sources at once; one that is wrongly set up is a fault of the connection, one that is away ends the reading. */
  async function readSources(identifier: string) {
    return Promise.all(
      sources.map(async (source) => {
        try {
          const [name, reading] = [await source.name(), await source.read(identifier)];
          return { source, name, reading };
        } catch (error) {
          if (!(error instanceof HoldError)) throw error;
          const reading: SourceReading = { settings: new Map(), faults: [{ message: error.message }], warnings: [] };
          return { source, name: '', reading };
        }
      }),
    );
  }

  /** Once a day, from some weeks before the end on. */
  function warnOfEnd(connection: string, { what, expiresOn }: Expiring): void {
    const daysLeft = Math.floor((expiresOn.getTime() - clock.now().getTime()) / DAY_IN_MS);
    const today = clock.now().toISOString().slice(0, 10);
    if (daysLeft >= options.warnBeforeEndInDays || warned.get(`${connection} ${what}`) === today) return;
    warned.set(`${connection} ${what}`, today);
    log.warn('secret.expiring', { connection, what, daysLeft, expiresOn: expiresOn.toISOString() });
  }

  function tell(connection: string, { settings, warnings, origins }: MergedSettings): void {
    for (const reason of warnings) log.warn('settings.warning', { connection, reason });
    if (!settings) return;
    const of = origins.map(
      ({ setting, source, version }) => `${setting} from ${source}${version ? ` ${version}` : ''}`,
    );
    log.info('settings.read', { connection, settings: of.join('; ') });
  }

  return {
    inspect: (identifier, maxAgeInMs) => cache.get(identifier, maxAgeInMs),
    async read(identifier, maxAgeInMs) {
      const { settings, faults } = await cache.get(identifier, maxAgeInMs);
      if (settings) return settings;
      throw new HoldError(
        `connection ${identifier}`,
        `The settings of connection "${identifier}" are not usable: ${faults.join('; ')}`,
      );
    },
  };
}
