import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Environment, type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { anOrder } from '../../../orders.ts';
import { idOf } from '../local/servicenow/administer.ts';
import { CANARY, expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

const sample = (name: string) => fileURLToPath(new URL(`../../../../infra/local/orders/${name}.json`, import.meta.url));

const previews = z.array(
  z.strictObject({
    order: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
    attachment: z.string().optional(),
    problem: z.string().optional(),
    notAsked: z.string().optional(),
  }),
);

describe('npm run preview', { timeout: 90_000 }, () => {
  it.concurrent('shows the ticket that an order would become, and writes nothing', async () => {
    await using environment = await started();
    const [before, { exitCode, stdout, stderr }] = [
      await traces(environment),
      await preview(environment, 'modified-with-links'),
    ];
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [one] = previews.parse(JSON.parse(stdout));
    const { servicenow } = environment;
    expect(one).toMatchObject({
      order: 'Modified SAP_User_NominativeUser (assignment 3930001)',
      fields: {
        short_description: 'Change SAP_User_NominativeUser for 007 - Bond James',
        caller_id: idOf(servicenow, 'sys_user', 'user_name=james.bond'),
        category: 'software',
        correlation_display: 'IdentityManager/local/ServiceNowFulfillManual',
      },
    });
    expect(one?.fields?.description).toContain('- lastName: Bond → Bond-Moneypenny');
    expect(await traces(environment)).toEqual(before);
    expect(servicenow.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.concurrent('reads as the ticket does, for people', async () => {
    await using environment = await started();
    const { stdout } = await preview(environment, 'with-a-password', []);
    expect(stdout).toMatch(/^== Added SAP_User_NominativeUser .*\n\nShort description:\n {4}Create SAP_User/);
    expect(stdout).toMatch(/\n {4}When it is done, set this ticket to Closed/);
    expect(stdout).toMatch(/\nFields:\n(.*\n)* {4}urgency = 2\n/);
    expect(stdout).not.toMatch(/S3cr3t/);
  });

  it.concurrent('shows every order of a list, and which would be refused or would wait', async () => {
    await using environment = await started();
    const nemo = anOrder({ Owner: { Id: '9', ServiceNowUserName: 'nemo' } });
    const list = {
      ProvisioningOrdersList: [
        anOrder(),
        nemo,
        anOrder({ ChangeType: 'None' }),
        anOrder({ ResourceType: { Identifier: 'Unmapped' } }),
        { x: CANARY },
      ],
    };
    const { exitCode, stdout } = await previewText(environment, JSON.stringify(list));
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain(CANARY);
    expect(previews.parse(JSON.parse(stdout)).map(({ problem }) => problem)).toEqual([
      undefined,
      expect.stringMatching(/not known to ServiceNow yet .*CallerWait/),
      expect.stringMatching(/Expected ChangeType Added, Modified, Deleted/),
      expect.stringMatching(/Expected a mapping of resource type "Unmapped"/),
      expect.stringMatching(/^No provisioning order: /),
    ]);
  });

  it.concurrent('shows the texts where ServiceNow can not be asked, and says so', async () => {
    await using environment = await started({ connectionSettings: { Server: 'https://127.0.0.1:1/api/now/table' } });
    const { exitCode, stdout } = await preview(environment, 'added');
    expect(exitCode).toBe(0);
    const [one] = previews.parse(JSON.parse(stdout));
    expect(one?.notAsked).toMatch(/ECONNREFUSED/);
    expect(one?.fields).toMatchObject({ short_description: 'Create SAP_User_NominativeUser for 007 - Bond James' });
  });

  it.concurrent.each([[[]], [['a', 'b']], [['--nothing']], [['/nowhere/order.json']], [['/dev/null']]])(
    'does not run with %j',
    async (args) => {
      await using environment = await started();
      const { exitCode, stdout, stderr } = await runTool('preview', args, settingsOf(environment));
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/Usage: npm run preview|Expected a file with a provisioning order/);
    },
  );
});

async function preview(environment: Environment, name: string, more: readonly string[] = ['--json']) {
  const run = await runTool('preview', [sample(name), ...more], settingsOf(environment));
  expectNoSecrets(environment, run.stdout + run.stderr);
  return run;
}

async function previewText(environment: Environment, text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'preview-'));
  try {
    const file = join(directory, 'order.json');
    await writeFile(file, `\uFEFF${text}`);
    return await runTool('preview', [file, '--json'], settingsOf(environment));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What is in queues, ledger and ServiceNow. */
async function traces(environment: Environment) {
  const rows = [];
  for await (const row of environment.table('tickets').listEntities()) rows.push(row.rowKey);
  const { approximateMessagesCount } = await environment.queue('provisioning-orders').getProperties();
  return { rows, approximateMessagesCount, incidents: environment.servicenow.records('incident').length };
}

async function started(options: EnvironmentOptions = {}): Promise<Environment & AsyncDisposable> {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  return { ...environment, [Symbol.asyncDispose]: () => environment.close() };
}
