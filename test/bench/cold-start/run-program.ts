import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/** Gives a TypeScript file as text for `node --eval`: production strips no types, so nothing measured does. */
export async function loadProgram(file: URL): Promise<string> {
  const entryPoints = [fileURLToPath(file)];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return outputFiles.map(({ text }) => text).join('');
}

/**
 * Runs a program in a fresh process to its end, and gives the time in ms that it wrote.
 *
 * @throws Error with what the process had to say where it failed.
 */
export async function runProgram(
  program: string,
  environment: Readonly<Record<string, string>>,
  ...more: readonly string[]
): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, ...more], {
    cwd: REPOSITORY,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], written, said] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  const inMs = Number.parseFloat(written);
  if (code !== 0 || Number.isNaN(inMs)) throw new Error(`Expected a time and exit code 0, got ${code}:\n${said}`);
  return inMs;
}
