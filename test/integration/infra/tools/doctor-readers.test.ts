import { createServer, request as send } from 'node:https';
import { describe, expect, it } from 'vitest';
import { type Environment, startEnvironment } from '../../../../infra/local/environment.ts';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { listen } from '../../../../infra/local/listen.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { makeLogins } from '../../../../shared/limits/logins.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { CANARY, failuresOf, type Report, runDoctor } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';

describe('npm run doctor, by who may only look', { timeout: 90_000 }, () => {
  it.concurrent('looks at everything that needs no login, and says why it tried none', async () => {
    await using started = await start();
    const { environment, asReader } = started;
    const report = await asReader();
    expect(failuresOf(report)).toEqual([]);
    expect(report.exitCode).toBe(0);
    expect(sentencesOf(report)).toContainEqual(
      expect.stringMatching(
        /^notProven login: Whether ServiceNow accepts the login of user identity\.manager was not tried: .* \(403 AuthorizationPermissionMismatch\)\. → Give who runs this the role Storage Table Data Contributor on table limits/,
      ),
    );
    const oks = report.checks.filter(({ status }) => status === 'ok').map(({ name }) => name);
    expect(oks).toEqual(expect.arrayContaining(['settings files', 'storage', 'vault', 'settings', 'host', 'mappings']));
    expect(environment.servicenow.requests.filter(({ path }) => path.includes('oauth'))).toEqual([]);
    expect(environment.servicenow.requests).toHaveLength(1);
  });

  it.concurrent('tells that a login is stopped, and does not try it', async () => {
    await using started = await start();
    const { environment, asReader } = started;
    const { azurite, identity, servicenow } = environment;
    const credential = makeIdentityCredential(identity);
    const logins = makeLogins({
      table: entityTable(azurite.tableUrl(), 'limits', async () => credential),
      clock: systemClock,
      random: Math.random,
      maxAgeInMs: 1_000,
      longestCallInMs: 1_000,
      turnInMs: 1_000,
      rememberForInMs: 1_000,
    });
    await logins.refused(`${servicenow.url} ${servicenow.login}`, 'version-1');
    const report = await asReader();
    expect(failuresOf(report)).toEqual([
      expect.stringMatching(
        /^login: The login of user identity\.manager has been stopped since .*: ServiceNow refused it once\. Nothing was tried now/,
      ),
    ]);
    expect(servicenow.requests).toHaveLength(1);
  });
});

describe('npm run doctor, at wrong addresses', { timeout: 90_000 }, () => {
  it.concurrent('does not take a page that is not found for a vault that can be read', async () => {
    await using started = await start();
    const elsewhere = await started.answering(404);
    const report = await runDoctor(started.environment, [], { KEY_VAULT_URL: elsewhere });
    expect(failuresOf(report)).toContainEqual(
      expect.stringMatching(/^vault: Key Vault .* no answer that can be understood\. → Check the address/),
    );
  });

  it.concurrent('tells a person of another tenant where to sign in', async () => {
    await using started = await start();
    const url = `${await started.answering(401, 'InvalidAuthenticationInfo')}/account`;
    const report = await runDoctor(started.environment, [], { ConnectorStorage__queueServiceUri: url });
    expect(failuresOf(report)).toContainEqual(
      expect.stringMatching(
        /^storage: Expected to read queue provisioning-orders .*, got 401 InvalidAuthenticationInfo\. → .*az login --tenant/,
      ),
    );
  });
});

describe('npm run doctor --connection', { timeout: 90_000 }, () => {
  it.concurrent('checks a connection that only the vault knows', async () => {
    await using started = await start();
    const { vault, servicenow } = started.environment;
    for (const [setting, value] of Object.entries({
      Server: servicenow.server,
      Login: servicenow.login,
      Password: servicenow.password,
    })) {
      vault.set(`Connections--Spare--${setting}`, value);
    }
    const report = await runDoctor(started.environment, ['--connection', 'Spare']);
    expect(failuresOf(report)).toEqual([]);
    const names = report.checks.filter(({ connection }) => connection === 'Spare').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['settings', 'host', 'login', 'release', 'query time']));
    expect(sentencesOf(report)).toContainEqual(
      expect.stringMatching(/^warning mappings: Expected a mapping that names connection "Spare" .* found none/),
    );
    expect(report.checks.filter(({ connection }) => connection === CONNECTION)).toEqual([]);
  });

  it.concurrent('tries a wrong password once, and no login of a connection that was not asked for more often', async () => {
    await using started = await start();
    const { vault, servicenow } = started.environment;
    for (const [name, login] of [
      ['Spare', 'beth.anglin'],
      [CONNECTION, servicenow.login],
    ]) {
      vault.set(`Connections--${name}--Server`, servicenow.server);
      vault.set(`Connections--${name}--Login`, login ?? '');
      vault.set(`Connections--${name}--Password`, CANARY);
    }
    const report = await runDoctor(started.environment, ['--connection', 'Spare']);
    expect(failuresOf(report)).toEqual([
      expect.stringMatching(/^login: ServiceNow refused the login of user beth\.anglin/),
    ]);
    expect(servicenow.failedLogins('beth.anglin')).toBe(1);
    expect(servicenow.failedLogins(servicenow.login)).toBeLessThanOrEqual(1);
  });
});

function sentencesOf({ checks }: Report): string[] {
  return checks.map(({ status, name, message, remedy }) => `${status} ${name}: ${message} → ${remedy}`);
}

async function start() {
  await using starting = new AsyncDisposableStack();
  const storage = leaseAccount();
  const { certificate, key } = storage.certificate;
  const environment: Environment = starting.adopt(await startEnvironment({ storage }), (one) => one.close());

  async function serve(server: ReturnType<typeof createServer>): Promise<string> {
    const { port } = ended.adopt(await listen(server), (one) => one.close());
    return `https://127.0.0.1:${port}`;
  }

  const ended = starting.move();
  return {
    environment,
    /** A server that gives the same answer to everything. */
    answering: (status: number, code = '') =>
      serve(
        createServer({ cert: certificate, key }, (_, response) =>
          response.writeHead(status, { ...(code !== '' && { 'x-ms-error-code': code }) }).end(),
        ),
      ),
    /** Runs the doctor as somebody with the Reader roles of storage: tables are read, and nothing is written to them. */
    async asReader() {
      const tables = new URL(environment.azurite.tableUrl());
      const front = createServer({ cert: certificate, key }, (incoming, response) => {
        if (incoming.method !== 'GET') {
          incoming.resume();
          const body = JSON.stringify({
            'odata.error': {
              code: 'AuthorizationPermissionMismatch',
              message: { lang: 'en-US', value: 'This request is not authorized to perform this operation.' },
            },
          });
          const headers = { 'content-type': 'application/json', 'x-ms-error-code': 'AuthorizationPermissionMismatch' };
          response.writeHead(403, headers).end(body);
          return;
        }
        const headers = { ...incoming.headers, host: tables.host };
        const forwarded = send(
          { host: tables.hostname, port: tables.port, path: incoming.url, headers, ca: certificate },
          (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(response);
          },
        );
        forwarded.on('error', () => response.destroy());
        forwarded.end();
      });
      const url = `${await serve(front)}${tables.pathname}`;
      return runDoctor(environment, [], { ConnectorStorage__tableServiceUri: url });
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
