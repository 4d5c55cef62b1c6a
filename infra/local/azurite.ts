import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Certificate } from './certificate.ts';

/** A running Azurite. The addresses are of the first account unless another is named. */
export interface Azurite {
  readonly pid: number;
  blobUrl(account?: string): string;
  queueUrl(account?: string): string;
  tableUrl(account?: string): string;
  close(): Promise<void>;
}

/** `folder` keeps the data there; without it they live in memory. Accounts share nothing but the process. */
export interface AzuriteOptions {
  certificate: Certificate;
  accounts?: readonly string[];
  folder?: string;
}

const require = createRequire(import.meta.url);
const SHUTDOWN_LIMIT_IN_MS = 5_000;
// Nothing in Azurite ends it when the process that started it is killed; the closed IPC channel tells. Told to end, it
// must not wait for that channel.
const DIE_WITH_PARENT = `data:text/javascript,
  process.on("disconnect", () => process.exit());
  process.once("SIGTERM", () => process.channel.unref());`;

/**
 * Starts Azurite as a child process on free ports: blob, queue and table over HTTPS, for bearer tokens. Resolves when
 * all three listen. Every account gets a random key that nobody learns, so tokens are the only way in.
 * @throws where Azurite ends instead of listening, with what it wrote.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { certificate, accounts = ['devstoreaccount1'], folder } = options;
  const child = spawn(
    process.execPath,
    [
      '--import',
      DIE_WITH_PARENT,
      require.resolve('azurite/dist/src/azurite.js'),
      ...['--oauth', 'basic', '--cert', certificate.certificateFile, '--key', certificate.keyFile],
      ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--disableProductStyleUrl'],
      ...(folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder]),
    ],
    {
      cwd: dirname(certificate.certificateFile),
      // A Ctrl-C in the terminal is for who started us: what still runs there needs its storage until it has ended.
      detached: true,
      windowsHide: true,
      env: {
        ...process.env,
        AZURITE_ACCOUNTS: accounts.map((name) => `${name}:${randomBytes(16).toString('base64')}`).join(';'),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const ports = await readPorts(child);
  const urlOf = (service: string) => (account: string | undefined) =>
    `https://127.0.0.1:${ports.get(service)}/${account ?? accounts[0]}`;
  return {
    pid: child.pid ?? 0,
    blobUrl: urlOf('Blob'),
    queueUrl: urlOf('Queue'),
    tableUrl: urlOf('Table'),
    close: () => end(child, folder !== undefined),
  };
}

/** Azurite says where each service listens; the real ports are known nowhere else. */
async function readPorts(child: ChildProcess): Promise<Map<string, string>> {
  const ports = new Map<string, string>();
  const written: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`Expected Azurite to listen, but it ended with code ${code}:\n${written.join('\n')}`)),
    );
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        if (ports.size === 3) return;
        written.push(line);
        const [, service, port] = /Azurite (\w+) service is successfully listening at \S+:(\d+)$/.exec(line) ?? [];
        if (service && port) ports.set(service, port);
        if (ports.size === 3) resolve(ports);
      });
    }
  });
}

async function end(child: ChildProcess, keepsData: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // Azurite waits for the connections its clients keep alive; only data on disk is worth a wait, and a short one.
  const hardStep = setTimeout(() => child.kill('SIGKILL'), SHUTDOWN_LIMIT_IN_MS);
  child.kill(keepsData ? 'SIGTERM' : 'SIGKILL');
  await exited;
  clearTimeout(hardStep);
}
