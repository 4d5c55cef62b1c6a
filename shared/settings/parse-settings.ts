import type { Node, ParseError } from 'jsonc-parser';

/** One section of a settings file, or one member of it. */
export interface Section {
  /** The name as the file spells it. */
  readonly name: string;
  /** The value as plain data. */
  readonly data: unknown;
  /** The members in order, if it is an object; one of a name in any case of letters, so that the last one counts. */
  readonly members: readonly Section[];
  /** The names below this section that stand there more than once, from it on: `Tickets`, `Tickets:Server`. */
  readonly duplicates: readonly string[];
}

/** A settings file as its sections, or what is wrong with it as a whole. */
type ParsedSettings =
  | { readonly ok: true; readonly section: (name: string) => Section | undefined }
  | { readonly ok: false; readonly fault: string };

const LARGEST_FILE_IN_BYTES = 4 * 1024 * 1024;
const MOST_NAMES_SHOWN = 10;
const LONGEST_NAME_SHOWN = 100;

/**
 * Parses a settings file as .NET's configuration does: JSON in UTF-8 with comments, trailing commas and names in any case
 * of letters. Names that stand there twice are reported where .NET would refuse the whole file.
 */
export async function parseSettings(bytes: Uint8Array): Promise<ParsedSettings> {
  if (bytes.byteLength > LARGEST_FILE_IN_BYTES) return { ok: false, fault: 'expected at most 4 MiB' };
  const { parseTree, printParseErrorCode } = await import('jsonc-parser');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, fault: 'expected text in UTF-8' };
  }
  const errors: ParseError[] = [];
  let root: Node | undefined;
  let settings: Section | undefined;
  try {
    root = parseTree(text, errors, { allowTrailingComma: true });
    if (root && errors.length === 0) settings = read('', root);
  } catch {
    return { ok: false, fault: 'expected settings, got thousands of levels in one another' };
  }
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    return { ok: false, fault: `expected JSON, got ${printParseErrorCode(first.error)} in line ${line}` };
  }
  if (root?.type !== 'object' || !settings) return { ok: false, fault: 'expected a JSON object' };
  const { members, duplicates } = settings;
  const repeated = duplicates.filter((path) => !path.includes(':'));
  if (repeated.length > 0) {
    const shown = repeated.slice(0, MOST_NAMES_SHOWN).map((name) => name.slice(0, LONGEST_NAME_SHOWN));
    return { ok: false, fault: `expected each section once, got more of ${shown.join(', ')}` };
  }
  return { ok: true, section: (name) => members.find((member) => isSameName(member.name, name)) };
}

/** Whether two names are one for .NET's configuration, and for Key Vault. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** What a value is, for people. */
export function shapeOf(data: unknown): 'nothing' | 'a list' | 'an object' | 'a text' | 'a number' | 'true or false' {
  if (data === null || data === undefined) return 'nothing';
  if (typeof data === 'object') return Array.isArray(data) ? 'a list' : 'an object';
  return typeof data === 'string' ? 'a text' : typeof data === 'number' ? 'a number' : 'true or false';
}

/** Whether a section may have members: it is an object, or empty as .NET's configuration sees it. */
export function mayHaveMembers({ data }: Section): boolean {
  const isEmpty = data === '' || (Array.isArray(data) && data.length === 0);
  return isEmpty || ['an object', 'nothing'].includes(shapeOf(data));
}

function read(name: string, node: Node): Section {
  if (node.type !== 'object') return { name, data: dataOf(node), members: [], duplicates: [] };
  const members = new Map<string, Section>();
  const duplicates = new Set<string>();
  for (const [key, value] of (node.children ?? []).map(({ children }) => children ?? [])) {
    if (!key || !value) continue;
    const member = read(String(key.value), value);
    if (members.has(member.name.toLowerCase())) duplicates.add(member.name);
    for (const path of member.duplicates) duplicates.add(`${member.name}:${path}`);
    members.delete(member.name.toLowerCase());
    members.set(member.name.toLowerCase(), member);
  }
  const list = [...members.values()];
  // Not an assignment: a member may be called `__proto__`.
  return {
    name,
    data: Object.fromEntries(list.map((member) => [member.name, member.data])),
    members: list,
    duplicates: [...duplicates],
  };
}

function dataOf(node: Node): unknown {
  return node.type === 'array' ? (node.children ?? []).map((child) => read('', child).data) : node.value;
}
