import { isSameName } from './parse-settings.ts';
import type { ReadSettings } from './settings-document.ts';
import { XML_CONFIGURATION } from './xml-configuration.ts';

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
  return readMembers(readSettings, 'ServiceNowResourceTypeMappings');
}

/** The members of a section as both the settings file and the vendor's XML configuration have it; one that is in both is there twice. */
export async function readMembers(readSettings: ReadSettings, sectionName: string): Promise<FileMappings> {
  const documents = await Promise.all([AGENT_SETTINGS_FILE, XML_CONFIGURATION].map((name) => readSettings(name)));
  const sections = documents.flatMap((document) => document?.section(sectionName) ?? []);
  const names = sections.flatMap(({ members }) => members.map(({ name }) => name));
  return {
    mappings: new Map(sections.flatMap(({ members }) => members.map(({ name, data }) => [name, data]))),
    duplicates: new Set([
      ...names.filter((name, index) => names.findIndex((other) => isSameName(other, name)) !== index),
      ...sections.flatMap(({ members, duplicates }) =>
        members.flatMap(({ name }) =>
          duplicates.some((path) => isSameName(path, name) || path.startsWith(`${name}:`)) ? [name] : [],
        ),
      ),
    ]),
  };
}
