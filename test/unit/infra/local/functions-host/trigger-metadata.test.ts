import { expect, test } from 'vitest';
import { triggerMetadata } from '../../../../../infra/local/functions-host/trigger-metadata.ts';

const message = {
  messageId: 'real',
  popReceipt: 'receipt',
  dequeueCount: 1,
  insertedOn: new Date('2026-11-23T10:00:00Z'),
  expiresOn: new Date('9999-12-31T23:59:59Z'),
  nextVisibleOn: new Date('2026-11-23T10:10:00Z'),
};

test('built-in members are there under their names in the host', () => {
  expect(triggerMetadata('text', message)).toEqual({
    QueueTrigger: { string: 'text' },
    DequeueCount: { json: '1' },
    ExpirationTime: { json: '"9999-12-31T23:59:59+00:00"' },
    Id: { string: 'real' },
    InsertionTime: { json: '"2026-11-23T10:00:00+00:00"' },
    NextVisibleTime: { json: '"2026-11-23T10:10:00+00:00"' },
    PopReceipt: { string: 'receipt' },
  });
});

test.each([
  ['id', { Id: { string: 'forged' } }],
  ['ID', { Id: { string: 'forged' } }],
  ['queueTRIGGER', { QueueTrigger: { string: 'forged' } }],
])('a member %s of the message replaces the built-in one', (name, replaced) => {
  const metadata = triggerMetadata(JSON.stringify({ [name]: 'forged' }), message);
  expect(metadata).toMatchObject(replaced);
  expect(Object.keys(metadata)).toHaveLength(7);
});

test.each([
  ['a number', 99, { string: '99' }],
  ['a boolean', true, { string: 'True' }],
  ['an object', { A: [1] }, { json: '{"A":[1]}' }],
  ['an empty text', '', { string: '' }],
  ['null', null, { json: '1' }],
  ['an array', [1], { json: '1' }],
])('%s as a member: texts and objects count, null and arrays do not', (_, value, seen) => {
  expect(triggerMetadata(JSON.stringify({ dequeueCount: value }), message).DequeueCount).toEqual(seen);
});

test.each(['[{"id":"forged"}]', '"id"', '{"id":"forged"', 'null', ''])('%j adds nothing', (text) => {
  expect(triggerMetadata(text, message)).toEqual({ ...triggerMetadata('', message), QueueTrigger: { string: text } });
});
