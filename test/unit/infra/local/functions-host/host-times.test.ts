import { expect, test } from 'vitest';
import { hostTimesSchema } from '../../../../../infra/local/functions-host/host-times.ts';

test("what is not shortened is the platform's time", () => {
  expect(hostTimesSchema.parse({})).toEqual({
    receiveVisibilityInMs: 10 * 60_000,
    renewEveryInMs: 5 * 60_000,
    minRenewInMs: 60_000,
    minPollInMs: 100,
    drainInMs: 10_000,
    terminateInMs: 5_000,
    lockLeaseInMs: 60_000,
    lockRetryInMs: 60_000,
  });
});
