import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Environment, startEnvironment } from '../../infra/local/environment.ts';
import type { FunctionsHost } from '../../infra/local/functions-host/spawn-functions-host.ts';
import { forgetPeak, peakMegabytes } from './peak-memory.ts';

/** How fast a table becomes a file, against one page after another by offset, and against the bare pages. */
export interface Export {
  readonly rows: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly naiveRowsPerSecond: number;
  readonly speedup: number;
  readonly rawRowsPerSecond: number;
  /** The share of the bare pages' speed; sign-in and what a process loads once is in neither. */
  readonly ofRaw: number;
  /** The most memory that the host's process had meanwhile; -1 where the machine does not tell. */
  readonly peakRssMb: number;
  readonly calls: number;
  /** Of an incremental export after a hundred rows were changed. */
  readonly incrementalCalls: number;
  readonly incrementalSeconds: number;
}

const CONNECTION = 'ServiceNowFulfillManual';
const COLUMNS = [
  ...['sys_id', 'user_name', 'name', 'first_name', 'last_name', 'email', 'employee_number', 'active', 'vip', 'manager'],
  ...['sys_created_on', 'sys_updated_on'],
];
const PAGE_SIZE = 1_000;
const PERMITS = 4;
const CHANGED = 100;

/** `--rows <n>` and `--latency-ms <n>` for another table and another instance; `--alone` measures no baseline. */
export async function measureExport(): Promise<Export> {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      rows: { type: 'string', default: '100000' },
      'latency-ms': { type: 'string', default: '50' },
      alone: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  await using running = new AsyncDisposableStack();
  const environment = await startEnvironment({
    oauth: 'client_credentials',
    connectionSettings: { ConcurrencyLimit: String(PERMITS), ResponseSizeLimit: String(PAGE_SIZE) },
    servicenow: { users: rows, latencyInMs: Number(values['latency-ms']) },
    agentSettings: {
      EntityTypeMappings: {
        // It comes first, so that everything is loaded that is loaded once.
        Group: { ConnectionTable: `${CONNECTION}_sys_user_group`, Properties: [{ ConnectionColumn: 'name' }] },
        User: {
          ConnectionTable: `${CONNECTION}_sys_user`,
          Properties: COLUMNS.map((name) => ({ ConnectionColumn: name, IsPrimaryKey: name === 'sys_id' })),
        },
      },
    },
  });
  running.defer(() => environment.close());
  letReadDeletions(environment);
  const never = '0 0 0 1 1 *';
  const host = await environment.startHost({
    settings: { POLL_SCHEDULE: never, WATCH_SCHEDULE: never, RECONCILE_SCHEDULE: never, EXPORT_SCHEDULE: never },
  });
  await forgetPeak(host.pid);
  const complete = await run(environment, host);
  const peakRssMb = await peakMegabytes(host.pid);
  const { Rows: exported, StartedAt, FinishedAt } = await readManifest(environment);
  const seconds = (Date.parse(FinishedAt) - Date.parse(StartedAt)) / 1000;

  const changed = environment.servicenow.records('sys_user', 'user_nameSTARTSWITHuser.').slice(0, CHANGED);
  for (const { sys_id: sysId = '' } of changed) environment.servicenow.update('sys_user', sysId, { title: 'Changed' });
  const incremental = await run(environment, host);

  const queries = complete.requests
    .map(({ query }) => query.sysparm_query ?? '')
    .filter((query) => query.endsWith('ORDERBYsys_id'));
  const naive = values.alone ? Number.NaN : await download(environment, 'offset', queries);
  const raw = values.alone ? Number.NaN : await download(environment, 'raw', queries);
  return {
    rows: exported,
    seconds,
    rowsPerSecond: exported / seconds,
    naiveRowsPerSecond: exported / naive,
    speedup: naive / seconds,
    rawRowsPerSecond: exported / raw,
    ofRaw: raw / seconds,
    peakRssMb,
    calls: complete.calls,
    incrementalCalls: incremental.requests.length,
    incrementalSeconds: incremental.seconds,
  };
}

async function run({ servicenow }: Environment, host: FunctionsHost) {
  const before = servicenow.requests.length;
  const startedAt = performance.now();
  const { succeeded, error } = await host.runNow('exportEntities');
  if (!succeeded) throw new Error(`Expected the export to succeed, got: ${error}`);
  const seconds = (performance.now() - startedAt) / 1000;
  const requests = servicenow.requests.slice(before);
  return {
    seconds,
    // A token is not a call.
    calls: requests.filter(({ path }) => path.startsWith('/api/')).length,
    /** Those for the users. */
    requests: requests.filter(
      ({ table, query }) => table === 'sys_user' || /^tablenameINsys_user\^/.test(query.sysparm_query ?? ''),
    ),
  };
}

async function readManifest({ container }: Environment) {
  const blob = container('export-output').getBlobClient(`complete/${CONNECTION}_sys_user.json`);
  const manifest = z.object({ Rows: z.int(), StartedAt: z.string(), FinishedAt: z.string() });
  return manifest.parse(JSON.parse((await blob.downloadToBuffer()).toString()));
}

function letReadDeletions({ servicenow }: Environment): void {
  const [acl] = servicenow.records('sys_security_acl', 'name=sys_audit_delete^operation=read');
  const [role] = servicenow.records('sys_user_role', 'name=sys_user_read');
  const values = { sys_security_acl: acl?.sys_id ?? '', sys_user_role: role?.sys_id ?? '' };
  servicenow.insert('sys_security_acl_role', values);
}

/** The seconds that the other way takes, in a process of its own. */
async function download(
  { servicenow }: Environment,
  mode: 'offset' | 'raw',
  queries: readonly string[],
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'export-'));
  try {
    const { server, oauth2Url: tokenUrl, clientId, clientSecret } = servicenow;
    const job = {
      ...{ mode, tableUrl: `${server}/sys_user`, tokenUrl, clientId, clientSecret, columns: COLUMNS },
      ...{ pageSize: PAGE_SIZE, inFlight: PERMITS, queries, file: join(directory, 'sys_user.csv') },
    };
    const child = spawn(process.execPath, [fileURLToPath(new URL('export/download.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify(job));
    const seconds = Number(await text(child.stdout));
    if (!(seconds > 0)) throw new Error(`Expected the seconds of download ${mode}, got none`);
    return seconds;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
