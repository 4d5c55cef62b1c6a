import { measureColdStart } from './cold-start.ts';
import { measureCreate } from './create.ts';
import { measureExport } from './export.ts';
import { measurePermits } from './permits.ts';
import { measurePoll } from './poll.ts';
import { measureSecrets } from './secrets.ts';
import { measureSplit } from './split.ts';

/*
 * `npm run -s bench -- <name>`: measures the built app and prints one JSON line. Nothing is judged here, and nothing is
 * measured alone: every figure stands beside a baseline, or an ideal, of the same run.
 */
const benchmarks: Readonly<Record<string, () => Promise<object>>> = {
  'cold-start': measureColdStart,
  create: measureCreate,
  export: measureExport,
  permits: measurePermits,
  poll: measurePoll,
  secrets: measureSecrets,
  split: measureSplit,
};

const name = process.argv[2] ?? '';
const measure = benchmarks[name];
if (measure) {
  process.stdout.write(`${JSON.stringify(await measure(), rounded)}\n`);
} else {
  process.stderr.write(`Expected one of ${Object.keys(benchmarks).join(', ')}, got "${name}"\n`);
  process.exitCode = 1;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
