import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';

const host = JSON.parse(await readFile(new URL('../../host.json', import.meta.url), 'utf8'));
const config = readConfig({
  INSTALLATION_ID: 'test',
  ConnectorStorage__queueServiceUri: 'https://storage.invalid',
  ConnectorStorage__tableServiceUri: 'https://storage.invalid',
  ConnectorStorage__blobServiceUri: 'https://storage.invalid',
});
const inSeconds = (timeSpan: string) => timeSpan.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

test('a handler has more handlers beside it than any connection has permits by default, so permits are the limit', () => {
  const { batchSize, newBatchThreshold } = host.extensions.queues;
  // 16 calls in flight keep a ServiceNow host busy that grants so many; the other 16 read, claim and report meanwhile.
  expect(batchSize).toBe(16);
  expect(newBatchThreshold).toBe(16);
});

test('a message whose handling failed comes back after a minute, so five failures take longer than a restart', () => {
  // The platform's default is no delay at all: a message would be in poison within seconds.
  expect(inSeconds(host.extensions.queues.visibilityTimeout)).toBe(60);
  expect(host.extensions.queues.maxDequeueCount).toBe(5);
});

test('an idle queue is looked at every few seconds, so an order does not wait for a minute', () => {
  expect(inSeconds(host.extensions.queues.maxPollingInterval)).toBe(5);
});

test('messages are Base64, as everything that sends to the queues has them', () => {
  expect(host.extensions.queues.messageEncoding).toBe('base64');
});

test('a handler is given the time that its longest way takes, and is ended when it hangs', () => {
  // Permit, caller, look-up before, three sends of the POST, look-up after; reading settings and storage beside them.
  const longestWayInMs = config.permitWaitInMs + 6 * config.requestTimeoutInMs;
  expect(inSeconds(host.functionTimeout) * 1000).toBeGreaterThan(longestWayInMs);
});

test('what a claim lasts leaves room for time-out and unclear wait, and for the steps before the POST', () => {
  expect(config.unclearWaitInMs).toBe(900_000);
  expect(config.requestTimeoutInMs).toBe(75_000);
  expect(config.claimMarginInMs).toBe(60_000);
});
