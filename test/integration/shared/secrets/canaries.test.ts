import { describe, expect, it } from 'vitest';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { type Broken, encryption, PFX_PASSWORD, SECRET, startBroken } from './start-broken.ts';
import { makeLastingCertificate, protectAll } from './start-sources.ts';
import { thrownBy } from './thrown-by.ts';

/** How connection `Broken` is broken, and what is said then. */
interface Way {
  readonly breakIt: (broken: Broken, secret: string) => unknown;
  readonly expected: RegExp;
}

/** The connection has to be put right by a person, and no other connection has anything to do with it. */
const HELD: Readonly<Record<string, Way>> = {
  'a disabled secret': {
    breakIt: ({ places }, secret) => {
      places.vault.set('Connections--Broken--ClientSecret', secret, { enabled: false });
    },
    expected: /ClientSecret: secret \S+ was refused \(403 SecretDisabled\): .* \(Key Vault \S+\)/,
  },
  'an expired secret': {
    breakIt: ({ places }, secret) => {
      places.vault.set('Connections--Broken--ClientSecret', secret, { exp: new Date('2026-01-01') });
    },
    expected: /ClientSecret: secret \S+ expired on 2026-01-01: set a new version/,
  },
  'a secret that is not valid yet': {
    breakIt: ({ places }, secret) => {
      places.vault.set('Connections--Broken--ClientSecret', secret, { nbf: new Date('2027-01-01') });
    },
    expected: /ClientSecret: secret \S+ is not valid before 2027-01-01/,
  },
  'a forbidden secret': {
    breakIt: ({ places }) => places.vault.refuse('ForbiddenByPolicy', 'Connections--Broken--ClientSecret'),
    expected: /ClientSecret: secret \S+ was refused \(403 ForbiddenByPolicy\)/,
  },
  'a deleted secret': {
    breakIt: ({ places }) => places.vault.delete('Connections--Broken--ClientSecret'),
    expected: /ClientSecret: expected a value, got nothing: .* is deleted and can be recovered until /,
  },
  'an account that is not there': {
    breakIt: ({ configuration }) => Object.assign(configuration.accounts, { Password: 'Nowhere' }),
    expected: /Password: account "Nowhere" of safe "Tickets": CyberArk refused it \(404 APPAP004E: /,
  },
  'an answer of CyberArk that is cut off': {
    breakIt: ({ places }, secret) => places.cyberArk.respondWith(200, { body: `{"Content":"${secret}` }),
    expected: /Password: account "Safe" of safe "Tickets": expected CyberArk's JSON of an account/,
  },
  'an answer of CyberArk without a password': {
    breakIt: ({ places }, secret) => places.cyberArk.respondWith(200, { body: `{"Password":"${secret}"}` }),
    expected: /Password: account "Safe" of safe "Tickets": expected CyberArk's JSON of an account/,
  },
  'a page in place of an answer of CyberArk': {
    breakIt: ({ places }, secret) => places.cyberArk.respondWith(404, { body: `<p>${secret}</p>` }),
    expected: /Password: account "Safe" of safe "Tickets": CyberArk refused it \(404\)/,
  },
  'a wrong password of the PFX file': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.app.EncryptionCertificate, { Password: `${secret}-wrong` }),
    expected:
      /EncryptionCertificate:File and EncryptionCertificate:Password of appsettings\.json: expected the password of the PFX file, got another one/,
  },
  'no password of the PFX file': {
    breakIt: ({ configuration }) => Object.assign(configuration.app.EncryptionCertificate, { Password: null }),
    expected: /expected the password of the PFX file, got none: give it/,
  },
  'a PFX file that is cut off': {
    breakIt: ({ configuration }) =>
      Object.assign(configuration.files, { 'encryption.pfx': encryption.pfx(PFX_PASSWORD).subarray(0, -200) }),
    expected: /the PFX file is cut off or altered: copy it again/,
  },
  'no PFX file': {
    breakIt: ({ configuration }) => Object.assign(configuration.app.EncryptionCertificate, { File: 'nowhere.pfx' }),
    expected: /Expected private key nowhere\.pfx in https:\S+, found none: put it there/,
  },
  'a key that is cut off': {
    breakIt: ({ configuration }) => {
      Object.assign(configuration.app.EncryptionCertificate, { File: 'cut.pem', Password: '' });
      Object.assign(configuration.files, { 'cut.pem': encryption.certificate + encryption.key.slice(0, -400) });
    },
    expected: /the PEM file is cut off or altered, a block in it has no end: copy it again/,
  },
  'a certificate that is not in the vault': {
    breakIt: ({ configuration }) =>
      Object.assign(configuration.app.EncryptionCertificate, { CertificateAzureKeyVault: 'Nowhere' }),
    expected: /Expected certificate Nowhere in Key Vault \S+, found none: import it with an exportable private key/,
  },
  'a certificate of the vault that is forbidden': {
    breakIt: ({ configuration, places }) => {
      places.vault.setCertificate('Forbidden', encryption);
      places.vault.refuse('ForbiddenByRbac', 'Forbidden');
      Object.assign(configuration.app.EncryptionCertificate, { CertificateAzureKeyVault: 'Forbidden' });
    },
    expected: /Certificate Forbidden of Key Vault \S+ was refused \(403 ForbiddenByRbac\)/,
  },
  'an encrypted value that was altered': {
    breakIt: ({ configuration }) => {
      const text = String(configuration.encrypted.OAuth2Scope);
      const at = text.length - 30;
      const altered = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      Object.assign(configuration.encrypted, { OAuth2Scope: altered });
    },
    expected: /OAuth2Scope: the value was altered or cut off after it was encrypted: copy it again/,
  },
  'an encrypted value that was cut off': {
    breakIt: ({ configuration }) =>
      Object.assign(configuration.encrypted, { OAuth2Scope: String(configuration.encrypted.OAuth2Scope).slice(0, -9) }),
    expected: /OAuth2Scope: the value was altered or cut off after it was encrypted: copy it again/,
  },
  'a value that was encrypted for another certificate': {
    breakIt: async ({ configuration }, secret) =>
      Object.assign(
        configuration.encrypted,
        await protectAll({ OAuth2Scope: secret }, await makeLastingCertificate('other')),
      ),
    expected: /OAuth2Scope: the value was encrypted for certificate \S+, the configured one is \S+ /,
  },
  'a value of the vendor’s own encryption': {
    breakIt: ({ configuration }) => Object.assign(configuration.encrypted, { OAuth2Scope: 'kxABAABkYWRhZGFkYQ==' }),
    expected: /OAuth2Scope: the value is encrypted in Identity Manager's own format, .*: encrypt the plain value with/,
  },
  'a plain value in the encrypted file': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.encrypted, { OAuth2Scope: secret }),
    expected: /OAuth2Scope: the value is not encrypted: encrypt the plain value with `npm run protect`/,
  },
  'a secret in place of a number': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.plain, { ResponseSizeLimit: secret }),
    expected: /ResponseSizeLimit: expected a whole number.* \(appsettings\.agent\.json\)/,
  },
  'a secret in place of a choice': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.plain, { GrantType: secret }),
    expected: /GrantType: .* \(appsettings\.agent\.json\)/,
  },
  'a secret in an address': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.plain, { Server: `https://user:${secret}@x.service-now.com/api/now/table` }),
    expected: /Server: expected a URL without a user name and a password in it \(appsettings\.agent\.json\)/,
  },
  'an address without encryption': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.plain, { OAuth2Url: `http://x.service-now.com/oauth?${secret}` }),
    expected: /OAuth2Url: expected a URL that starts with https:\/\//,
  },
  'a list and an object in place of texts': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.plain, { OAuth2Scope: { a: secret }, TicketCookieDirectoryPath: [secret] }),
    expected: /TicketCookieDirectoryPath: expected a text, got a list \(appsettings\.agent\.json\)/,
  },
  'a connection that stands there twice': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.files, {
        'appsettings.agent.json': `{"Connections":{"Broken":{"Password":"${secret}"},"broken":{"Login":"${secret}"}}}`,
      }),
    expected: /expected connection "Broken" once, got it more than once: keep one of them/,
  },
  'a setting that stands there twice': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.files, {
        'appsettings.agent.json': `{"Connections":{"Broken":{"TicketCookieDirectoryPath":"${secret}","ticketcookiedirectorypath":"x"}}}`,
      }),
    expected: /TicketCookieDirectoryPath: expected once, got it more than once: keep one of them \(appsettings/,
  },
};

