import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessageText } from '../../../../shared/provisioning/message-text.ts';

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

describe('readMessageText', () => {
  it.each([
    ['JSON in Base64', base64('{"a":"Łukasz 🎫"}'), { a: 'Łukasz 🎫' }],
    ['JSON after a byte order mark', base64('\ufeff[1]'), [1]],
    ['JSON that nobody encoded', '{"a":1}', { a: 1 }],
    ['text in Base64', base64('no JSON'), 'no JSON'],
    ['text that nobody encoded', '<order/>', '<order/>'],
    ['bytes that are no UTF-8, as they are stored', base64(Uint8Array.of(0xff, 0xfe)), '//4='],
    ['nothing', '', ''],
  ])('reads %s', (_name, stored, value) => {
    expect(readMessageText(stored)).toEqual(value);
  });

  it('reads JSON nested however deep', () => {
    expect(readMessageText(base64('['.repeat(24_000) + ']'.repeat(24_000)))).toHaveLength(1);
  });

  it('gives every JSON value back that was sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(readMessageText(base64(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
