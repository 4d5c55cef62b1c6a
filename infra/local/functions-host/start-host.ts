import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAdminServer } from './admin-server.ts';
import { connectQueues } from './connect-queues.ts';
import { connectTimers } from './connect-timers.ts';
import type { HostTimes } from './host-times.ts';
import { makeInvoker } from './invoker.ts';
import { loadApp } from './load-app.ts';
import { pause } from './pause.ts';
import { poisonQueueName } from './poison-queue-name.ts';
import { makeProcessMessage } from './process-message.ts';
import { startQueueListener } from './queue-listener.ts';
import { readHostJson } from './read-host-json.ts';
import { readTrigger, type Trigger } from './read-trigger.ts';
import type { Reporter } from './report.ts';
import { startTimerListener, type TimerListener } from './timer-listener.ts';
import { type TimerStatus, timerInput } from './timer-status.ts';
import { triggerMetadata } from './trigger-metadata.ts';

/** `settings` are the app settings: what the app itself sees as its environment. */
export interface HostOptions {
  readonly appDirectory: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly times: HostTimes;
  readonly reporter: Reporter;
}

/** A host whose app is loaded and whose triggers run. */
export interface Host {
  readonly functions: readonly string[];
  readonly adminUrl: string;
  /** Takes no more work, lets what runs end (up to a limit), runs the appTerminate hooks. */
  stop(): Promise<void>;
  /** Fails what runs, as a platform does whose worker process died: messages go the way of any failure, hooks don't run. */
  crash(reason: Error): void;
}

/**
 * Loads the app of a directory and starts its triggers.
 * @throws what the app throws while it loads, and for every setting or registration that this host cannot serve,
 * before anything runs.
 */
export async function startHost({ appDirectory, port, settings, times, reporter }: HostOptions): Promise<Host> {
  const { report, log } = reporter;
  const { queues, ignored } = readHostJson(readFileSync(join(appDirectory, 'host.json'), 'utf8'), settings);
  if (ignored.length > 0) log('information', `Not enforced on this machine, of host.json: ${ignored.join(', ')}.`);
  const registry = await loadApp(appDirectory, (level, message) => report({ event: 'log', level, message }));
  const functions = [...registry.functions].map(([name, { metadata }]) => ({
    name,
    trigger: readTrigger(metadata, settings),
  }));
  if (functions.length === 0) log('warning', 'The app registers no function.');
  const invoker = makeInvoker(registry, report);

  const sharedTimers = connectTimers(appDirectory, settings, times.lockLeaseInMs);
  const timers = new Map<string, TimerListener>();
  const starts = functions.map(({ name: functionName, trigger }) => {
    const { binding } = trigger;
    if (trigger.type === 'queueTrigger') {
      const service = connectQueues(trigger.connection, settings);
      const queue = service.getQueueClient(trigger.queue);
      const poisonName = poisonQueueName(trigger.queue);
      const poisonQueue = poisonName === undefined ? undefined : service.getQueueClient(poisonName);
      const target = { functionName, binding, queue, poisonQueue, settings: queues, times, invoker, report };
      const processMessage = makeProcessMessage(target);
      return () => startQueueListener({ queue, settings: queues, times, processMessage, log, random: Math.random });
    }
    return () => {
      const now = () => new Date();
      const { schedule, runOnStartup, isMonitored } = trigger;
      const run = (status: TimerStatus, isPastDue: boolean) =>
        invoker.invoke({ functionName, binding, input: timerInput(isMonitored ? status : undefined, isPastDue) });
      const shared = sharedTimers;
      const listener = startTimerListener({
        functionName,
        schedule,
        runOnStartup,
        isMonitored,
        shared,
        times,
        run,
        now,
        log,
      });
      timers.set(functionName, listener);
      return listener;
    };
  });

  /** A manual run has nothing to do with the queue or the schedule: no message, no retry, no change of the status. */
  function runNow(name: string, text: string, invocationId: string): boolean {
    const found = functions.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!found) return false;
    const call = { functionName: found.name, binding: found.trigger.binding, invocationId };
    invoker.invoke({ ...call, ...manualInput(found.trigger, timers.get(found.name), text) });
    return true;
  }

  const admin = await startAdminServer({ port, run: runNow });
  const listeners = starts.map((start) => start());

  let hasCrashed = false;
  function crash(reason: Error): void {
    hasCrashed = true;
    invoker.failAll(reason);
  }

  async function stop(): Promise<void> {
    const never = new AbortController().signal;
    for (const listener of listeners) listener.stop();
    await admin.close();
    const drained = Promise.all([...listeners.map(({ ended }) => ended), invoker.idle()]).then(() => true);
    const isDrained = await Promise.race([drained, pause(times.drainInMs, never).then(() => false)]);
    if (!isDrained) log('warning', `Something still runs after ${times.drainInMs} ms; it is abandoned.`);
    if (hasCrashed) return;
    await Promise.race([registry.runHooks('appTerminate', { hookData: {} }), pause(times.terminateInMs, never)]);
  }

  return { functions: functions.map(({ name }) => name), adminUrl: admin.url, stop, crash };
}

function manualInput(trigger: Trigger, timer: TimerListener | undefined, text: string) {
  return trigger.type === 'queueTrigger'
    ? { input: { string: text }, triggerMetadata: triggerMetadata(text, { dequeueCount: 0 }) }
    : { input: timerInput(trigger.isMonitored ? timer?.status() : undefined) };
}
