import { isSameName } from './parse-settings.ts';
import type { ReadSettings } from './settings-document.ts';

/** The settings file that holds connections in plain text, and the mappings. */
export const AGENT_SETTINGS_FILE = 'appsettings.agent.json';

/** The resource type mappings of `appsettings.agent.json`, each as it stands there. */
export interface FileMappings {
  readonly mappings: ReadonlyMap<string, unknown>;
  /** Resource types that have more than one mapping, or a member of it twice; which one was meant nobody knows. */
  readonly duplicates: ReadonlySet<string>;
}

/** Reads the section `ServiceNowResourceTypeMappings`; without file or section there are none. */
export async function readFileMappings(readSettings: ReadSettings): Promise<FileMappings> {
  const section = (await readSettings(AGENT_SETTINGS_FILE))?.section('ServiceNowResourceTypeMappings');
  return {
    mappings: new Map(section?.members.map(({ name, data }) => [name, data])),
    duplicates: new Set(
      section?.members.flatMap(({ name }) =>
        section.duplicates.some((path) => isSameName(path, name) || path.startsWith(`${name}:`)) ? [name] : [],
      ),
    ),
  };
}
