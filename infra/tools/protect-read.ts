import { readFile } from 'node:fs/promises';
import { ProtectFault } from './protect-fault.ts';

/** The bytes of a file that the command names. @throws ProtectFault where it can't be read. */
export async function readInput(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'an error';
    throw new ProtectFault('input', `Expected ${file} to be ${what}, got ${reason}.`);
  }
}
