import { expect, test } from 'vitest';
import { decideEnd, decideStart } from '../../../../../infra/local/functions-host/decide-attempt.ts';
import { readHostJson } from '../../../../../infra/local/functions-host/read-host-json.ts';

const settings = { ...readHostJson('{"version":"2.0"}', {}).queues, maxDequeueCount: 3, visibilityTimeoutInMs: 1500 };

test.each([
  [3, true, true, 'run'],
  [4, true, true, 'poison'],
  [4, true, false, 'leave'],
  [1, false, true, 'poison'],
  [1, false, false, 'leave'],
])(
  'at dequeue count %i, decodable %s, with a poison queue %s: %s',
  (dequeueCount, isDecodable, hasPoisonQueue, action) => {
    expect(decideStart({ dequeueCount, isDecodable, hasPoisonQueue }, settings)).toEqual({ action });
  },
);

test.each([
  ['success', 3, true, true, { action: 'delete' }],
  ['success on a poison queue', 9, true, false, { action: 'delete' }],
  ['an early failure', 2, false, true, { action: 'release', visibilityTimeoutInSeconds: 2 }],
  ['the last allowed failure', 3, false, true, { action: 'poison' }],
  ['a failure on a poison queue', 1, false, false, { action: 'leave' }],
])('after %s', (_, dequeueCount, succeeded, hasPoisonQueue, settlement) => {
  expect(decideEnd({ dequeueCount, succeeded, hasPoisonQueue }, settings)).toEqual(settlement);
});
