import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import agentSettings from '../../../infra/local/appsettings.agent.json' with { type: 'json' };
import { makeRsaCertificate } from '../../../infra/local/certificate.ts';
import { protectValue } from '../../../shared/secrets/protected-value.ts';
import { anEnvelope } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { aReset, isSet, noResetIsLeft, passwordsOf, resultsOf, storedText, userOf, writes } from './resets-of.ts';

const DAY_IN_MS = 86_400_000;
const CANARY = 'S3cr3t!canary-4711';

/** Nothing that came out of the app holds any of the passwords, plain or in Base64. */
async function expectNoTraceOf(scenario: Scenario, passwords: Iterable<string>): Promise<void> {
  const searched = [
    scenario.logs(),
    JSON.stringify(scenario.passwordResults),
    JSON.stringify(scenario.environment.servicenow.records('sys_user')),
    await storedText(scenario.environment),
  ].join('\n');
  // The search would find them: it finds what the message named the user by.
  expect(searched).toContain('james.bond');
  for (const password of passwords) {
    expect(password.length).toBeGreaterThan(7);
    for (const form of [password, JSON.stringify(password).slice(1, -1), Buffer.from(password).toString('base64')])
      expect(searched).not.toContain(form);
  }
}

test.concurrent('a generated password is in the vault before it is in ServiceNow, and has to be changed at the next login', async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  await environment.sendReset(aReset({ User: { employee_number: '007' } }));
  await scenario.startHost();
  await scenario.until(() => scenario.passwordResults.length === 1);

  const [[name, password] = ['', ''], ...more] = passwordsOf(environment);
  expect(more).toEqual([]);
  expect(isSet(scenario, password)).toBe(true);
  expect(scenario.passwordResults).toEqual([
    {
      v: 1,
      ResultId: expect.stringMatching(/^[0-9a-f]{40}$/),
      Connection: 'ServiceNowFulfillManual',
      User: '007',
      State: 'Executed',
      Message: 'The password was set, and has to be changed at the next login (connection "ServiceNowFulfillManual")',
      SecretName: name,
      OccurredAt: expect.any(String),
      TraceParent: expect.any(String),
    },
  ]);
  // The vendor's defaults: 12 characters, of which 6 lower case, 2 upper case, 2 digits and 2 symbols.
  expect(password).toHaveLength(12);
  expect([/[a-z]/g, /[A-Z]/g, /\d/g, /[^A-Za-z\d]/g].map((kind) => password.match(kind)?.length)).toEqual([6, 2, 2, 2]);
  const { tags, attributes } = environment.passwordVault.find(name) ?? {};
  const expiresInDays = ((attributes?.exp ?? 0) * 1000 - Date.now()) / DAY_IN_MS;
  expect(expiresInDays).toBeGreaterThan(6.9);
  expect(expiresInDays).toBeLessThanOrEqual(7);
  expect(tags).toEqual({
    Installation: 'local',
    Connection: 'ServiceNowFulfillManual',
    User: '007',
    UserName: 'james.bond',
    UserSysId: userOf(scenario).sys_id,
  });
  const { servicenow, passwordVault, vault } = environment;
  expect(writes(scenario)).toHaveLength(2);
  expect(writes(scenario).map(({ query }) => query.sysparm_input_display_value)).toEqual([undefined, 'true']);
  // Whoever collects passwords has a vault of their own, and the one of connections has none of them.
  expect(vault.names().some((secret) => secret.startsWith('PasswordReset'))).toBe(false);
  expect(passwordVault.requests.filter(({ method }) => method === 'PUT')).not.toEqual([]);
  expect(servicenow.failedLogins('james.bond')).toBe(0);
  await scenario.until(() => noResetIsLeft(scenario));
  await expectNoTraceOf(scenario, [password]);
});

test.concurrent('a password from a secret, and one in a JWE, are set as they are and are nowhere else', async () => {
  const certificate = await makeRsaCertificate({ commonName: 'passwords' });
  await using scenario = await startScenario();
  const { environment } = scenario;
  environment.vault.setCertificate('Passwords', certificate);
  await environment
    .container('settings')
    .getBlockBlobClient('appsettings.json')
    .uploadData(Buffer.from(JSON.stringify({ EncryptionCertificate: { CertificateAzureKeyVault: 'Passwords' } })));
  environment.passwordVault.set('chosen', `${CANARY}-secret`);
  const jwe = await protectValue(`${CANARY}-jwe`, new X509Certificate(certificate.certificate));
  await environment.sendReset(aReset({ Password: { SecretName: 'chosen' } }));
  await environment.sendReset(aReset({ User: 'BETH.ANGLIN', Password: { Jwe: jwe } }));
  await scenario.startHost();
  await scenario.until(() => scenario.passwordResults.length === 2);

  expect(scenario.passwordResults.map(({ State }) => State)).toEqual(['Executed', 'Executed']);
  expect(isSet(scenario, `${CANARY}-secret`)).toBe(true);
  expect(isSet(scenario, `${CANARY}-jwe`, 'beth.anglin')).toBe(true);
  expect(new Map(scenario.passwordResults.map(({ User, SecretName }) => [User, SecretName]))).toEqual(
    new Map([
      ['james.bond', 'chosen'],
      ['BETH.ANGLIN', undefined],
    ]),
  );
  expect(environment.passwordVault.names()).toEqual(['chosen']);
  await scenario.until(() => noResetIsLeft(scenario));
  await expectNoTraceOf(scenario, [CANARY]);
});

