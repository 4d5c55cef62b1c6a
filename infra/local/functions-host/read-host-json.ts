import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseTimeSpan } from './parse-time-span.ts';

/** How the queue triggers of an app work. Times in milliseconds. */
export interface QueueSettings {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  readonly visibilityTimeoutInMs: number;
  readonly maxPollingIntervalInMs: number;
  readonly messageEncoding: 'base64' | 'none';
}

const OVERRIDE = 'AzureFunctionsJobHost__extensions__queues__';
const integer = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
const timeSpan = z.string().transform((text, context) => {
  const span = parseTimeSpan(text);
  if (span === undefined) context.addIssue(`expected a time as hh:mm:ss, got "${text}"`);
  return span ?? z.NEVER;
});
const maxPollingInterval = timeSpan.refine((span) => span >= 100, 'expected at least 00:00:00.100');

const queuesSchema = z.strictObject({
  batchSize: integer.pipe(z.int().min(1).max(32)).default(16),
  newBatchThreshold: integer.pipe(z.int().min(0)).optional(),
  maxDequeueCount: integer.pipe(z.int().min(1)).default(5),
  visibilityTimeout: timeSpan.default(0),
  maxPollingInterval: maxPollingInterval.default(60_000),
  messageEncoding: z.enum(['base64', 'none']).default('base64'),
});

const notHere = (what: string) =>
  z.undefined({ error: `${what} is not reproduced by this host; remove it` }).optional();
const hostJsonSchema = z.object({
  version: z.literal('2.0'),
  functionTimeout: z.string().optional(),
  retry: notHere('a retry policy for all functions'),
  concurrency: notHere('dynamic concurrency'),
  extensions: z.object({ queues: z.unknown().optional() }).optional(),
});

/**
 * Reads the text of a host.json: the queue settings with the platform's defaults, and `ignored`, what the file asks for
 * and this host does not do. A setting `AzureFunctionsJobHost__extensions__queues__<name>` goes before the file, as in
 * the platform.
 * @throws with every fault of the file at once.
 * Sources: "host.json reference for Azure Functions", QueuesOptions.cs (ranges, defaults).
 */
export function readHostJson(
  text: string,
  settings: Readonly<Record<string, string | undefined>>,
): { queues: QueueSettings; ignored: readonly string[] } {
  try {
    const file = hostJsonSchema.parse(JSON.parse(text));
    const overrides = Object.entries(settings)
      .filter(([name]) => name.startsWith(OVERRIDE))
      .map(([name, value]) => [name.slice(OVERRIDE.length), value]);
    const { newBatchThreshold, visibilityTimeout, maxPollingInterval, ...queues } = queuesSchema.parse({
      ...z.record(z.string(), z.unknown()).parse(file.extensions?.queues ?? {}),
      ...Object.fromEntries(overrides),
    });
    return {
      queues: {
        ...queues,
        newBatchThreshold: newBatchThreshold ?? Math.floor(queues.batchSize / 2) * availableParallelism(),
        visibilityTimeoutInMs: visibilityTimeout,
        maxPollingIntervalInMs: maxPollingInterval,
      },
      ignored: file.functionTimeout === undefined ? [] : [`functionTimeout ${file.functionTimeout}`],
    };
  } catch (error) {
    const faults = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`Expected host.json to be valid, got:\n${faults}`);
  }
}
