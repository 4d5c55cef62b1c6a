import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHostJson } from '../../../../../infra/local/functions-host/read-host-json.ts';

const withQueues = (queues: object) => JSON.stringify({ version: '2.0', extensions: { queues } });

test('what a file leaves out has the platform default', () => {
  expect(readHostJson('{"version":"2.0"}', {})).toEqual({
    queues: {
      batchSize: 16,
      newBatchThreshold: 8 * availableParallelism(),
      maxDequeueCount: 5,
      visibilityTimeoutInMs: 0,
      maxPollingIntervalInMs: 60_000,
      messageEncoding: 'base64',
    },
    ignored: [],
  });
});

test("the project's own host.json is understood, and its ignored member named", () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../../host.json'), 'utf8');
  expect(readHostJson(text, {}).ignored).toEqual([expect.stringMatching(/^functionTimeout /)]);
});

test('a setting goes before the file', () => {
  const { queues } = readHostJson(withQueues({ batchSize: 16, visibilityTimeout: '00:01:00' }), {
    AzureFunctionsJobHost__extensions__queues__batchSize: '1',
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:02',
  });
  expect(queues).toMatchObject({ batchSize: 1, visibilityTimeoutInMs: 2000 });
});

test.each([
  [{ batchSize: 0 }],
  [{ batchSize: 33 }],
  [{ batchSize: 1.5 }],
  [{ newBatchThreshold: -1 }],
  [{ maxDequeueCount: 0 }],
  [{ visibilityTimeout: '60' }],
  [{ visibilityTimeout: 60 }],
  [{ maxPollingInterval: '00:00:00.099' }],
  [{ messageEncoding: 'Base32' }],
  [{ batchsize: 1 }],
])('%j is refused by name', (queues) => {
  const [name = ''] = Object.keys(queues);
  expect(() => readHostJson(withQueues(queues), {})).toThrow(name);
});

test('the limits themselves are taken', () => {
  const limits = { batchSize: 32, newBatchThreshold: 0, maxDequeueCount: 1, maxPollingInterval: '00:00:00.100' };
  expect(readHostJson(withQueues(limits), {}).queues).toMatchObject({ batchSize: 32, maxPollingIntervalInMs: 100 });
});

test('all faults are told at once', () => {
  expect(() => readHostJson(withQueues({ batchSize: 0, maxDequeueCount: 0 }), {})).toThrow(
    /batchSize[\s\S]*maxDequeueCount/,
  );
});

test.each([
  ['not JSON'],
  ['{"version":"1.0"}'],
  ['{"version":"2.0","retry":{}}'],
  ['{"version":"2.0","concurrency":{}}'],
])('%s is refused', (text) => {
  expect(() => readHostJson(text, {})).toThrow('Expected host.json to be valid');
});
