import { describe, expect, it } from 'vitest';
import { describeOrigin, describeSettings } from '../../../../shared/doctor/describe-settings.ts';
import type { ConnectionReport } from '../../../../shared/secrets/connections.ts';
import type { SettingOrigin } from '../../../../shared/secrets/merge-settings.ts';
import { basicSettings } from './servicenow/settings-of.ts';

const VAULT = 'Key Vault https://contoso.vault.azure.net';
const PLAIN = 'appsettings.agent.json';
const ENCRYPTED = 'appsettings.encrypted.agent.json';

const origin = (setting: string, source: string, more: Partial<SettingOrigin> = {}): SettingOrigin => ({
  setting,
  source,
  version: undefined,
  readAt: new Date('2026-11-23T10:00:00Z'),
  overridden: [],
  ...more,
});
const report = (more: Partial<ConnectionReport>): ConnectionReport => ({
  identifier: 'Help',
  settings: undefined,
  faults: [],
  warnings: [],
  origins: [],
  ...more,
});
const usable = (...origins: readonly SettingOrigin[]) => report({ settings: basicSettings(), origins });

describe('describeOrigin', () => {
  it.each([
    { given: origin('Login', PLAIN), says: 'Login from appsettings.agent.json' },
    { given: origin('Login', PLAIN, { version: '' }), says: 'Login from appsettings.agent.json' },
    { given: origin('Login', VAULT, { version: 'v1' }), says: `Login from ${VAULT} (version v1)` },
    {
      given: origin('Login', VAULT, { version: 'v1', overridden: [PLAIN, ENCRYPTED] }),
      says: `Login from ${VAULT} (version v1), over ${PLAIN}, ${ENCRYPTED}`,
    },
  ])('says $says', ({ given, says }) => {
    expect(describeOrigin(given)).toBe(says);
  });
});

