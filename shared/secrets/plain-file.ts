import { AGENT_SETTINGS_FILE } from '../settings/file-mappings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { readFileConnection } from './file-connections.ts';
import { READ_WITH_CONNECTION_IN_MS, type SettingSource } from './setting-source.ts';

/** Connection settings from the `Connections` section of `appsettings.agent.json`, in plain text. */
export function plainFileSource(readSettings: ReadSettings): SettingSource {
  return {
    name: async () => AGENT_SETTINGS_FILE,
    async read(identifier) {
      const document = await readSettings(AGENT_SETTINGS_FILE, READ_WITH_CONNECTION_IN_MS);
      if (!document) return undefined;
      const { texts, faults, warnings } = readFileConnection(document, identifier);
      const settings = new Map([...texts].map(([name, value]) => [name, { value, version: document.version }]));
      return { settings, faults, warnings };
    },
  };
}
