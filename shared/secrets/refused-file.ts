import type { ReadSettings } from '../settings/settings-document.ts';
import { readFileConnection } from './file-connections.ts';
import { READ_WITH_CONNECTION_IN_MS, type SettingSource } from './setting-source.ts';

const FILE = 'appsettings.connection.json';

/**
 * `appsettings.connection.json`: Identity Manager's own screens write it, in a form of their own, and an agent lets it win
 * over every other source. It can't be read here, so a connection named in it would run with other settings than its
 * agent: that is refused.
 */
export function refusedFileSource(readSettings: ReadSettings): SettingSource {
  return {
    name: async () => FILE,
    async read(identifier) {
      const document = await readSettings(FILE, READ_WITH_CONNECTION_IN_MS);
      if (!document) return undefined;
      const { texts, faults, warnings } = readFileConnection(document, identifier);
      const isNamed = texts.size > 0 || faults.length > 0 || warnings.length > 0;
      const message = `expected no settings of connection "${identifier}" in ${FILE}, which only an agent can read: move them to another source and take them out there`;
      return { settings: new Map(), faults: isNamed ? [{ message }] : [], warnings: [] };
    },
  };
}
