import { expect, test } from 'vitest';
import { readTrigger } from '../../../../../infra/local/functions-host/read-trigger.ts';

const queue = { type: 'queueTrigger', direction: 'in', queueName: 'orders', connection: 'Work' };
const timer = { type: 'timerTrigger', direction: 'in', schedule: '0 * * * * *' };
const read = (bindings: Record<string, object>, settings = {}) => readTrigger({ name: 'f', bindings }, settings);

test('a queue trigger names its queue and connection', () => {
  expect(read({ q: queue })).toEqual({ type: 'queueTrigger', binding: 'q', queue: 'orders', connection: 'Work' });
});

test('a queue trigger without a connection uses the storage of the host', () => {
  const { connection: _, ...bare } = queue;
  expect(read({ q: bare })).toMatchObject({ connection: 'AzureWebJobsStorage' });
});

test('settings stand in for names between percent signs', () => {
  expect(read({ q: { ...queue, queueName: '%A%-%B%' } }, { A: 'x', B: 'y' })).toMatchObject({ queue: 'x-y' });
  expect(() => read({ t: { ...timer, schedule: '%EVERY%' } })).toThrow('Expected the app setting `EVERY`');
});

test('a timer is monitored unless it says no or is too frequent', () => {
  expect(read({ t: timer })).toMatchObject({ isMonitored: true, runOnStartup: false });
  expect(read({ t: { ...timer, useMonitor: false } })).toMatchObject({ isMonitored: false });
  expect(read({ t: { ...timer, schedule: '*/30 * * * * *' } })).toMatchObject({ isMonitored: false });
});

test.each([
  ['an output', { q: queue, $return: { type: 'queue', direction: 'out' } }, 'no other binding, got "$return"'],
  ['another trigger', { h: { type: 'httpTrigger', direction: 'in' } }, 'queueTrigger'],
  ['no binding', {}, 'cannot be served'],
  ['binary messages', { q: { ...queue, dataType: 'binary' } }, 'dataType'],
  ['a TimeSpan', { t: { ...timer, schedule: '00:05:00' } }, 'NCRONTAB'],
])('%s is refused', (_, bindings, message) => {
  expect(() => read(bindings)).toThrow(message);
});

test('a retry policy is refused', () => {
  expect(() => readTrigger({ name: 'f', bindings: { q: queue }, retryOptions: {} }, {})).toThrow(
    'Expected no retry policy',
  );
});
