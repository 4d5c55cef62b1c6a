import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LIST_SETTINGS,
  LOGIN_SETTINGS,
  nearestSetting,
  SECRET_SETTINGS,
  SETTING_NAMES,
  settingNamed,
  settingOf,
} from '../../../../shared/secrets/setting-names.ts';

describe('settingNamed', () => {
  it.each(SETTING_NAMES)('gives %s its documented spelling, whatever the case of letters', (name) => {
    expect([name, name.toLowerCase(), name.toUpperCase()].map(settingNamed)).toEqual([name, name, name]);
  });

  it.each([
    ['Filter:0', 'Filter:0'],
    ['FILTER:12', 'Filter:12'],
    ['filter:999', 'Filter:999'],
  ])('takes %s for an item of a list', (text, expected) => {
    expect(settingNamed(text)).toBe(expected);
  });

  it.each([
    '',
    ':',
    ':0',
    'Servr',
    'Server ',
    ' Server',
    'Server:0',
    'Filter:',
    'Filter:x',
    'Filter:-1',
    'Filter:1000',
    'Filter:0:0',
    'Filter--0',
    'Filter:0\n',
    'constructor',
    '__proto__',
    'toString',
  ])('takes %j for no setting', (text) => {
    expect(settingNamed(text)).toBeUndefined();
  });

  it('never throws, and knows what it gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = settingNamed(text);
        expect(name === undefined || SETTING_NAMES.some((known) => known === settingOf(name))).toBe(true);
      }),
    );
  });
});

describe('settingOf', () => {
  it('gives the setting that an item belongs to', () => {
    expect(['Filter:0', 'Filter', 'Server'].map(settingOf)).toEqual(['Filter', 'Filter', 'Server']);
  });
});

describe('nearestSetting', () => {
  it.each([
    ['Servr', 'Server'],
    ['SERVERS', 'Server'],
    ['Passwort', 'Password'],
    ['PASSWORDS', 'Password'],
    ['Logon', 'Login'],
    ['OAuthUrl', 'OAuth2Url'],
    ['OAuth2Scopes', 'OAuth2Scope'],
    ['Client_Secret', 'ClientSecret'],
    ['ClientID', 'ClientId'],
    ['ResponseSizeLimits', 'ResponseSizeLimit'],
    ['TicketCookieDirectory', 'TicketCookieDirectoryPath'],
    ['MaxTicketsPerDay', 'MaxNewTicketsPerDay'],
    ['Filters', 'Filter'],
  ])('of %s is %s', (name, nearest) => {
    expect(nearestSetting(name)).toBe(nearest);
  });

  it('gives a setting for any name, in no time for the longest', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(SETTING_NAMES).toContain(nearestSetting(name));
      }),
    );
    expect(nearestSetting(`Passwor${'d'.repeat(1_000_000)}`)).toBe('Password');
  });
});

describe('the lists of settings', () => {
  it('name settings only: secrets and whatever else decides who signs in', () => {
    for (const name of [...SECRET_SETTINGS, ...LOGIN_SETTINGS, ...LIST_SETTINGS]) expect(settingNamed(name)).toBe(name);
    for (const secret of SECRET_SETTINGS) expect(LOGIN_SETTINGS).toContain(secret);
  });
});
