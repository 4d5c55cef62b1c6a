import { isSameName, mayHaveMembers, type Section, shapeOf } from '../settings/parse-settings.ts';
import type { SettingsDocument } from '../settings/settings-document.ts';
import { nearestSetting, settingNamed } from './setting-names.ts';
import type { SettingFault } from './setting-source.ts';

/** What one file has in its section `Connections` about one connection. */
export interface FileConnection {
  /** Texts by setting; numbers and booleans as the text that stands in the file. */
  readonly texts: ReadonlyMap<string, string>;
  readonly faults: readonly SettingFault[];
  readonly warnings: readonly string[];
}

const NOTHING: FileConnection = { texts: new Map(), faults: [], warnings: [] };

/**
 * Reads the settings of one connection from a settings file of any kind. A setting that is empty counts as not given, as
 * the templates of such files leave them; what is no setting of this program is a warning that names the nearest one.
 */
export function readFileConnection(document: SettingsDocument | undefined, identifier: string): FileConnection {
  const connections = document?.section('Connections');
  if (!document || !connections) return NOTHING;
  if (!mayHaveMembers(connections)) {
    const message = `expected an object of connections in section Connections, got ${shapeOf(connections.data)}`;
    return { ...NOTHING, faults: [{ message }] };
  }
  const named = connections.members.filter(({ name }) => isSameName(name, identifier));
  const connection = named.find(({ name }) => name === identifier);
  const isRepeated = connections.duplicates.some((path) => isSameName(path, identifier));
  if (isRepeated) {
    const message = `expected connection "${identifier}" once, got it more than once: keep one of them`;
    return { ...NOTHING, faults: [{ message }] };
  }
  if (!connection) {
    const [other] = named;
    const warnings = other ? [`has connection "${other.name}", which differs in its capital letters`] : [];
    return { ...NOTHING, warnings };
  }
  if (!mayHaveMembers(connection)) {
    const message = `expected an object of settings as connection "${identifier}", got ${shapeOf(connection.data)}`;
    return { ...NOTHING, faults: [{ message }] };
  }
  const texts = new Map<string, string>();
  const faults: SettingFault[] = connections.duplicates.flatMap((path) => {
    const [owner = '', setting = ''] = path.split(':');
    const name = isSameName(owner, identifier) ? settingNamed(setting) : undefined;
    return name ? [{ setting: name, message: `${name}: expected once, got it more than once: keep one of them` }] : [];
  });
  const warnings: string[] = [];
  for (const [key, leaf] of leavesOf(connection)) {
    const setting = settingNamed(key);
    if (setting === undefined) {
      warnings.push(`"${key.slice(0, 100)}" is no setting of a connection; did you mean ${nearestSetting(key)}?`);
    } else if (typeof leaf === 'string' || typeof leaf === 'number' || typeof leaf === 'boolean') {
      if (leaf !== '') texts.set(setting, String(leaf));
    } else if (leaf !== null) {
      faults.push({ setting, message: `${setting}: expected a text, got ${shapeOf(leaf)}` });
    }
  }
  return { texts, faults, warnings };
}

/** Members of a connection by key, those of a list as `Name:0`, `Name:1` … */
function leavesOf(connection: Section): [key: string, leaf: unknown][] {
  return connection.members.flatMap(({ name, data }): [string, unknown][] => {
    if (!Array.isArray(data) || settingNamed(`${name}:0`) === undefined) return [[name, data]];
    return data.map((item: unknown, index) => [`${name}:${index}`, item]);
  });
}
