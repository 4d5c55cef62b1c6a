import * as z from 'zod/mini';
import type { Clock } from './clock.ts';
import { HoldError } from './errors.ts';
import { makeExpiringCache } from './expiring-cache.ts';
import { parseJson } from './parse.ts';

/** The one settings file read so far. */
export const AGENT_SETTINGS_FILE = 'appsettings.agent.json';

const scalar = z.pipe(z.union([z.string(), z.number(), z.boolean()]), z.transform(String));

const schema = z.looseObject({
  Connections: z._default(z.record(z.string(), z.record(z.string(), z.unknown())), {}),
  ServiceNowResourceTypeMappings: z._default(z.record(z.string(), z.unknown()), {}),
});

/** The parts of `appsettings.agent.json` that this program reads; mappings are checked one by one, where they are used. */
export interface AgentSettings {
  readonly connections: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly mappings: ReadonlyMap<string, unknown>;
  /** The file's version, or empty where there is no file. */
  readonly version: string;
}

/** Where settings files are: the deployed package or a blob container. */
export interface SettingsFiles {
  read(name: string): Promise<{ readonly text: string; readonly etag: string } | undefined>;
}

/**
 * Reads `appsettings.agent.json`, at most once per `maxAgeInMs`, so that configuration changes without a deployment.
 * A missing file is an empty one.
 *
 * @throws HoldError when the file is not usable JSON; UnavailableError when it can't be reached.
 */
export function makeAgentSettings(options: {
  readonly files: SettingsFiles;
  readonly clock: Clock;
  readonly maxAgeInMs: number;
}): () => Promise<AgentSettings> {
  const cache = makeExpiringCache(async (name) => {
    const file = await options.files.read(name);
    if (!file) return { connections: new Map(), mappings: new Map(), version: '' };
    const parsed = parseJson(schema, file.text.replace(/^\uFEFF/, ''));
    if (!parsed.ok)
      throw new HoldError(
        'settings',
        `${name} is not usable, every order waits until it is: ${parsed.faults.join('; ')}`,
      );
    return {
      connections: new Map(
        Object.entries(parsed.value.Connections).map(([identifier, settings]) => [identifier, scalars(settings)]),
      ),
      mappings: new Map(Object.entries(parsed.value.ServiceNowResourceTypeMappings)),
      version: file.etag,
    };
  }, options);
  return () => cache.get(AGENT_SETTINGS_FILE);
}

function scalars(settings: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(settings)) {
    const parsed = z.safeParse(scalar, value);
    if (parsed.success) values.set(name, parsed.data);
  }
  return values;
}
