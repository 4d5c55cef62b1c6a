import { expect, test } from 'vitest';
import { poisonQueueName } from '../../../../../infra/local/functions-host/poison-queue-name.ts';

test.each([
  ['orders', 'orders-poison'],
  ['a'.repeat(56), `${'a'.repeat(56)}-poison`],
  ['a'.repeat(57), undefined],
  ['orders-poison', undefined],
])('%s has %s', (queue, poison) => {
  expect(poisonQueueName(queue)).toBe(poison);
});
