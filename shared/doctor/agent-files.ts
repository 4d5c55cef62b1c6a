import { readExportedTables } from '../exports/exported-tables.ts';
import { APP_SETTINGS_FILE } from '../settings/app-section.ts';
import { AGENT_SETTINGS_FILE, readFileMappings } from '../settings/file-mappings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';

/** The file that Identity Manager's screens write and that can't be read here. */
export const REFUSED_FILE = 'appsettings.connection.json';

const CONNECTION_FILES = [
  AGENT_SETTINGS_FILE,
  'appsettings.encrypted.agent.json',
  // The documentation spells it both ways.
  'appsettings.cyberark.agent.json',
  'appsettings.cyberArk.agent.json',
  REFUSED_FILE,
];

/** Every settings file that is read, in the order in which a later one wins. */
export const SETTINGS_FILES: readonly string[] = [APP_SETTINGS_FILE, ...CONNECTION_FILES];

/** Connections by identifier, sorted, and the files that could not be read and may name more. */
export interface FoundConnections {
  readonly identifiers: readonly string[];
  readonly unread: readonly string[];
}

/** Finds the connections that anything names: mappings, even faulty ones, and settings files. Never throws. */
export async function findConnections(readSettings: ReadSettings): Promise<FoundConnections> {
  const identifiers = new Set<string>();
  const unread: string[] = [];
  for (const file of CONNECTION_FILES) {
    try {
      const section = (await readSettings(file))?.section('Connections');
      for (const { name } of section?.members ?? []) identifiers.add(name);
    } catch {
      unread.push(file);
    }
  }
  try {
    const { mappings } = await readFileMappings(readSettings);
    for (const data of mappings.values()) identifiers.add(connectionNamedBy(data) ?? '');
    for (const { connection } of (await readExportedTables(readSettings)).tables) identifiers.add(connection);
  } catch {
    unread.push(AGENT_SETTINGS_FILE);
  }
  return {
    identifiers: [...identifiers].filter((identifier) => identifier !== '').sort(),
    unread: [...new Set(unread)],
  };
}

/** The connection that a mapping names, whatever else is wrong with it. */
export function connectionNamedBy(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('Connection' in data)) return undefined;
  return typeof data.Connection === 'string' ? data.Connection : undefined;
}
