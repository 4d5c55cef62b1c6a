import { HoldError } from '../errors.ts';
import { isSameName, type Section } from './parse-settings.ts';
import type { SettingsFiles } from './settings-files.ts';

/** One element of the vendor's XML configuration that says what is exported, or how tickets are made. */
interface ConfigurationElement {
  readonly kind: (typeof KINDS)[number];
  readonly file: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The attributes of its `Property` elements. */
  readonly properties: readonly Readonly<Record<string, string>>[];
}

const KINDS = [
  'EntityTypeMapping',
  'EntityAssociationMapping',
  'ServiceNowResourceTypeMapping',
  'PasswordResetSettings',
  'Connection',
] as const;
/** The sections whose name is not the kind's with an s. */
const SECTIONS: Readonly<Record<string, string>> = {
  Connection: 'XmlConnections',
  PasswordResetSettings: 'PasswordResetSettings',
};
const LARGEST_FILE_IN_BYTES = 16 * 1024 * 1024;
const ATTRIBUTES = ':@';

/** What all XML files beside the settings files are called together. */
export const XML_CONFIGURATION = '*.xml';

/**
 * Reads those elements of all XML files as sections of a settings document: `EntityTypeMappings` and so on, with a member for each
 * `Identifier`, whose data are its attributes and, as `Properties`, those of its `Property` elements. `undefined` where there is none.
 *
 * @throws HoldError where a file is no XML; UnavailableError.
 */
export async function readXmlConfiguration(files: SettingsFiles) {
  const elements: ConfigurationElement[] = [];
  for (const name of await files.list('.xml')) {
    const file = await files.read(name);
    if (file) elements.push(...(await readElements(name, file.bytes)));
  }
  if (elements.length === 0) return undefined;
  const sections = KINDS.map((kind) => toSection(kind, elements));
  return {
    name: XML_CONFIGURATION,
    version: undefined,
    section: (name: string) => sections.find((section) => isSameName(section.name, name)),
  };
}

function toSection(kind: ConfigurationElement['kind'], elements: readonly ConfigurationElement[]): Section {
  const members = new Map<string, Section>();
  const duplicates: string[] = [];
  for (const element of elements) {
    if (element.kind !== kind) continue;
    const { Identifier: name = '', ...attributes } = element.attributes;
    if (members.has(name.toLowerCase())) duplicates.push(name);
    const properties = element.properties.length > 0 && { Properties: element.properties };
    members.set(name.toLowerCase(), { name, data: { ...attributes, ...properties }, members: [], duplicates: [] });
  }
  const list = [...members.values()];
  const sectionName = SECTIONS[kind] ?? `${kind}s`;
  return {
    name: sectionName,
    data: Object.fromEntries(list.map(({ name, data }) => [name, data])),
    members: list,
    duplicates,
  };
}

/** The elements of one file, wherever in it they stand. @throws HoldError where it is no XML. */
async function readElements(file: string, bytes: Uint8Array): Promise<ConfigurationElement[]> {
  const fault = (what: string) => new HoldError('settings', `${file} is not usable: expected ${what}`);
  if (bytes.byteLength > LARGEST_FILE_IN_BYTES) throw fault('at most 16 MiB');
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  let text: string;
  try {
    // The vendor's editor writes UTF-8 with a mark; one in UTF-16 says so by its own.
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw fault('text in UTF-8');
  }
  // Nothing is needed of it, and entities are how XML grows without end.
  if (/<!DOCTYPE/i.test(text)) throw fault('no DOCTYPE in it');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw fault(`XML, got ${valid.err.code} in line ${valid.err.line}`);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    parseTagValue: false,
    removeNSPrefix: true,
  });
  const found: ConfigurationElement[] = [];
  collect(parser.parse(text), file, found);
  return found;
}

function collect(nodes: unknown, file: string, found: ConfigurationElement[]): void {
  for (const node of listOf(nodes)) {
    for (const [name, children] of Object.entries(recordOf(node))) {
      if (name === ATTRIBUTES) continue;
      const kind = KINDS.find((known) => known === name);
      if (kind) found.push({ kind, file, attributes: attributesOf(node), properties: propertiesIn(children) });
      else collect(children, file, found);
    }
  }
}

function propertiesIn(children: unknown): Readonly<Record<string, string>>[] {
  return listOf(children).flatMap((child) => ('Property' in recordOf(child) ? [attributesOf(child)] : []));
}

function attributesOf(node: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(recordOf(recordOf(node)[ATTRIBUTES])).map(([name, value]) => [name, String(value)]),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
