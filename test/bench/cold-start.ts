import { readdir, readFile, stat } from 'node:fs/promises';
import type { TableClient } from '@azure/data-tables';
import { startEnvironment } from '../../infra/local/environment.ts';
import { LIST_SETTINGS, SETTING_NAMES } from '../../shared/secrets/setting-names.ts';
import { loadProgram, runProgram } from './cold-start/run-program.ts';
import { median } from './median.ts';

/** What a cold start costs: times are medians in ms, ratios are against a baseline that was measured in between. */
export interface ColdStart {
  /** All that is deployed of the program; `@azure/functions` is not in it. */
  readonly bundleBytes: number;
  readonly importMs: number;
  readonly baselineImportMs: number;
  readonly ratio: number;
  /** From the start of a process until the first request of its first order reaches ServiceNow. */
  readonly firstCallMs: number;
  readonly firstCallBaselineMs: number;
  readonly firstCallRatio: number;
}

const RUNS = 15;
/** An import is short: it takes more of them to tell its time from the machine's noise. */
const IMPORTS_PER_RUN = 3;
const REPOSITORY = new URL('../../', import.meta.url);
const DIST = new URL('dist/', REPOSITORY);

/**
 * Measures the built app against `@azure/functions` alone: how long its import takes, and how long its first order takes
 * to reach ServiceNow. Each run is a fresh process; app and baseline take turns, so that what else the machine does meets
 * both.
 *
 * @throws Error where the baseline no longer makes the requests that the app makes.
 */
export async function measureColdStart(): Promise<ColdStart> {
  await using running = new AsyncDisposableStack();
  const environment = running.adopt(await startEnvironment(), ({ close }) => close());
  const { servicenow, identity, vault, settings, caFile } = environment;
  const variables = { ...settings, NODE_EXTRA_CA_CERTS: caFile };
  const [app, baseline] = await Promise.all([
    loadProgram(new URL('cold-start/first-order.ts', import.meta.url)),
    loadProgram(new URL('cold-start/first-requests.ts', import.meta.url)),
  ]);
  const bundle = new URL('main.js', DIST).href;
  const order = JSON.parse(await readFile(new URL('infra/local/orders/single-order.json', REPOSITORY), 'utf8'));

  /** When the first request came, in ms from the start, and which tokens and secrets had been asked for until then. */
  async function callOnce(program: string, ...more: readonly string[]) {
    const [tokens, secrets] = [identity.requests.length, vault.requests.length];
    const startedAt = Date.now();
    const first = servicenow
      .waitForRequest(() => true)
      .then(({ at }) => {
        const requests = [...identity.requests.slice(tokens), ...vault.requests.slice(secrets)];
        return {
          inMs: Date.parse(at) - startedAt,
          requests: requests.map((request) => JSON.stringify(request)).sort(),
        };
      });
    await Promise.all([first, runProgram(program, variables, ...more)]);
    await forgetPermits(environment.table('limits'));
    return first;
  }
  const callApp = (run: number) => {
    const id = `cold-start-${run}`;
    return callOnce(app, bundle, JSON.stringify({ ...order, AssignedResourceTypeId: id }), id);
  };
  const asked = [...SETTING_NAMES, ...LIST_SETTINGS.map((setting) => `${setting}--0`)].join(',');
  const callBaseline = () => callOnce(baseline, 'ServiceNowFulfillManual', asked, servicenow.server);

  // A warm-up for the disk's cache and the stand-ins, and a look whether both still do the same.
  const expected = (await callApp(0)).requests.join('\n');
  const got = (await callBaseline()).requests.join('\n');
  if (got !== expected) throw new Error(`Expected the baseline to make the app's requests:\n${expected}\ngot:\n${got}`);

  const imports: number[] = [];
  const baselineImports: number[] = [];
  const calls: number[] = [];
  const baselineCalls: number[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    for (let again = 1; again <= IMPORTS_PER_RUN; again += 1) {
      imports.push(await runProgram(app, variables, bundle));
      baselineImports.push(await runProgram(baseline, variables));
    }
    calls.push((await callApp(run)).inMs);
    baselineCalls.push((await callBaseline()).inMs);
  }
  const [importMs, baselineImportMs] = [median(imports), median(baselineImports)];
  const [firstCallMs, firstCallBaselineMs] = [median(calls), median(baselineCalls)];
  return {
    bundleBytes: await sizeOf(DIST),
    importMs,
    baselineImportMs,
    ratio: importMs / baselineImportMs,
    firstCallMs,
    firstCallBaselineMs,
    firstCallRatio: firstCallMs / firstCallBaselineMs,
  };
}

/** A process that ends at once leaves its permits behind for a while; the next one shall not wait for that. */
async function forgetPermits(limits: TableClient): Promise<void> {
  for await (const { partitionKey = '', rowKey = '' } of limits.listEntities()) {
    await limits.deleteEntity(partitionKey, rowKey);
  }
}

async function sizeOf(directory: URL): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(new URL(name, directory))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
