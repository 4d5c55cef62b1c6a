import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { faultRuleSchema } from './faults/fault-rule.ts';
import { type ServiceNowOptions, startServiceNow } from './start-servicenow.ts';

const usage =
  'simulator --port <n> [--users <n>] [--latency-ms <n>] [--seed <n>] [--control-port <n>] [--faults <file>]';

const numberUpTo = (most: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) <= most, `expected a whole number up to ${most}`)
    .transform(Number)
    .exactOptional();
const port = numberUpTo(65_535);
const number = numberUpTo(Number.MAX_SAFE_INTEGER);
const argumentsSchema = z.object({
  port,
  users: number,
  'latency-ms': number,
  seed: number,
  'control-port': port,
  faults: z.string().exactOptional(),
});

try {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { port: text, users: text, 'latency-ms': text, seed: text, 'control-port': text, faults: text },
  });
  const { faults, 'latency-ms': latencyInMs, 'control-port': controlPort, ...rest } = argumentsSchema.parse(values);
  const options: ServiceNowOptions = {
    ...rest,
    ...(latencyInMs !== undefined && { latencyInMs }),
    ...(controlPort !== undefined && { controlPort }),
  };
  const rules = faults === undefined ? [] : z.array(faultRuleSchema).parse(JSON.parse(await readFile(faults, 'utf8')));
  const instance = await startServiceNow(options);
  for (const rule of rules) instance.addFault(rule);
  const { url, server, login, password, clientId, clientSecret, oauth2Url, controlUrl } = instance;
  const ready = { url, server, login, password, clientId, clientSecret, oauth2Url, controlUrl };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const end = () => void instance.close();
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
} catch (error) {
  process.stderr.write(`${faultOf(error)}\nUsage: ${usage}\n`);
  process.exitCode = 1;
}

function faultOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n');
  return error instanceof Error ? error.message : String(error);
}
