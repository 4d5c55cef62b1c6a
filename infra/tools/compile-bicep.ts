import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { codeOf, messageOf } from '../../shared/errors.ts';

/*
 * `npm run test:infra`: compiles and lints the Bicep files, without a warning, and compares what each parameter file would deploy with
 * its snapshot; `-- --update` writes the snapshots anew. Where no `bicep` is on the PATH, it is restored from NuGet into a cache folder.
 */
const VERSION = '0.49.2';
const PACKAGE = 'Azure.Bicep.CommandLine.linux-x64';
const INFRA = fileURLToPath(new URL('..', import.meta.url));
const PARAMETER_FILES = ['small', 'large'].map((name) => join(INFRA, 'parameters', `${name}.bicepparam`));
/** Of nobody: ids in a snapshot are made of them. */
const NOBODYS = [
  ...['--subscription-id', '00000000-0000-4000-8000-000000000000'],
  ...['--tenant-id', '00000000-0000-4000-8000-000000000009'],
  ...['--location', 'westeurope'],
];
const run = promisify(execFile);

try {
  const bicep = await findBicep();
  const mode = process.argv.includes('--update') ? 'overwrite' : 'validate';
  const output = await mkdtemp(join(tmpdir(), 'bicep-'));
  try {
    await quietly(bicep, ['build', join(INFRA, 'main.bicep'), '--outfile', join(output, 'main.json')]);
    for (const file of PARAMETER_FILES) {
      await quietly(bicep, ['build-params', file, '--outfile', join(output, 'parameters.json')]);
      await quietly(bicep, ['snapshot', file, '--mode', mode, ...NOBODYS]);
    }
    const azd = { AZURE_ENV_NAME: 'compiled', AZURE_LOCATION: 'westeurope' };
    await quietly(bicep, ['build-params', join(INFRA, 'main.bicepparam'), '--outfile', join(output, 'azd.json')], azd);
  } finally {
    await rm(output, { recursive: true });
  }
  process.stdout.write(
    `Compiled and linted without a warning; ${PARAMETER_FILES.length} snapshots ${mode === 'overwrite' ? 'written' : 'validated'}.\n`,
  );
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

/** Runs a command that has nothing to say; a warning is a failure. */
async function quietly(bicep: string, args: readonly string[], settings = {}): Promise<void> {
  const env = { ...process.env, ...settings };
  const { stdout, stderr } = await run(bicep, args, { env, maxBuffer: 64 * 1024 * 1024 }).catch((error: unknown) => {
    const said =
      error instanceof Error && 'stderr' in error && 'stdout' in error ? `${error.stdout}${error.stderr}` : '';
    throw new Error(`bicep ${args[0]} failed: ${said || messageOf(error)}`);
  });
  const said = `${stdout}${stderr}`.trim();
  if (said !== '') throw new Error(`Expected bicep ${args[0]} to have nothing to say, got:\n${said}`);
}

async function findBicep(): Promise<string> {
  try {
    await run('bicep', ['--version']);
    return 'bicep';
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'servicenow-ticket-connector');
  const bicep = join(cache, PACKAGE.toLowerCase(), VERSION, 'tools', 'bicep');
  if (!existsSync(bicep)) await restore(cache);
  // NuGet keeps no rights of files.
  await chmod(bicep, 0o755);
  return bicep;
}

async function restore(cache: string): Promise<void> {
  const project = join(cache, 'bicep.csproj');
  await mkdir(cache, { recursive: true });
  await writeFile(
    project,
    `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework><RestorePackagesPath>${cache}</RestorePackagesPath></PropertyGroup>
  <ItemGroup><PackageDownload Include="${PACKAGE}" Version="[${VERSION}]" /></ItemGroup>
</Project>
`,
  );
  await run('dotnet', ['restore', project]).catch((error: unknown) => {
    const why = codeOf(error) === 'ENOENT' ? 'there is no dotnet to get it with' : messageOf(error);
    throw new Error(`Expected bicep ${VERSION} on the PATH, or to be had from NuGet: ${why}`);
  });
}
