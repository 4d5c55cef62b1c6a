import { looksProtected } from '../../shared/secrets/protected-value.ts';
import { ProtectFault } from './protect-fault.ts';
import type { Lines } from './protect-lines.ts';

/**
 * Reads one value per name, or every line where no names are given, and gives what to print: a name, a tab and the
 * encrypted value per line, or one line of JSON.
 *
 * @throws ProtectFault where there are fewer or more lines than names; it repeats no name, for that may be a value.
 */
export async function protectValues(
  { names, json }: { readonly names: readonly string[]; readonly json: boolean },
  lines: Lines,
  protect: (value: string) => Promise<string>,
): Promise<string> {
  const values = names.length > 0 ? await readNamed(names, lines) : await readAll(lines);
  const texts = await Promise.all(values.map((value, index) => protectLine(value, index, protect)));
  if (names.length === 0) return json ? `${JSON.stringify(texts)}\n` : texts.map((text) => `${text}\n`).join('');
  const named = texts.map((text, index) => [names[index] ?? '', text] as const);
  return json ? `${JSON.stringify(Object.fromEntries(named))}\n` : named.map((line) => `${line.join('\t')}\n`).join('');
}

async function protectLine(value: string, index: number, protect: (value: string) => Promise<string>): Promise<string> {
  if (looksProtected(value)) {
    throw new ProtectFault('input', `Value ${index + 1}: expected a plain value, got one that is encrypted already.`);
  }
  try {
    return await protect(value);
  } catch (error) {
    throw error instanceof RangeError ? new ProtectFault('input', `Value ${index + 1}: ${error.message}.`) : error;
  }
}

async function readNamed(names: readonly string[], lines: Lines): Promise<string[]> {
  const values: string[] = [];
  for (const name of names) {
    const value = await lines.next(`${name}: `);
    if (value === undefined) {
      throw new ProtectFault(
        'usage',
        `Expected ${names.length} lines on standard input, one value for each name after --values, got ${values.length}. If values stand on the command line: they are in the shell's history now, so change them, and give names there instead.`,
      );
    }
    values.push(value);
  }
  if (!lines.isTerminal && (await lines.next('')) !== undefined) {
    throw new ProtectFault('input', `Expected ${names.length} lines on standard input, one per name, got more.`);
  }
  return values;
}

async function readAll(lines: Lines): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const value = await lines.next(`value ${values.length + 1} (nothing to end): `);
    if (value === undefined || (value === '' && lines.isTerminal)) break;
    values.push(value);
  }
  if (values.length > 0) return values;
  throw new ProtectFault('input', 'Expected values on standard input, one per line, got none.');
}
