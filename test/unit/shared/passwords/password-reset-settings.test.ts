import { describe, expect, it } from 'vitest';
import { HoldError } from '../../../../shared/errors.ts';
import { readPasswordResetSettings } from '../../../../shared/passwords/password-reset-settings.ts';
import { readXmlConfiguration, XML_CONFIGURATION } from '../../../../shared/settings/xml-configuration.ts';
import { filesOf } from '../doctor/files-of.ts';

const read = (settings: unknown, name: string | undefined = 'form') =>
  readPasswordResetSettings(filesOf({ 'appsettings.agent.json': { PasswordResetSettings: settings } }), name);

describe('readPasswordResetSettings', () => {
  it("has the vendor's defaults where nobody names any", async () => {
    expect(await readPasswordResetSettings(filesOf({}), undefined)).toEqual({
      verifyByLogin: false,
      form: { length: 12, lowerCase: 6, upperCase: 2, digits: 2, symbols: 2, strength: [] },
    });
  });

  it.each(['OneWay', 'twoway', 1, '2'])(
    "reads the vendor's members in Mode %s, whatever else is there",
    async (Mode) => {
      const form = {
        Mode,
        GeneratedLength: '20',
        GeneratedLowerCaseCharsCount: 1,
        GeneratedUpperCaseCharsCount: 0,
        GeneratedDigitCharsCount: 3,
        GeneratedSymbolCharsCount: 0,
        StrengthCheck: "'^.{9}.*$','^.*[0-9].*$'",
        VerifyByLogin: 'true',
        DefaultPassword: 'never used',
        NotificationCC: 'desk@contoso.com',
      };
      expect(await read({ Form: form })).toEqual({
        verifyByLogin: true,
        form: {
          length: 20,
          lowerCase: 1,
          upperCase: 0,
          digits: 3,
          symbols: 0,
          strength: [/^.{9}.*$/u, /^.*[0-9].*$/u],
        },
      });
    },
  );

  it('reads them from the XML configuration', async () => {
    const xml = `<ConfigurationFile><PasswordResetSettings Identifier="form" Mode="1" GeneratedLength="15"
      StrengthCheck="'^.{9}','[0-9]'" /></ConfigurationFile>`;
    const configuration = await readXmlConfiguration({
      place: 'memory',
      isPackage: false,
      list: async () => ['passwords.xml'],
      read: async () => ({ bytes: Buffer.from(xml), etag: 'a' }),
    });
    expect(
      await readPasswordResetSettings(async (name) => (name === XML_CONFIGURATION ? configuration : undefined), 'form'),
    ).toMatchObject({ form: { length: 15, strength: [/^.{9}/u, /[0-9]/u] } });
  });

  it.each([
    ['nothing of that name', {}, /found none: add them/],
    ['none in the file', undefined, /found none: add them/],
    ['no Mode', { form: {} }, /their Mode is Disabled \(which it is where none is given\)/],
    ['Mode 0', { form: { Mode: 0 } }, /their Mode is Disabled/],
    ['another Mode', { form: { Mode: 'Three' } }, /Mode: expected Disabled \(0\), OneWay \(1\) or TwoWay \(2\)/],
    [
      'a count that is none',
      { form: { Mode: 1, GeneratedDigitCharsCount: 'two' } },
      /GeneratedDigitCharsCount: expected a whole number, 0 to 128/,
    ],
    [
      'too short',
      { form: { Mode: 1, GeneratedLength: 4, GeneratedLowerCaseCharsCount: 1 } },
      /expected a length of 8 to 128/,
    ],
    ['too long', { form: { Mode: 1, GeneratedLowerCaseCharsCount: 127 } }, /expected a length of 8 to 128/],
    [
      'an expression that is none',
      { form: { Mode: 1, StrengthCheck: ['['] } },
      /StrengthCheck: expected regular expressions, and "\[" is none/,
    ],
    ['two of one name', { form: { Mode: 1 }, FORM: { Mode: 2 } }, /expected once, got more/],
  ])('holds for %s', async (_name, settings, says) => {
    const error: unknown = await read(settings).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HoldError);
    expect(error).toHaveProperty('message', expect.stringMatching(says));
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/^PasswordResetSettings "form" of appsettings\.agent\.json: /),
    );
  });
});
