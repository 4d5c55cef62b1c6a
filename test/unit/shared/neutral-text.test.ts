import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, neutralLine, neutralText } from '../../../shared/neutral-text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('{', '}', '$', '[code]', '[/CODE]', '\ud83d', '\ude00', '\r', '\n', '\u0000', 'ab'),
  }),
);

describe('neutralText', () => {
  it.each([
    ['line one\r\nline two\rline three', 'line one\nline two\nline three'],
    ['a\u0000b\tc\u001bd\u007fe\u0085f\u2028g', 'a b c d e f g'],
    ['evil\u202etxt\u2066.exe', 'evil txt .exe'],
    ['lone \ud800 surrogate', 'lone \ufffd surrogate'],
    ['[code]<script>alert(1)</script>[/CODE]', '(code)<script>alert(1)</script>(/code)'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template is the case
    ['{{x}} ${y}', '{ {x} } $ {y}'],
    ['{{{x}}}', '{ { {x} } }'],
    ['  Élise 李 😀 <b>&</b> =1+1  ', 'Élise 李 😀 <b>&</b> =1+1'],
    ['', ''],
  ])('makes %j harmless', (text, harmless) => {
    expect(neutralText(text, 1_000)).toBe(harmless);
  });

  it.each([
    ['password: S3cr3t', 'password: ***'],
    ['Password = S3cr3t and more', 'Password = *** and more'],
    ['the pwd is S3cr3t', 'the pwd is ***'],
    ['Kennwort:S3cr3t', 'Kennwort:***'],
    ['Passwort: S3cr3t', 'Passwort: ***'],
    ['mot de passe : S3cr3t', 'mot de passe : ***'],
    ['NewPassword=S3cr3t', 'NewPassword=***'],
    ['user_password: S3cr3t', 'user_password: ***'],
    ['{"password":"S3cr3t"}', '{"password":***}'],
    ['token=S3cr3t', 'token=***'],
    ['{"password": "S3cr3t with blanks", "a": 1}', '{"password": ***, "a": 1}'],
    ["password: 'S3cr3t with blanks' and more", 'password: *** and more'],
  ])('masks what looks like a password in %j', (text, masked) => {
    expect(neutralText(text, 1_000)).toBe(masked);
  });

  it('masks before it cuts, so that no half of a password is left', () => {
    expect(neutralText('password: S3cr3t', 13)).toBe('password: ***');
  });

  it('cuts with an ellipsis, and never through a character', () => {
    expect(neutralText('abcdef', 6)).toBe('abcdef');
    expect(neutralText('abcdefg', 6)).toBe('abcde…');
    expect(neutralText('abcd😀fg', 6)).toBe('abcd…');
  });

  it('is never longer than the limit, always well-formed and without controls, markup and templates', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, longest) => {
        const neutral = neutralText(text, longest);
        expect(neutral.length).toBeLessThanOrEqual(longest);
        expect(neutral.isWellFormed()).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
        expect(neutral).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\[\/?code\]|\{\{|\}\}|\$\{/i);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('neutralLine', () => {
  it('is one line', () => {
    expect(neutralLine('a\r\n  b\n\nc', 100)).toBe('a b c');
    fc.assert(
      fc.property(anyText, (text) => {
        const line = neutralLine(text, 20);
        expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
        expect(line.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});

describe('isSecretName', () => {
  it.each([
    'password',
    'Password',
    'unicodePwd',
    'userPassword',
    'user_password',
    'pass',
    'Passwort',
    'passcode',
    'ClientSecret',
    'credentials',
    'access_token',
    'privateKey',
    'private_key',
    'apiKey',
    'PIN',
    'Kennwort',
    'mot de passe',
    'motDePasse',
    'InitialPin',
    'PIN_Code',
    'Pass1',
    'PassCode1',
    'PW',
    'OTP',
    'SshKey',
    'RecoveryCode',
    'activation_code',
  ])('knows %s for a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'identifier',
    'passportNumber',
    'shipping',
    'pinned',
    'keyboard',
    'compassion',
    'shippingCode',
    'countryCode',
    'pinboard',
    '',
  ])('lets %j be shown', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

it('takes no longer for text of any size than for text that fits', () => {
  const blanks = ' '.repeat(2_000_000);
  expect(neutralLine(`a${blanks}b`, 100)).toBe('a…');
  expect(neutralText(`a${'\n'.repeat(2_000_000)}b`, 100)).toBe('a…');
});
