import { z } from 'zod';
import type { FunctionMetadata } from './core-types.ts';
import { resolveSetting } from './resolve-setting.ts';
import { parseSchedule, type Schedule } from './schedule.ts';

/** What starts a function: messages of a queue, found through a connection setting, or a schedule. */
export type Trigger =
  | { readonly type: 'queueTrigger'; readonly binding: string; readonly queue: string; readonly connection: string }
  | {
      readonly type: 'timerTrigger';
      readonly binding: string;
      readonly schedule: Schedule;
      readonly runOnStartup: boolean;
      readonly isMonitored: boolean;
    };

const triggerSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('queueTrigger'),
    queueName: z.string().min(1),
    connection: z.string().min(1).default('AzureWebJobsStorage'),
    dataType: z.literal('string').optional(),
  }),
  z.object({
    type: z.literal('timerTrigger'),
    schedule: z.string(),
    runOnStartup: z.boolean().default(false),
    useMonitor: z.boolean().default(true),
  }),
]);

/**
 * Reads what starts a registered function. `%NAME%` in queue names and schedules is replaced by app settings.
 * @throws where the function needs what this host does not reproduce: another trigger, input or output bindings (the
 * storage SDK writes to queues without them), a retry policy, binary messages; and for an invalid schedule.
 */
export function readTrigger(
  { name, bindings, retryOptions }: FunctionMetadata,
  settings: Readonly<Record<string, string | undefined>>,
): Trigger {
  try {
    const [[binding, trigger] = ['', undefined], ...others] = Object.entries(bindings);
    if (others.length > 0) {
      throw new Error(
        `Expected a trigger and no other binding, got "${others.map(([other]) => other).join('", "')}"; ` +
          'this host has no input and output bindings: use an SDK in the handler.',
      );
    }
    if (retryOptions) throw new Error('Expected no retry policy, which this host does not reproduce; remove `retry`.');
    const options = triggerSchema.parse(trigger);
    if (options.type === 'queueTrigger') {
      const queue = resolveSetting(options.queueName, settings);
      return { type: options.type, binding, queue, connection: options.connection };
    }
    const schedule = parseSchedule(resolveSetting(options.schedule, settings));
    const isMonitored = options.useMonitor && !schedule.isMoreThanOncePerMinute;
    return { type: options.type, binding, schedule, runOnStartup: options.runOnStartup, isMonitored };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error;
    throw new Error(`Function "${name}" cannot be served. ${reason}`);
  }
}
