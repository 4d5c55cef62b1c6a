import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { protectDocument } from './protect-document.ts';
import { ProtectFault } from './protect-fault.ts';
import { readInput } from './protect-read.ts';

/** What the app reads of one settings file; a larger one is of use to nobody. */
const LARGEST_READ_IN_BYTES = 4 * 1024 * 1024;

/**
 * Encrypts every value of `file` into `out`, which appears whole or not at all and is readable for its owner only.
 *
 * @throws ProtectFault where the one can't be read or the other not be written, or is there already.
 */
export async function protectFile(
  { file, out, force }: { readonly file: string; readonly out: string; readonly force: boolean },
  protect: (value: string) => Promise<string>,
  warn: (message: string) => void,
): Promise<void> {
  const [from, to] = await Promise.all([identityOf(file), identityOf(out)]);
  if (from !== undefined && from === to) {
    throw new ProtectFault(
      'usage',
      'Expected another file for --out than for --file, got the same: the plain file is kept.',
    );
  }
  if (to !== undefined && !force) {
    throw new ProtectFault('input', `Expected no file ${out} yet, got one: name another file or add --force.`);
  }
  const document = await protectDocument(await readInput(file, 'a JSON file'), protect).catch((error: unknown) => {
    throw error instanceof ProtectFault ? new ProtectFault(error.kind, `${file}: ${error.message}.`) : error;
  });
  if (Buffer.byteLength(document) > LARGEST_READ_IN_BYTES) warn(`${out} is larger than the 4 MiB that the app reads.`);
  await writeWhole(out, document);
}

/** The same for two paths to one file, by links too; `undefined` where there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}

async function writeWhole(path: string, content: string): Promise<void> {
  const draft = join(dirname(path), `.protect-${randomUUID()}.tmp`);
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    const reason = error instanceof Error && 'code' in error ? error.code : 'an error';
    throw new ProtectFault('input', `Expected to write ${path}, got ${reason}.`);
  }
}
