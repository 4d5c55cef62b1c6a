import { describe, expect, it } from 'vitest';
import { type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { makeBrake } from '../../../../shared/limits/brake.ts';
import { makeHolds } from '../../../../shared/limits/holds.ts';
import { makeKnownLimits } from '../../../../shared/limits/known-limits.ts';
import { type Logins, makeLogins } from '../../../../shared/limits/logins.ts';
import { entityTable } from '../../../../shared/storage/entity-table.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { expectNoSecrets, runTool, settingsOf, type ToolRun } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const RESOURCE_TYPE = 'SAP_User_NominativeUser';

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
          newTickets: [{ today: 0, limit: 2_000 }],
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

  it.concurrent('pauses a connection and a resource type, lists both, and resumes them one by one', async () => {
    await using started = await start();
    const paused = await started.run('pause', CONNECTION, '--reason', 'maintenance until six');
    expect(paused).toMatchObject({ exitCode: 0, stderr: '' });
    expect(paused.stdout).toMatch(
      /^Connection \S+ is paused since \S+ \(maintenance until six\); .*connections -- resume/,
    );
    expect(await started.run('pause', CONNECTION, '--resource-type', RESOURCE_TYPE)).toMatchObject({ exitCode: 0 });
    const pause = { kind: 'pause', since: expect.any(String), probed: false };
    const list: unknown = JSON.parse((await started.run('list', '--json')).stdout);
    expect(list).toMatchObject({
      connections: [
        {
          holds: expect.arrayContaining([
            { ...pause, reason: 'maintenance until six' },
            { ...pause, reason: 'no reason given', resourceType: RESOURCE_TYPE },
          ]),
        },
      ],
    });
    expect((await started.run('list')).stdout).toMatch(
      /\n {2}PAUSED since \S+: maintenance until six; `npm run connections -- resume/,
    );

    const released = await started.run('release', CONNECTION);
    expect(released.stdout).toContain('stays paused');
    expect((await started.run('resume', CONNECTION)).stdout).toContain('come back by themselves within 900 seconds');
    expect(await started.run('resume', CONNECTION)).toMatchObject({ exitCode: 1, stdout: '' });
    const rest = await started.holds.all();
    expect(rest).toMatchObject([{ kind: 'pause', scope: { connection: CONNECTION, resourceType: RESOURCE_TYPE } }]);
    expect(await started.run('resume', CONNECTION, '--resource-type', RESOURCE_TYPE)).toMatchObject({ exitCode: 0 });
    expect(await started.holds.all()).toEqual([]);
  });

  it.concurrent('pauses nothing that no setting and no mapping names: it may be misspelt', async () => {
    await using started = await start();
    const connection = await started.run('pause', 'Never-heard-of');
    expect(connection).toMatchObject({ exitCode: 1, stdout: '' });
    expect(connection.stderr).toContain(`known: ${CONNECTION}`);
    const type = await started.run('pause', CONNECTION, '--resource-type', 'Never_heard_of');
    expect(type).toMatchObject({ exitCode: 1, stdout: '' });
    expect(type.stderr).toContain(RESOURCE_TYPE);
    expect(await started.holds.all()).toEqual([]);
  });

  it.concurrent('releases the holds of a connection and of its resource types, or of one resource type', async () => {
    await using started = await start();
    const type = { connection: CONNECTION, resourceType: RESOURCE_TYPE };
    await started.holds.place({ connection: CONNECTION }, 'refused', 'the account may not write');
    await started.holds.place(type, 'changed', 'a rule changes correlation_id');
    await started.holds.place({ connection: 'Other' }, 'refused', 'another one');
    const list = (await started.run('list')).stdout;
    expect(list).toMatch(/ON HOLD since \S+, one order at a time looks whether it is over: the account may not write;/);
    expect(list).toMatch(/ON HOLD \(resource type \S+\) since \S+, until an operator ends it: a rule changes/);
    expect(await started.run('release', CONNECTION, '--resource-type', RESOURCE_TYPE)).toMatchObject({ exitCode: 0 });
    expect(await started.holds.all()).toHaveLength(2);
    await started.holds.place(type, 'changed', 'a rule changes correlation_id');
    const released = await started.run('release', CONNECTION);
    expect(released).toMatchObject({ exitCode: 0, stderr: '' });
    expect(released.stdout).toMatch(
      /is not on hold any more[\s\S]*is not on hold any more[\s\S]*come back by themselves/,
    );
    expect(await started.holds.all()).toMatchObject([{ scope: { connection: 'Other' } }]);
  });

  it.concurrent('shows new tickets against their limits, and releases the limit that is reached', async () => {
    await using started = await start({ connectionSettings: { MaxNewTicketsPerDay: '2' } });
    const take = () => started.brake.take([{ scope: { connection: CONNECTION }, limit: 2 }]);
    await take();
    await take();
    await expect(take()).rejects.toThrow(/MaxNewTicketsPerDay/);
    expect((await started.run('list')).stdout).toMatch(/LIMIT REACHED since [\s\S]*New tickets today: 2 of 2\n/);
    const released = await started.run('release', CONNECTION);
    expect(released).toMatchObject({ exitCode: 0, stderr: '' });
    expect(released.stdout).toContain('may make 2 more new tickets today');
    expect((await started.run('list')).stdout).toMatch(/Not on hold[\s\S]*New tickets today: 2 of 4\n/);
    expect((await started.run('release', CONNECTION)).exitCode).toBe(1);
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
    { args: ['pause', CONNECTION, '--resource-type', ''] },
    { args: ['resume', CONNECTION, '--reason', 'why'] },
    { args: ['list', '--resource-type', 'SAP_User'] },
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
  const table = entityTable(azurite.tableUrl(), 'limits', async () => credential);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const known = makeKnownLimits(table, systemClock, 1_000);
  const parts = { table, known, clock: systemClock, log };
  const logins: Logins = makeLogins({
    table,
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
    holds: makeHolds({ ...parts, holdInMs: 900_000, firstQuietInMs: 30_000, turnInMs: 660_000 }),
    brake: makeBrake({ ...parts, random: Math.random }),
    login: `${servicenow.url} ${servicenow.login}`,
    run: async (...args: string[]): Promise<ToolRun> => {
      const run = await runTool('connections', args, settingsOf(environment));
      expectNoSecrets(environment, run.stdout + run.stderr);
      return run;
    },
    [Symbol.asyncDispose]: () => environment.close(),
  };
}
