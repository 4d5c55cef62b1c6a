import { messageOf } from '../../shared/errors.ts';
import { judge } from './judge/judge.ts';
import { whyItFails } from './judge/why-it-fails.ts';
import { makePlan } from './plan/make-plan.ts';
import { type ChaosOptions, readOptions, USAGE } from './read-options.ts';
import { makeEventLog } from './run/event-log.ts';
import { runPlan } from './run/run-plan.ts';

/*
 * `npm run chaos -- --orders <n> [--seed <s>] [--faults <list>] [--hosts <n>] [--json] [--keep]`: the built app in several host
 * processes, orders and faults drawn from a seed, people at work; then every order is looked after. It exits with 0 where
 * all is as it should be, 1 where not, 2 where it could not run. A run that fails keeps its log in a file and says where.
 */
const complain = (text: string) => void process.stderr.write(`${text}\n`);

const options = read();
process.exitCode = options ? await main(options) : 2;

async function main({ orders, seed, faults: kinds, hosts, json, keep }: ChaosOptions): Promise<number> {
  complain(`chaos: ${orders} orders, seed ${seed}, ${hosts} hosts; the same again: --orders ${orders} --seed ${seed}`);
  const startedAt = performance.now();
  const log = makeEventLog(complain);
  const plan = makePlan({ seed, orders, faults: kinds });
  const { evidence, faults, left, logs } = await runPlan(plan, hosts, log);
  const { findings, ...counts } = judge(plan, evidence);
  const figures = { seed, orders, ...counts, faults };
  const reasons = whyItFails(figures, kinds, left);
  if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else process.stdout.write(`${describe(figures)}\nTook ${Math.round((performance.now() - startedAt) / 1000)} s.\n`);
  for (const line of [...findings, ...reasons]) complain(line);
  if (reasons.length > 0 || keep)
    complain(`Seed ${seed}; what happened is in ${await log.keep(seed, [...findings, ...reasons, ...logs])}`);
  return reasons.length > 0 ? 1 : 0;
}

function describe({ faults, ...figures }: Readonly<Record<string, unknown>> & { readonly faults: object }): string {
  const lines = Object.entries(figures).map(([name, value]) => `${name}: ${value}`);
  return [...lines, 'faults:', ...Object.entries(faults).map(([kind, count]) => `  ${kind}: ${count}`)].join('\n');
}

function read(): ChaosOptions | undefined {
  try {
    return readOptions(process.argv.slice(2), Math.random);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
    return undefined;
  }
}