/** A person has to put something right that all connections share. */
const ALL_HELD: Readonly<Record<string, Way>> = {
  'a file that is cut off': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.files, {
        'appsettings.agent.json': `{"Connections":{"Broken":{"Password":"${secret}`,
      }),
    expected: /appsettings\.agent\.json \(in \S+\) is not usable, .*: expected JSON, got \w+ in line 1/,
  },
  'a secret in place of a flag': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.app.EncryptionCertificate, { UseEncryptedAppsettings: secret }),
    expected:
      /Section EncryptionCertificate of appsettings\.json is not usable: UseEncryptedAppsettings: expected true or/,
  },
  'a secret in place of a section': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.app.CyberArk, { SafeName: [secret] }),
    expected: /Section CyberArk of appsettings\.json is not usable: SafeName: /,
  },
  'a vault with a secret in its address': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.app.AzureKeyVault, { Vault: `x://${secret}` }),
    expected: /AzureKeyVault:Vault of appsettings\.json: expected a URL such as /,
  },
  'a key for the vault': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.app.AzureKeyVault, { ConnectionString: `RunAs=App;AppId=x;AppKey=${secret}` }),
    expected: /AzureKeyVault:ConnectionString of appsettings\.json: expected RunAs=App, .* got AppKey too/,
  },
  'a CyberArk with a secret in its address': {
    breakIt: ({ configuration }, secret) =>
      Object.assign(configuration.app.CyberArk, { Server: `https://user:${secret}@cyberark.contoso.com` }),
    expected: /CyberArk:Server of appsettings\.json: expected a URL such as /,
  },
  'a CyberArk that is named in half': {
    breakIt: ({ configuration }) => Object.assign(configuration.app.CyberArk, { SafeName: '' }),
    expected: /CyberArk of appsettings\.json: expected Server, SafeName and ApplicationId, got no SafeName/,
  },
  'a wrong password of the client certificate': {
    breakIt: ({ configuration }, secret) => Object.assign(configuration.app.CyberArk, { Password: `${secret}-wrong` }),
    expected:
      /CyberArk:File and CyberArk:Password of appsettings\.json: expected the password of the PFX file, got another/,
  },
};

