import { describe, expect, it } from 'vitest';
import { type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { type Logins, makeLogins } from '../../../../shared/limits/logins.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { expectNoSecrets, runTool, settingsOf, type ToolRun } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';

describe('npm run connections', { timeout: 60_000 }, () => {
  it.concurrent('lists where each setting comes from and that nothing is stopped', async () => {
    await using started = await start();
    const people = await started.run('list');
    expect(people).toMatchObject({ exitCode: 0, stderr: '' });
    expect(people.stdout).toMatch(
      /^ServiceNowFulfillManual\n {2}Server from Key Vault https:\S+ \(version [0-9a-f]{32}\)\n/,
    );
    expect(people.stdout).toMatch(/\n {2}Login not stopped\n {2}Not on hold\n {2}New tickets today: 0 of 2000\n$/);
    const program = await started.run('list', '--json');
    expect(JSON.parse(program.stdout)).toEqual({
      connections: [
        {
          connection: CONNECTION,
          settings: expect.any(Array),
          faults: [],
          holds: [],
          newTickets: [{ today: 0, limit: 2000 }],
        },
      ],
      unread: [],
      otherStopped: [],
    });
  });

  it.concurrent('says since when a login is stopped, and releases it once', async () => {
    await using started = await start();
    const { logins, login } = started;
    await logins.refused(login, 'version-1');
    await logins.refused(login, 'version-2');
    const stopped = await started.run('list');
    expect(stopped.stdout).toMatch(/Login stopped since \d{4}-\S+Z, refused 2 times; `npm run connections -- release/);

    const released = await started.run('release', CONNECTION);
    expect(released).toMatchObject({ exitCode: 0, stderr: '' });
    expect(released.stdout).toMatch(/^The login of connection ServiceNowFulfillManual may be tried once more/);
    expect((await logins.all())[0]).toMatchObject({ login, failures: 2, isReleased: true });
    const list: unknown = JSON.parse((await started.run('list', '--json')).stdout);
    expect(list).toMatchObject({ connections: [{ stopped: { failures: 2, released: true } }] });
  });

  it.concurrent('lists a stopped login that no connection has any more', async () => {
    await using started = await start();
    await started.logins.refused('https://contoso.service-now.com somebody', 'version-1');
    const { stdout } = await started.run('list');
    expect(stdout).toMatch(
      /Login not stopped\n.*\n.*\n\nAnother login is stopped: https:\/\/contoso\S+ somebody, since .*, refused once/,
    );
  });

  it.concurrent('pauses a connection or one of its resource types, lists that, and resumes it', async () => {
    await using started = await start();
    const type = ['--resource-type', 'SAP_User_NominativeUser'];
    const paused = await started.run('pause', CONNECTION, ...type, '--reason', 'Maintenance of SAP until Monday');
    expect(paused).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('is paused since') });
    const list: unknown = JSON.parse((await started.run('list', '--json')).stdout);
    expect(list).toMatchObject({
      connections: [
        {
          holds: [
            {
              resourceType: 'SAP_User_NominativeUser',
              kind: 'pause',
              reason: expect.stringContaining('Maintenance of SAP'),
              probed: false,
            },
          ],
        },
      ],
    });
    expect((await started.run('list')).stdout).toMatch(/PAUSED \(resource type SAP_User_NominativeUser\) since/);
    // A pause is an operator's word; only resuming ends it.
    expect((await started.run('release', CONNECTION, ...type)).stdout).toContain('stays paused');
    expect(await started.run('resume', CONNECTION)).toMatchObject({ exitCode: 1 });
    expect(await started.run('resume', CONNECTION, ...type)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await started.run('list')).stdout).toContain('Not on hold');
  });

  it.concurrent('does not pause what no setting and no mapping names', async () => {
    await using started = await start();
    for (const args of [['Nobody'], [CONNECTION, '--resource-type', 'Nothing']]) {
      const run = await started.run('pause', ...args);
      expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('nothing was paused') });
    }
  });

  it.concurrent('has nothing to release where nothing is stopped, and says so', async () => {
    await using started = await start();
    const run = await started.run('release', CONNECTION);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('is not stopped: nothing to release');
  });

  it.concurrent('does not release a connection whose login it can not tell', async () => {
    await using started = await start();
    const run = await started.run('release', 'Never-heard-of');
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/settings of connection "Never-heard-of" are not usable/);
  });

  it.concurrent('lists faults beside what is known, and files that can not be read', async () => {
    await using started = await start({
      agentSettings: { Connections: { Other: { Login: 'somebody' } }, ServiceNowResourceTypeMappings: {} },
    });
    const { environment } = started;
    const broken = environment.container('settings').getBlockBlobClient('appsettings.encrypted.agent.json');
    await broken.upload('{', 1);
    const { exitCode, stdout } = await started.run('list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Other\n/);
    expect(stdout).toMatch(/FAULT: appsettings\.encrypted\.agent\.json .* is not usable/);
    expect(stdout).toMatch(/appsettings\.encrypted\.agent\.json can't be read: `npm run doctor` says why\n$/);
  });

  it.concurrent('tells that it can not reach what all instances share', async () => {
    await using started = await start();
    await started.environment.table('limits').deleteTable();
    expect(await started.run('list')).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('limits'),
    });
  });

  it.concurrent.each([
    { args: [] },
    { args: ['list', 'more'] },
    { args: ['release'] },
    { args: ['release', ''] },
    { args: ['release', CONNECTION, 'more'] },
    { args: ['pause'] },
    { args: ['resume', CONNECTION, 'more'] },
    { args: ['list', '--jsn'] },
  ])('does not understand $args, and says how it is used', async ({ args }) => {
    const { exitCode, stdout, stderr } = await runTool('connections', args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: npm run connections');
  });

  it.concurrent('can not run without an environment', async () => {
    const { exitCode, stderr } = await runTool('connections', ['list']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Run `npm start`');
  });
});

async function start(options: EnvironmentOptions = {}) {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  const { azurite, identity, servicenow } = environment;
  const credential = makeIdentityCredential(identity);
  const logins: Logins = makeLogins({
    table: entityTable(azurite.tableUrl(), 'limits', async () => credential),
    clock: systemClock,
    random: Math.random,
    maxAgeInMs: 1_000,
    longestCallInMs: 1_000,
    turnInMs: 10_000,
    rememberForInMs: 10_000,
  });
  return {
    environment,
    logins,
    login: `${servicenow.url} ${servicenow.login}`,
    run: async (...args: string[]): Promise<ToolRun> => {
      const run = await runTool('connections', args, settingsOf(environment));
      expectNoSecrets(environment, run.stdout + run.stderr);
      return run;
    },
    [Symbol.asyncDispose]: () => environment.close(),
  };
}