test.concurrent('a plain password in a message is refused, wherever it is, and neither refusal nor poison repeats it', async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  const before = userOf(scenario).user_password;
  const forms: unknown[] = [
    aReset({ Password: CANARY }),
    aReset({ Password: { Plain: CANARY } }),
    aReset({ Password: { Generate: CANARY } }),
    aReset({ Password: { SecretName: CANARY } }),
    aReset({ Password: { Jwe: CANARY } }),
    aReset({ NewPassword: CANARY }),
    aReset({ User: { user_name: 'james.bond' }, Password: CANARY }),
    aReset({ User: { user_name: 'james.bond', password: CANARY } }),
    [aReset(), CANARY],
    CANARY,
    { OrdersBlob: CANARY },
    anEnvelope(aReset({ Password: CANARY }), { Note: CANARY }),
  ];
  for (const form of forms) await environment.sendReset(form);
  await environment.queue('password-resets').sendMessage(Buffer.from(`{"Password":"${CANARY}`).toString('base64'));
  await scenario.startHost();
  const poison = environment.queue('password-resets-poison');
  await scenario.until(async () => (await poison.getProperties()).approximateMessagesCount === forms.length + 1);
  await scenario.until(() => noResetIsLeft(scenario));

  expect(userOf(scenario).user_password).toBe(before);
  expect(writes(scenario)).toEqual([]);
  // Where it can be read whom it was for, whoever waits for it is told.
  expect(scenario.passwordResults.map(({ State }) => State)).toEqual(Array.from({ length: 8 }, () => 'Errored'));
  for (const { Message } of scenario.passwordResults)
    expect(Message).toMatch(
      /^Expected a password reset \{Connection, User, Password\}, got something else: .*No password may stand in a message/,
    );
  await expectNoTraceOf(scenario, [CANARY]);
});

test.concurrent('a message that is delivered twice, and by two hosts, sets one password', async () => {
  await using scenario = await startScenario({ servicenow: { latencyInMs: 200 } });
  const { environment } = scenario;
  await Promise.all([scenario.startHost(), scenario.startHost()]);
  for (let copy = 0; copy < 4; copy += 1) await environment.sendReset(anEnvelope(aReset()));
  await scenario.until(() => scenario.passwordResults.length > 0);
  await scenario.until(() => noResetIsLeft(scenario), 90_000);
  expect(resultsOf(scenario)).toMatchObject([{ ResultId: 'delivery-1', State: 'Executed' }]);
  const [password = '', ...more] = passwordsOf(environment).values();
  expect(more).toEqual([]);
  expect(isSet(scenario, password)).toBe(true);
  expect(writes(scenario)).toHaveLength(2);
});

test.concurrent('settings of a resource type: their form, and the new password is tried out once', async () => {
  const settings = {
    ...agentSettings,
    ServiceNowResourceTypeMappings: {
      Accounts: {
        Connection: 'ServiceNowFulfillManual',
        TicketCallerId: 'ServiceNowUserName',
        PasswordResetSetting: 'long',
      },
    },
    PasswordResetSettings: {
      long: { Mode: 'OneWay', GeneratedLength: 20, StrengthCheck: "'^[a-z]','.{20}'", VerifyByLogin: true },
    },
  };
  await using scenario = await startScenario({ agentSettings: settings });
  const { environment } = scenario;
  const { servicenow } = environment;
  await scenario.startHost();
  await environment.sendReset(aReset({ ResourceType: 'Accounts' }));
  await scenario.until(() => scenario.passwordResults.length === 1);
  const [password = ''] = passwordsOf(environment).values();
  expect(password).toMatch(/^[a-z].{19}$/);
  expect(scenario.passwordResults).toMatchObject([{ State: 'Executed' }]);
  const logins = () => servicenow.requests.filter(({ user }) => user === 'james.bond');
  expect(logins()).toHaveLength(1);

  // An account that lets nobody in can't show it, and is not tried again: five refusals lock it.
  servicenow.update('sys_user', userOf(scenario).sys_id ?? '', { active: 'false' });
  await environment.sendReset(aReset({ ResourceType: 'Accounts' }));
  await scenario.until(() => scenario.passwordResults.length === 2);
  expect(scenario.passwordResults[1]).toMatchObject({ State: 'Unverified' });
  expect(scenario.passwordResults[1]?.Message).toContain(
    'ServiceNow does not let the user sign in with it; the account is not active',
  );
});
