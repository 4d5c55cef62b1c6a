import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Environment, type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { listen } from '../../../../infra/local/listen.ts';
import { leaseAccount, runCertificate } from '../../../lease-account.ts';
import { closedPort } from './closed-port.ts';
import { CANARY, expectNoSecrets, failuresOf, runDoctor, runTool, settingsOf } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const DAY_IN_MS = 86_400_000;

/** One way in which an environment can be broken; `breaks` may give app settings that are part of it. */
interface Breakage {
  readonly what: string;
  readonly options?: EnvironmentOptions;
  readonly breaks?: (environment: Environment) => unknown;
  /** The failed check that tells, as `name: message → remedy`. */
  readonly says: RegExp;
}

const mapping = (more: object = {}) => ({ Connection: CONNECTION, TicketImpact: 'Low', ...more });
const mapped = (mappings: object, connections: object = {}) => ({
  agentSettings: { Connections: connections, ServiceNowResourceTypeMappings: mappings },
});
const secret = (setting: string) => `Connections--${CONNECTION}--${setting}`;
const file = (environment: Environment, name: string, text: string) =>
  environment.container('settings').getBlockBlobClient(name).upload(text, Buffer.byteLength(text));

const breakages: readonly Breakage[] = [
  {
    what: 'no source has the connection that a mapping names',
    options: mapped({ Sap: mapping({ Connection: 'Nowhere' }) }),
    says: /^settings: Expected settings in .*Key Vault .*, found none.* → Set secrets Connections--Nowhere--Server/,
  },
  {
    what: 'a mapping names a connection that no source knows',
    options: mapped({ Sap: mapping({ Connection: 'Nowhere' }), Badge: mapping() }),
    says: /^mappings: The mapping of resource type "Sap" .* connection "Nowhere", which no source knows/,
  },
  {
    what: 'OAuth is given by halves',
    options: {
      connectionSettings: { ClientId: 'client', OAuth2Url: 'https://contoso.service-now.com/oauth_token.do' },
    },
    says: /^settings: ClientSecret: expected a value, got nothing: OAuth needs .* → Set secret Connections--ServiceNowFulfillManual--ClientSecret/,
  },
  {
    what: 'the server is one of plain http',
    options: { connectionSettings: { Server: 'http://contoso.service-now.com/api/now/table' } },
    says: /^settings: Server: expected a URL that starts with https:\/\/.*Key Vault/,
  },
  {
    what: 'a secret is disabled',
    breaks: ({ vault }) => vault.set(secret('Password'), CANARY, { enabled: false }),
    says: /^settings: Password: secret Connections--ServiceNowFulfillManual--Password was refused \(403.*disabled/,
  },
  {
    what: 'a secret has expired',
    breaks: ({ vault }) => vault.set(secret('Password'), CANARY, { exp: new Date(Date.now() - DAY_IN_MS) }),
    says: /^settings: Password: secret .* expired on \d{4}-\d\d-\d\d: set a new version/,
  },
  {
    what: 'a secret was deleted',
    breaks: ({ vault }) => vault.delete(secret('Password')),
    says: /^settings: Password: expected a value, got nothing .* is deleted and can be recovered until/,
  },
  {
    what: 'the vault forbids reading',
    breaks: ({ vault }) => vault.respondWith(403),
    says: /^vault: Reading secrets of Key Vault https:\/\/.* was refused \(403.* → .*Key Vault Secrets User/,
  },
  {
    what: 'the vault of passwords forbids reading',
    breaks: ({ passwordVault }) => passwordVault.respondWith(403),
    says: /^password vault: Reading secrets of Key Vault https:\/\/.* was refused \(403.* → .*secrets\/setSecret/,
  },
  {
    what: 'the vault has too many calls',
    breaks: ({ vault }) => vault.respondWith(429),
    says: /^vault: Key Vault .* too many \(429\)\. → Wait/,
  },
  {
    what: 'the vault can not be reached',
    breaks: async () => ({ KEY_VAULT_URL: `https://127.0.0.1:${await closedPort()}` }),
    says: /^vault: Key Vault .* could not be reached: the connection was refused\./,
  },
  {
    what: 'certificates are not trusted',
    breaks: () => ({ NODE_EXTRA_CA_CERTS: '' }),
    says: /^vault: Key Vault .* its TLS certificate is not trusted here\. → .*NODE_EXTRA_CA_CERTS/,
  },
  {
    what: 'a queue is missing',
    breaks: ({ queue }) => queue('provisioning-orders-poison').delete(),
    says: /^storage: Expected queue provisioning-orders-poison \(.*\), found none\. → Create/,
  },
  {
    what: 'a table is missing',
    breaks: ({ table }) => table('tickets').deleteTable(),
    says: /^storage: Expected table tickets \(.*\), found none\./,
  },
  {
    what: 'a container is missing',
    breaks: ({ container }) => container('connector-state').delete(),
    says: /^storage: Expected container connector-state \(.*\), found none\./,
  },
  {
    what: 'the container of the settings files is missing',
    breaks: ({ settings }) => ({ APPSETTINGS_URL: `${settings.APPSETTINGS_URL}-elsewhere` }),
    says: /^settings files: .*appsettings\.agent\.json.* can't be read: .*ContainerNotFound/,
  },
  {
    what: 'a settings file is no JSON',
    breaks: (environment) => file(environment, 'appsettings.json', '{\n"AzureKeyVault": {\n"Vault": oops }}'),
    says: /^settings files: appsettings\.json .* is not usable.* in line 3 → Put appsettings\.json right/,
  },
  {
    what: 'a mapping is faulty',
    options: mapped({ Sap: mapping({ TicketImpact: 'Enormous' }), Badge: mapping() }),
    says: /^mappings: The mapping of resource type "Sap" is not usable: TicketImpact: expected Low, Medium or High/,
  },
  {
    what: 'a template of a mapping is none',
    options: mapped({
      Sap: mapping({ Fields: { location: { Added: { Table: 'cmn_location', Value: '{{#open}}' } } } }),
    }),
    says: /^mappings: The mapping of resource type "Sap" is not usable: Fields\.location: expected a template .* Unclosed section "open"/,
  },
  {
    what: 'there are no mappings',
    options: { agentSettings: {} },
    says: /^mappings: Expected a mapping in ServiceNowResourceTypeMappings .*, found none/,
  },
  {
    what: 'a resource type has two mappings',
    breaks: (environment) => {
      const one = JSON.stringify(mapping());
      const text = `{"ServiceNowResourceTypeMappings":{"Sap":${one},"sap":${one}}}`;
      return file(environment, 'appsettings.agent.json', text).then(() => ({}));
    },
    says: /^mappings: The mapping of resource type "sap" is not usable: there is more than one, or a member of it twice; keep one/,
  },
  {
    what: 'settings are to be decrypted and no certificate is named',
    breaks: (environment) =>
      file(environment, 'appsettings.json', '{"EncryptionCertificate":{"UseEncryptedAppsettings":true}}'),
    says: /^certificate EncryptionCertificate: .*names no certificate.* → Name one with EncryptionCertificate:/,
  },
  {
    what: 'the certificate is not in the vault',
    breaks: (environment) =>
      file(
        environment,
        'appsettings.json',
        '{"EncryptionCertificate":{"UseEncryptedAppsettings":true,"CertificateAzureKeyVault":"nothing"}}',
      ),
    says: /^certificate EncryptionCertificate: Expected certificate nothing in Key Vault .*, found none/,
  },
];

describe('npm run doctor', { timeout: 90_000 }, () => {
  it.concurrent('is content with a healthy environment, and leaves no trace in it', async () => {
    await using environment = await started();
    const before = (await environment.receiveResults()).length;
    const report = await runDoctor(environment);
    expect(failuresOf(report)).toEqual([]);
    expect(report.exitCode).toBe(0);
    expect(report.identity).toMatch(/^local stand-in identity [0-9a-f-]{36}$/);
    for (const { status, message, remedy } of report.checks) {
      if (status !== 'ok') expect(`${message} → ${remedy}`).toMatch(/^.{20,} → .{10,}$/);
    }
    const names = report.checks.map(({ name }) => name);
    expect(names.slice(0, 7)).toEqual([
      'app settings',
      'settings files',
      'storage',
      'holds',
      'vault',
      'password vault',
      'connections',
    ]);
    expect(names.at(-1)).toBe('mappings');
    const settings = report.checks.find(({ name }) => name === 'settings');
    expect(settings?.message).toMatch(
      /Server from Key Vault https:\S+ \(version [0-9a-f]{32}\).*Password from Key Vault/,
    );
    expect(settings?.connection).toBe(CONNECTION);
    expect(environment.servicenow.requests.filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([]);
    expect(environment.servicenow.records('incident')).toEqual([]);
    expect((await environment.receiveResults()).length).toBe(before);
  });

  it.concurrent.each(breakages)('tells that $what', async ({ options, breaks, says }) => {
    await using environment = await started(options);
    const settings = await breaks?.(environment);
    const report = await runDoctor(environment, [], isSettings(settings) ? settings : {});
    expect(failuresOf(report)).toContainEqual(expect.stringMatching(says));
    expect(report.exitCode).toBe(1);
  });

  it.concurrent('tells a forbidden queue from a missing one and from a firewall', async () => {
    await using environment = await started();
    const certificate = runCertificate();
    const answers = ['AuthorizationPermissionMismatch', 'AuthorizationFailure'];
    for (const code of answers) {
      const refusing = await listen(
        createServer({ cert: certificate.certificate, key: certificate.key }, (_, response) =>
          response.writeHead(403, { 'x-ms-error-code': code }).end(),
        ),
      );
      const url = `https://127.0.0.1:${refusing.port}/account`;
      const report = await runDoctor(environment, [], { ConnectorStorage__queueServiceUri: url });
      await refusing.close();
      expect(failuresOf(report)).toContainEqual(
        expect.stringMatching(
          code === 'AuthorizationFailure'
            ? /^storage: Reading queue provisioning-orders .* forbidden .* → .*firewall/
            : /^storage: Reading queue provisioning-orders .* forbidden .* → .*Storage Queue Data Contributor/,
        ),
      );
    }
  });

  it.concurrent('names an account that can not be reached once, and still looks at everything else', async () => {
    await using environment = await started();
    const url = `https://127.0.0.1:${await closedPort()}/account`;
    const report = await runDoctor(environment, [], { ConnectorStorage__queueServiceUri: url });
    expect(failuresOf(report).filter((failure) => failure.startsWith('storage:'))).toEqual([
      expect.stringMatching(/could not be reached: the connection was refused/),
    ]);
    expect(report.checks).toContainEqual(expect.objectContaining({ name: 'vault', status: 'ok' }));
    expect(report.checks).toContainEqual(expect.objectContaining({ name: 'settings', status: 'ok' }));
  });

  it.concurrent('checks one connection although another one fails, and only that one when it is asked for', async () => {
    const options = mapped({ Sap: mapping({ Connection: 'Nowhere' }), Badge: mapping() });
    await using environment = await started(options);
    const all = await runDoctor(environment);
    const settingsOk = expect.objectContaining({ name: 'settings', connection: CONNECTION, status: 'ok' });
    expect(all.checks).toContainEqual(settingsOk);
    expect(all.exitCode).toBe(1);
    const one = await runDoctor(environment, ['--connection', CONNECTION]);
    expect(one.checks).toContainEqual(settingsOk);
    expect(one.checks.filter(({ message }) => message.includes('Nowhere'))).toEqual([]);
    const unknown = await runDoctor(environment, ['--connection', 'Never-heard-of']);
    expect(failuresOf(unknown)).toEqual([expect.stringMatching(/^settings: Expected settings in/)]);
  });

  it.concurrent('warns of a secret that ends soon and of a setting that a weaker source gives', async () => {
    await using environment = await started(
      mapped({ Badge: mapping() }, { [CONNECTION]: { Login: 'identity.manager' } }),
    );
    const { vault, servicenow } = environment;
    vault.set(secret('Password'), servicenow.password, { exp: new Date(Date.now() + 3.5 * DAY_IN_MS) });
    vault.delete(secret('Login'));
    const report = await runDoctor(environment);
    const warnings = report.checks.filter(({ status }) => status === 'warning').map(({ message }) => message);
    expect(warnings).toContainEqual(expect.stringMatching(/secret \S+--Password expires on .*, in 3 days/));
    expect(warnings).toContainEqual(
      expect.stringMatching(/^Key Vault \S+ has no Login: taken is Login from appsettings\.agent\.json/),
    );
    expect(failuresOf(report).filter((failure) => failure.startsWith('settings'))).toEqual([]);
  });

  it.concurrent('prints lines for people, grouped, with remedies and a summary', async () => {
    await using environment = await started();
    environment.vault.set(secret('Password'), CANARY, { enabled: false });
    const { exitCode, stdout, stderr } = await runTool('doctor', [], settingsOf(environment));
    expectNoSecrets(environment, stdout);
    expect(stderr).toBe('');
    expect(exitCode).toBe(1);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => /^\S/.test(line))).toEqual([
      'The app and what is around it',
      `Connection ${CONNECTION}`,
      'Mappings',
      expect.stringMatching(/^Something has to be put right: 1 failed, 1 warning, 1 skipped, 9 ok\.$/),
      expect.stringMatching(/^Ran as local stand-in identity /),
    ]);
    const failed = lines.findIndex((line) => /^ {2}FAILED +settings +Password: secret/.test(line));
    expect(lines[failed + 1]).toMatch(/^ +→ Put right/);
  });

  it.concurrent('finds the environment that npm start keeps running', async () => {
    await using environment = await started();
    environment.vault.set(secret('Password'), CANARY, { enabled: false });
    await using directory = await environmentFile(environment);
    const { exitCode, stdout } = await runTool('doctor', ['--json'], { PATH: '' }, directory.path);
    expect(exitCode).toBe(1);
    expectNoSecrets(environment, stdout);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      identity: expect.stringMatching(/^local stand-in identity/),
    });
    expect(stdout).toContain('"There and readable: ');
  });

  it.concurrent('can not run without an environment, and says what to do', async () => {
    const people = await runTool('doctor', []);
    expect(people).toMatchObject({ exitCode: 2, stdout: '' });
    expect(people.stderr).toMatch(/found none\.\nRun `npm start`/);
    const program = await runTool('doctor', ['--json']);
    expect(program.exitCode).toBe(2);
    expect(JSON.parse(program.stdout)).toMatchObject({
      ok: false,
      identity: 'unknown',
      checks: [{ status: 'failed' }],
    });
  });

  it.concurrent('can not run with faulty app settings, and names all of them', async () => {
    const settings = { ConnectorStorage__queueServiceUri: 'http://contoso', POLL_SCHEDULE: CANARY };
    const { exitCode, stdout, stderr } = await runTool('doctor', ['--json'], settings);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).not.toContain(CANARY);
    const text: unknown = JSON.parse(stdout);
    const message = expect.stringMatching(/INSTALLATION_ID.*queueServiceUri.*POLL_SCHEDULE/s);
    expect(text).toMatchObject({ checks: [{ name: 'app settings', status: 'failed', message }] });
  });

  it.concurrent.each([
    { args: ['--group', 'Badges'] },
    { args: ['--write-test'] },
    { args: ['--write-test', '--group', ''] },
    { args: ['--connection', ''] },
    { args: ['everything'] },
    { args: ['--jsn'] },
  ])('does not understand $args, and says how it is used', async ({ args }) => {
    const { exitCode, stdout, stderr } = await runTool('doctor', args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: npm run doctor');
  });
});

async function started(options: EnvironmentOptions = {}): Promise<Environment & AsyncDisposable> {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  return { ...environment, [Symbol.asyncDispose]: () => environment.close() };
}

function isSettings(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' && value !== null && Object.values(value).every((setting) => typeof setting === 'string')
  );
}

/** A directory in which an environment seems to have been started. */
async function environmentFile({ settings, caFile, identity, vault, servicenow, azurite }: Environment) {
  const path = await mkdtemp(join(tmpdir(), 'doctor-'));
  await mkdir(join(path, '.local'));
  const running = {
    pid: process.pid,
    blobUrl: azurite.blobUrl(),
    queueUrl: azurite.queueUrl(),
    tableUrl: azurite.tableUrl(),
    identity: { endpoint: identity.endpoint, header: identity.header },
    caFile,
    keyVaultUrl: vault.url,
    servicenow: { url: servicenow.url, controlUrl: servicenow.controlUrl },
    adminUrl: 'http://127.0.0.1:1',
    settings,
  };
  await writeFile(join(path, '.local/environment.json'), JSON.stringify(running));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
