import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { looksProtected } from '../../shared/secrets/protected-value.ts';
import { ProtectFault } from './protect-fault.ts';

const DEEPEST_LEVEL = 100;
const MOST_PATHS_SHOWN = 10;

interface Leaf {
  readonly path: string;
  readonly text: string;
}

/**
 * Encrypts every value of a JSON document (UTF-8; comments, trailing commas and a byte order mark are fine) and gives
 * the document as plain JSON: same members in the same order, items of lists one by one, numbers and booleans as the
 * text they are written in, `null` as it is. Comments are left out, for they may hold values.
 *
 * @throws ProtectFault that names the line or the paths; nothing of the document else.
 */
export async function protectDocument(bytes: Uint8Array, protect: (value: string) => Promise<string>): Promise<string> {
  const text = decode(bytes);
  const root = parseDocument(text);
  const leaves = new Map<Node, Leaf>();
  collect(root, [], text, leaves);
  const done = [...leaves.values()].filter((leaf) => looksProtected(leaf.text)).map(({ path }) => path);
  if (done.length > 0) {
    const more = done.length > MOST_PATHS_SHOWN ? ` and ${done.length - MOST_PATHS_SHOWN} more` : '';
    throw input(
      `expected plain values only, got encrypted ones at ${done.slice(0, MOST_PATHS_SHOWN).join(', ')}${more}: put the plain values in`,
    );
  }
  const protectedTexts = await Promise.all(
    [...leaves].map(async ([node, leaf]) => [node, await protectLeaf(leaf, protect)] as const),
  );
  return `${write(root, '', new Map(protectedTexts))}\n`;
}

async function protectLeaf({ path, text }: Leaf, protect: (value: string) => Promise<string>): Promise<string> {
  try {
    return await protect(text);
  } catch (error) {
    throw error instanceof RangeError ? input(`${path}: ${error.message}`) : error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw input('expected text in UTF-8, got other bytes');
  }
}

function parseDocument(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseOrThrow(text, errors);
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw input(`expected JSON, got ${printParseErrorCode(first.error)} in line ${line}`);
  }
  if (!root) throw input('expected JSON, got nothing');
  return root;
}

function parseOrThrow(text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch {
    throw tooDeep();
  }
}

function collect(node: Node, path: readonly string[], text: string, leaves: Map<Node, Leaf>): void {
  if (path.length > DEEPEST_LEVEL) throw tooDeep();
  if (node.type === 'object') {
    for (const [key, value] of membersOf(node)) collect(value, [...path, key], text, leaves);
  } else if (node.type === 'array') {
    for (const [index, item] of (node.children ?? []).entries()) collect(item, [...path, String(index)], text, leaves);
  } else if (node.type !== 'null') {
    const { value, offset, length } = node;
    const written = typeof value === 'string' ? value : text.slice(offset, offset + length);
    leaves.set(node, { path: path.join(':') || 'the document', text: written });
  }
}

/** Writes nodes, not objects: those would put members with numbers for names first. */
function write(node: Node, indent: string, texts: ReadonlyMap<Node, string>): string {
  const inner = `${indent}  `;
  if (node.type === 'object') {
    const members = membersOf(node).map(([key, value]) => `${JSON.stringify(key)}: ${write(value, inner, texts)}`);
    return inBrackets('{', members, '}', indent);
  }
  if (node.type === 'array') {
    const items = (node.children ?? []).map((item) => write(item, inner, texts));
    return inBrackets('[', items, ']', indent);
  }
  const text = texts.get(node);
  return text === undefined ? 'null' : JSON.stringify(text);
}

function inBrackets(open: string, parts: readonly string[], close: string, indent: string): string {
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${close}`;
}

function membersOf(node: Node): [key: string, value: Node][] {
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }): [string, Node][] =>
    key && value ? [[String(key.value), value]] : [],
  );
}

function tooDeep(): ProtectFault {
  return input(`expected at most ${DEEPEST_LEVEL} levels in one another, got more`);
}

function input(message: string): ProtectFault {
  return new ProtectFault('input', message);
}
