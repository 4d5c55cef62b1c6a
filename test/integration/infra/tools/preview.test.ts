import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Environment, type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { baseSysId } from '../../../../infra/local/servicenow/data/base-system/base-sys-id.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { anOrder } from '../../../orders.ts';
import { idOf } from '../local/servicenow/administer.ts';
import { CANARY, expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

const sample = (name: string) => fileURLToPath(new URL(`../../../../infra/local/orders/${name}.json`, import.meta.url));

const previews = z.array(
  z.strictObject({
    order: z.string(),
    fields: z.record(z.string(), z.string()).optional(),
    request: z
      .strictObject({
        item: z.string().optional(),
        variables: z.record(z.string(), z.string()).optional(),
        requestedFor: z.string().optional(),
        fields: z.record(z.string(), z.string()),
        task: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
    warnings: z.array(z.string()).optional(),
    attachment: z.string().optional(),
    problem: z.string().optional(),
    notAsked: z.string().optional(),
  }),
);

const FROM_CATALOG = {
  TicketType: 'request',
  CatalogItem: 'Access Request',
  CatalogCorrelationVariable: 'correlation',
  CatalogVariables: { account: '{{Username}}' },
};

const LAPTOP = baseSysId('sc_cat_item', 'Standard Laptop');

/** The mapping of the sample orders makes requests. */
const asRequest = (members: object): EnvironmentOptions => ({
  agentSettings: {
    ServiceNowResourceTypeMappings: {
      SAP_User_NominativeUser: {
        Connection: 'ServiceNowFulfillManual',
        TicketCallerId: 'ServiceNowUserName',
        ...members,
      },
    },
  },
});

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

  it.concurrent('shows item, variables and whom it is for of a request from the catalog, and asks for nothing', async () => {
    await using environment = await started(asRequest(FROM_CATALOG));
    const [before, { exitCode, stdout }] = [await traces(environment), await preview(environment, 'added')];
    const { servicenow } = environment;
    const [one] = previews.parse(JSON.parse(stdout));
    expect({ exitCode, problem: one?.problem, warnings: one?.warnings }).toEqual({ exitCode: 0, warnings: [] });
    expect(one?.request).toMatchObject({
      item: idOf(servicenow, 'sc_cat_item', 'name=Access Request'),
      variables: { account: '007 - Bond James', correlation: expect.stringMatching(/^3930001\.A\.[0-9a-f]{32}\.1$/) },
      requestedFor: idOf(servicenow, 'sys_user', 'user_name=james.bond'),
      fields: { correlation_id: one?.fields?.correlation_id },
    });
    expect(one?.request?.task).toBeUndefined();
    expect(await traces(environment)).toEqual(before);
    expect(servicenow.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const text = (await preview(environment, 'added', [])).stdout;
    expect(text).toMatch(/\n\nRequest of catalog item [0-9a-f]{32}, for user [0-9a-f]{32}\n/);
    expect(text).toMatch(/\n\nVariables:\n {4}account = 007 - Bond James\n {4}correlation = 3930001\.A\./);
  });

  it.concurrent('shows the task of a request without the catalog', async () => {
    await using environment = await started(
      asRequest({ TicketType: 'request', AllowBareRequestItem: true, AssignmentGroup: 'Service Desk' }),
    );
    const { exitCode, stdout } = await preview(environment, 'added');
    const [one] = previews.parse(JSON.parse(stdout));
    expect(exitCode).toBe(0);
    expect(one?.request).toMatchObject({
      task: { assignment_group: idOf(environment.servicenow, 'sys_user_group', 'name=Service Desk') },
    });
    expect(one?.request?.item).toBeUndefined();
  });

  it.concurrent.each<[string, object, ((environment: Environment) => void) | undefined, object]>([
    [
      'an item that is not active',
      { CatalogItem: LAPTOP },
      ({ servicenow }) => void servicenow.update('sc_cat_item', LAPTOP, { active: 'false' }),
      { problem: expect.stringMatching(/is not active: its orders would wait/) },
    ],
    [
      'an item that is not there',
      { CatalogItem: 'e'.repeat(32) },
      undefined,
      { problem: expect.stringMatching(/is not there, or not for the account/) },
    ],
    [
      'nothing where the item can be ordered and its record not be read',
      { CatalogItem: LAPTOP },
      ({ servicenow }) =>
        void servicenow.addFault({ match: { path: '/api/now/table/sc_cat_item' }, action: { status: 403 } }),
      { warnings: [expect.stringMatching(/no variable account/)] },
    ],
    [
      'an item without the variable for the key',
      { CatalogCorrelationVariable: 'corelation' },
      undefined,
      { problem: expect.stringMatching(/has no variable corelation \(CatalogCorrelationVariable\)/) },
    ],
    [
      'a variable that the item does not have, and none for the key',
      { CatalogCorrelationVariable: undefined, CatalogVariables: { account: 'x', colour: 'red' } },
      undefined,
      {
        warnings: [expect.stringMatching(/no variable colour/), expect.stringMatching(/left to a person/)],
      },
    ],
  ])('tells of %s', async (_name, members, prepare, expected) => {
    await using environment = await started(asRequest({ ...FROM_CATALOG, ...members }));
    prepare?.(environment);
    const { stdout } = await preview(environment, 'added');
    const { problem, warnings } = previews.parse(JSON.parse(stdout))[0] ?? {};
    expect({ problem, warnings }).toEqual(expected);
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