/** Nobody has to do anything but wait. */
const AWAY: Readonly<Record<string, Way>> = {
  'an account whose password is being changed': {
    breakIt: ({ places }) => places.cyberArk.changing('Safe', true),
    expected: /^account "Safe" of safe "Tickets": its password is being changed; it is tried again$/,
  },
  'a CyberArk that is unwell': {
    breakIt: ({ places }, secret) => places.cyberArk.respondWith(503, { body: `<p>${secret}</p>` }),
    expected: /^account "Safe" of safe "Tickets": CyberArk could not give it \(503\); it is tried again$/,
  },
  'a CyberArk that is gone': {
    breakIt: ({ places }) => places.cyberArk.close(),
    expected: /^CyberArk at 127\.0\.0\.1:\d+ gave no answer \(ECONNREFUSED\); it is tried again$/,
  },
};

/** What is said of connection `Broken`: thrown, reported and logged. */
async function say(broken: Broken) {
  const app = await broken.start();
  const error = await thrownBy(app.connections.read('Broken'));
  const { settings: _, ...report } = await app.connections.inspect('Broken').catch((thrown: unknown) => ({
    settings: undefined,
    thrown,
  }));
  return { app, error, told: { error, report, events: app.log.events } };
}

describe('no secret is told', () => {
  it.each(Object.entries(HELD))('by %s, and other connections work', async (_name, { breakIt, expected }) => {
    await using broken = await startBroken(SECRET);
    await breakIt(broken, SECRET);
    const { app, error, told } = await say(broken);
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toMatch(/^The settings of connection "Broken" are not usable: /);
    expect(error.message).toMatch(expected);
    expect(broken.secretsIn(told)).toEqual([]);
    expect((await app.connections.read('Healthy')).credentials).toMatchObject({ login: 'healthy' });
  });

  it.each(Object.entries(ALL_HELD))('by %s', async (_name, { breakIt, expected }) => {
    await using broken = await startBroken(SECRET);
    await breakIt(broken, SECRET);
    const { error, told } = await say(broken);
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toMatch(expected);
    expect(broken.secretsIn(told)).toEqual([]);
  });

  it.each(Object.entries(AWAY))('by %s, and other connections work', async (_name, { breakIt, expected }) => {
    await using broken = await startBroken(SECRET);
    await breakIt(broken, SECRET);
    const { app, error, told } = await say(broken);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toMatch(expected);
    expect(broken.secretsIn(told)).toEqual([]);
    expect((await app.connections.read('Healthy')).credentials).toMatchObject({ login: 'healthy' });
  });

  it('where nothing is wrong, nor by what stands there beside', async () => {
    await using broken = await startBroken(SECRET);
    Object.assign(broken.configuration.plain, { Pasword: SECRET, Nonsense: { [SECRET.slice(0, 3)]: SECRET } });
    const app = await broken.start();
    const settings = await app.connections.read('Broken');
    expect(settings.credentials).toMatchObject({ clientSecret: `${SECRET}-client`, scope: `${SECRET}-scope` });
    const { settings: _, ...report } = await app.connections.inspect('Broken');
    expect(report.warnings).toEqual([
      'appsettings.agent.json: "Pasword" is no setting of a connection; did you mean Password?',
      expect.stringMatching(/^appsettings\.agent\.json: "Nonsense" is no setting of a connection; did you mean /),
    ]);
    expect(broken.secretsIn([report, app.log.events])).toEqual([]);
    // What would be found if it were there.
    expect(broken.secretsIn(settings)).toEqual([SECRET, SECRET]);
  });
});

describe('nor how long a secret is', () => {
  const ways = { ...HELD, ...ALL_HELD, ...AWAY };
  it.each([
    'an answer of CyberArk that is cut off',
    'an answer of CyberArk without a password',
    'a plain value in the encrypted file',
    'a wrong password of the PFX file',
    'a secret in place of a number',
    'a secret in place of a choice',
    'a secret in an address',
    'a file that is cut off',
    'a secret in place of a flag',
  ])('by %s', async (name) => {
    const sentences = async (secret: string) => {
      await using broken = await startBroken(secret);
      await ways[name]?.breakIt(broken, secret);
      const { error, told } = await say(broken);
      // Ports, storage accounts and versions are others at every start.
      const lasting = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+(\/t\d+)?/g, 'host');
      const logged = told.events.flatMap(({ event, fields }) => (event === 'settings.warning' ? [fields.reason] : []));
      return [error.message, ...logged].map((text) => lasting(String(text)));
    };
    expect(await sentences(SECRET)).toEqual(await sentences(SECRET.repeat(20)));
  });
});