describe('describeSettings', () => {
  it('says where each usable setting comes from, and nothing else', () => {
    expect(describeSettings(usable(origin('Server', VAULT), origin('Login', VAULT)), [])).toEqual([
      { status: 'ok', message: `Server from ${VAULT}, Login from ${VAULT}.` },
    ]);
  });

  it.each([
    {
      what: 'a missing setting',
      fault: 'Password: expected a value, got nothing (looked in appsettings.agent.json)',
      message: /^Password: expected a value.*\)\.$/,
      remedy: /^Set secret Connections--Help--Password in the Key Vault, or Connections:Help:Password in the settings/,
    },
    {
      what: 'a setting whose name begins like another',
      fault: 'ClientSecret: expected a value, got nothing: OAuth needs ClientId, ClientSecret and OAuth2Url',
      message: /^ClientSecret/,
      remedy: /Connections--Help--ClientSecret /,
    },
    {
      what: 'a connection that no source has',
      fault: `expected settings in ${PLAIN}, found none: add at least Server, Login and Password`,
      message: /^Expected settings in /,
      remedy: /^Set secrets Connections--Help--Server, .* or Connections:Help in a settings file, or correct the conn/,
    },
    {
      what: 'a source that is away',
      fault: 'the settings could not be read: Key Vault could not be read (503); it is tried again',
      message: /^The settings could not be read: /,
      remedy: /^See the checks of vault, storage and settings files\.$/,
    },
    {
      what: 'a key that somebody who may only read can not make',
      fault:
        'the settings could not be read: Storage could not write table limits (403 AuthorizationPermissionMismatch)',
      message: /^The settings could not be read: /,
      remedy: /Storage Table Data Contributor on table limits/,
    },
    {
      what: 'any other fault',
      fault: 'Password: secret Connections--Help--Password expired on 2026-11-01: set a new version',
      message: /^Password: secret .* set a new version\.$/,
      remedy: /^Put right what the message names/,
    },
    { what: 'a fault that is a sentence', fault: 'It is wrong.', message: /^It is wrong\.$/, remedy: /^Put right/ },
  ])('says what to do about $what', ({ fault, message, remedy }) => {
    const [found, ...more] = describeSettings(report({ faults: [fault] }), []);
    expect(more).toEqual([]);
    expect(found?.status).toBe('failed');
    expect(found?.message).toMatch(message);
    expect(found?.remedy).toMatch(remedy);
  });

  it('says every fault, and every warning beside usable settings', () => {
    const statuses = (one: ConnectionReport) => describeSettings(one, []).map(({ status }) => status);
    expect(statuses(report({ faults: ['one', 'two'], warnings: ['three'] }))).toEqual(['failed', 'failed', 'warning']);
    expect(statuses({ ...usable(origin('Server', VAULT)), warnings: ['unknown setting Passwort'] })).toEqual([
      'ok',
      'warning',
    ]);
  });

  it.each([
    {
      what: 'the vault lacks a setting that the plain file has',
      origins: [origin('Server', VAULT), origin('Login', PLAIN)],
      says: `${VAULT} has no Login: taken is Login from ${PLAIN}.`,
    },
    {
      what: 'the encrypted file lacks one',
      origins: [origin('Password', ENCRYPTED), origin('Login', PLAIN), origin('Server', PLAIN)],
      says: `${ENCRYPTED} has no Login, Server: taken is Login from ${PLAIN}, Server from ${PLAIN}.`,
    },
    {
      what: 'the vault lacks what both files have',
      origins: [origin('Password', ENCRYPTED), origin('Login', PLAIN), origin('Server', VAULT)],
      says: `${VAULT} has no Password, Login: taken is Password from ${ENCRYPTED}, Login from ${PLAIN}.`,
    },
  ])('warns where $what', ({ origins, says }) => {
    expect(describeSettings(usable(...origins), [])).toContainEqual(
      expect.objectContaining({ status: 'warning', message: says }),
    );
  });

  it.each([
    { what: 'all is in one file', origins: [origin('Server', PLAIN), origin('Login', PLAIN)] },
    {
      what: 'CyberArk gives single settings on top of a file',
      origins: [origin('Server', PLAIN), origin('Password', 'CyberArk https://cyberark.contoso.com')],
    },
    { what: 'the vault wins over the file', origins: [origin('Login', VAULT, { overridden: [PLAIN] })] },
  ])('does not warn where $what', ({ origins }) => {
    expect(describeSettings(usable(...origins), []).map(({ status }) => status)).toEqual(['ok']);
  });

  it('does not say that a setting is taken from elsewhere where nothing is taken at all', () => {
    const found = describeSettings(
      report({
        faults: [`Password: secret Connections--Help--Password expired on 2026-11-01 (${VAULT})`],
        origins: [origin('Server', VAULT), origin('Password', PLAIN)],
      }),
      [],
    );
    expect(found.map(({ status }) => status)).toEqual(['failed']);
  });

  it.each([
    { daysLeft: 0, says: /^Key Vault secret X expires on 2026-11-24, in less than a day\.$/ },
    { daysLeft: 1, says: /, in 1 day\.$/ },
    { daysLeft: 12, says: /, in 12 days\.$/ },
  ])('warns of a secret that ends after $daysLeft full days', ({ daysLeft, says }) => {
    const ending = { what: 'secret X', daysLeft, expiresOn: '2026-11-24T09:00:00.000Z' };
    expect(describeSettings(usable(origin('Server', VAULT)), [ending])).toContainEqual(
      expect.objectContaining({ status: 'warning', message: expect.stringMatching(says) }),
    );
  });

  it.each([
    { what: 'a certificate, which has a check of its own', fields: { what: 'certificate X', daysLeft: 3 } },
    { what: 'an event without its fields', fields: {} },
    { what: 'an event with others', fields: { what: 'secret X', daysLeft: 'many' } },
  ])('says nothing of $what', ({ fields }) => {
    expect(describeSettings(usable(origin('Server', VAULT)), [fields])).toHaveLength(1);
  });
});
