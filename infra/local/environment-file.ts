import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Environment } from './environment.ts';

/** `.local/environment.json` of the current directory: npm runs scripts in the repository. */
const FILE = resolve('.local/environment.json');

const schema = z.object({
  pid: z.number(),
  blobUrl: z.string(),
  queueUrl: z.string(),
  tableUrl: z.string(),
  identity: z.object({ endpoint: z.string(), header: z.string() }),
  caFile: z.string(),
  keyVaultUrl: z.string(),
  servicenow: z.object({ url: z.string(), controlUrl: z.string() }),
  adminUrl: z.string(),
  /** The app settings of a host in this environment. */
  settings: z.record(z.string(), z.string()),
});

/** What commands need to find the environment that `npm start` keeps running as process `pid`. */
export type RunningEnvironment = z.infer<typeof schema>;

/** Tells commands where the environment of this process runs. The file is readable for its owner only. */
export async function writeEnvironmentFile(environment: Environment, adminUrl: string): Promise<void> {
  const { azurite, identity, caFile, vault, servicenow, settings } = environment;
  const running: RunningEnvironment = {
    pid: process.pid,
    blobUrl: azurite.blobUrl(),
    queueUrl: azurite.queueUrl(),
    tableUrl: azurite.tableUrl(),
    identity: { endpoint: identity.endpoint, header: identity.header },
    caFile,
    keyVaultUrl: vault.url,
    servicenow: { url: servicenow.url, controlUrl: servicenow.controlUrl },
    adminUrl,
    settings,
  };
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}

/** Gives the environment that runs, or `undefined` where none does; what a killed one left behind does not count. */
export async function readEnvironmentFile(): Promise<RunningEnvironment | undefined> {
  try {
    const running = schema.parse(JSON.parse(await readFile(FILE, 'utf8')));
    process.kill(running.pid, 0);
    return running;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) {
      return undefined;
    }
    throw error;
  }
}

/** Says that nothing runs any more. */
export async function removeEnvironmentFile(): Promise<void> {
  await rm(FILE, { force: true });
}
