import { AGENT_SETTINGS_FILE, type AgentSettings } from '../agent-settings.ts';
import { SETTING_NAMES } from './connection-settings.ts';
import type { SettingSource } from './setting-source.ts';

/** Connection settings from the `Connections` section of `appsettings.agent.json`, in plain text. */
export function plainFileSource(readAgentSettings: () => Promise<AgentSettings>): SettingSource {
  return {
    name: AGENT_SETTINGS_FILE,
    async read(identifier) {
      const { connections, version } = await readAgentSettings();
      const settings = connections.get(identifier);
      return Object.fromEntries(
        SETTING_NAMES.flatMap((name) => {
          const value = settings?.get(name);
          return value === undefined ? [] : [[name, { value, version }]];
        }),
      );
    },
  };
}
