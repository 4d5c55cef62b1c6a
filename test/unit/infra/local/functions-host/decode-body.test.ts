import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody } from '../../../../../infra/local/functions-host/decode-body.ts';

test('every text comes back from its Base64', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const stored = Buffer.from(text).toString('base64');
      expect(decodeBody(stored, 'base64')).toEqual({ kind: 'text', text });
    }),
  );
});

test('white space in Base64 does not count', () => {
  expect(decodeBody(' YW\r\nI= ', 'base64')).toEqual({ kind: 'text', text: 'ab' });
});

test.each(['YWI', 'YW=I', 'YWI==', '{"a":1}', 'YWI-', '='])('%j is not Base64', (stored) => {
  expect(decodeBody(stored, 'base64')).toEqual({ kind: 'not-base64' });
});

test('bytes that are not UTF-8 are no text', () => {
  expect(decodeBody('/w==', 'base64')).toEqual({ kind: 'not-text' });
});

test('without encoding the stored text is the text', () => {
  expect(decodeBody('YWI=', 'none')).toEqual({ kind: 'text', text: 'YWI=' });
});
