import { z } from 'zod';

const millisecondsSchema = z.int().positive();

/** Checks and completes `HostTimes`; what is left out gets the platform's value. */
export const hostTimesSchema = z.strictObject({
  receiveVisibilityInMs: millisecondsSchema.default(600_000),
  renewEveryInMs: millisecondsSchema.default(300_000),
  minRenewInMs: millisecondsSchema.default(60_000),
  minPollInMs: millisecondsSchema.default(100),
  drainInMs: millisecondsSchema.default(10_000),
  terminateInMs: millisecondsSchema.default(5_000),
  lockLeaseInMs: millisecondsSchema.min(15_000).max(60_000).default(60_000),
  lockRetryInMs: millisecondsSchema.default(60_000),
});

/**
 * The times that the platform fixes in its code, in milliseconds, so that tests can shorten them.
 * - `receiveVisibilityInMs`: how long a received message stays hidden (storage counts in whole seconds: rounded up);
 * - `renewEveryInMs`: when a running message is hidden anew; `minRenewInMs`: how soon at least after a failed renewal;
 * - `minPollInMs`: the shortest pause after an empty poll, and the step by which pauses grow;
 * - `drainInMs`: how long a stopping host waits for running invocations; `terminateInMs`: for appTerminate hooks.
 * - `lockLeaseInMs`: for how long a host that fires a timer keeps all others from it, when it does not renew that (storage allows no
 *   less than 15 s); `lockRetryInMs`: how often the others try.
 *
 * Sources: QueueListener.cs and QueuePollingIntervals.cs (storage queues extension), WebJobsScriptHostService.cs and
 * GrpcWorkerChannel.cs (Functions host), SingletonOptions.cs (WebJobs SDK).
 */
export type HostTimes = z.infer<typeof hostTimesSchema>;
