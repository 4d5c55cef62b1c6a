import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FunctionsHost } from '../../../infra/local/functions-host/spawn-functions-host.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { expectNoSecrets } from '../infra/tools/run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const USERS = {
  ConnectionTable: `${CONNECTION}_sys_user`,
  Properties: [
    { ConnectionColumn: 'sys_id', IsPrimaryKey: true },
    { ConnectionColumn: 'user_name' },
    { ConnectionColumn: 'name' },
    { ConnectionColumn: 'email' },
    { ConnectionColumn: 'active', Format: 'Bool' },
    { ConnectionColumn: 'sys_created_on', Format: 'yyyy-MM-ddTHH:mm:ssK' },
  ],
};
const GROUPS = {
  ConnectionTable: `${CONNECTION}_sys_user_group`,
  Properties: [{ ConnectionColumn: 'name' }, { ConnectionColumn: 'description' }],
};
const MEMBERS = { ConnectionTable: `${CONNECTION}_sys_user_grmember`, Column1: 'user', Column2: 'group' };

const manifestSchema = z.strictObject({
  v: z.literal(1),
  Connection: z.string(),
  Table: z.string(),
  Mode: z.enum(['complete', 'incremental']),
  Run: z.string(),
  File: z.string(),
  Columns: z.array(z.string()),
  KeyColumns: z.array(z.string()),
  Rows: z.int(),
  Deleted: z.int(),
  Bytes: z.int(),
  Sha256: z.string(),
  Since: z.iso.datetime().optional(),
  Cookie: z.iso.datetime(),
  Complete: z.boolean(),
  Reasons: z.array(z.string()),
  StartedAt: z.iso.datetime(),
  FinishedAt: z.iso.datetime(),
});
type Row = Record<string, string>;

function startExports(
  mappings: {
    readonly EntityTypeMappings?: object;
    readonly EntityAssociationMappings?: object;
    readonly Exports?: object;
  },
  options: Parameters<typeof startScenario>[0] = {},
) {
  return startScenario({ agentSettings: mappings, ...options });
}

async function filesOf({ environment }: Scenario, beginning = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of environment.container('export-output').listBlobsFlat({ prefix: beginning }))
    names.push(name);
  return names;
}

const textOf = async ({ environment }: Scenario, path: string) =>
  (await environment.container('export-output').getBlobClient(path).downloadToBuffer()).toString('utf8');

/** A manifest and the rows of the file it names, which is whole and the one it was written for. */
async function read(scenario: Scenario, path: string) {
  const manifest = manifestSchema.parse(JSON.parse(await textOf(scenario, path)));
  const text = await textOf(scenario, manifest.File);
  expect(Buffer.byteLength(text)).toBe(manifest.Bytes);
  expect(createHash('sha256').update(text).digest('hex')).toBe(manifest.Sha256);
  const rows: Row[] = parse(text, { columns: true, record_delimiter: '\r\n' });
  expect(rows).toHaveLength(manifest.Rows);
  expect(text.split('\r\n')[0]?.split(',')).toEqual(manifest.Columns);
  return { manifest, rows, text };
}

const complete = (scenario: Scenario, table: string) => read(scenario, `complete/${CONNECTION}_${table}.json`);
async function incrementals(scenario: Scenario, table: string) {
  const paths = await filesOf(scenario, `incremental/${CONNECTION}_${table}/`);
  return Promise.all(paths.filter((path) => path.endsWith('.json')).map((path) => read(scenario, path)));
}
const sysIdsOf = ({ environment }: Scenario, table: string, query = '') =>
  environment.servicenow
    .records(table, query)
    .map(({ sys_id: sysId = '' }) => sysId)
    .sort();
const userOf = ({ environment }: Scenario, name: string) =>
  environment.servicenow.records('sys_user', `user_name=${name}`)[0]?.sys_id ?? '';
/** Lets the account read what was deleted. */
function letReadDeletions({ environment: { servicenow } }: Scenario): void {
  const [acl] = servicenow.records('sys_security_acl', 'name=sys_audit_delete^operation=read');
  const [role] = servicenow.records('sys_user_role', 'name=sys_user_read');
  const values = { sys_security_acl: acl?.sys_id ?? '', sys_user_role: role?.sys_id ?? '' };
  servicenow.insert('sys_security_acl_role', values);
}

test('tables become files with a manifest, by mappings of the settings file and of XML', async () => {
  await using scenario = await startExports({ EntityTypeMappings: { User: USERS } });
  const { environment } = scenario;
  const xml = `\ufeff<?xml version="1.0" encoding="utf-8"?>
    <ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
      <Connection Identifier="AD" Package="Usercube.AD@0000001" />
      <EntityTypeMapping Identifier="Entry" ConnectionTable="AD_entries"><Property Identifier="dn" ConnectionColumn="dn" /></EntityTypeMapping>
      <EntityTypeMapping Identifier="Group" ConnectionTable="${CONNECTION}_sys_user_group">
        <Property Identifier="name" ConnectionColumn="name" /><Property Identifier="computed" />
        <Property Identifier="manager" ConnectionColumn="manager" DisplayValue="true" />
      </EntityTypeMapping>
      <EntityAssociationMapping Identifier="Member" ConnectionTable="${MEMBERS.ConnectionTable}" Column1="user" Column2="group" />
    </ConfigurationFile>`;
  await environment.container('settings').getBlockBlobClient('Conf/ServiceNow.xml').uploadData(Buffer.from(xml));
  const nasty = 'a "quoted", name\r\nwith = a line \u{1F3AB}';
  environment.servicenow.overwrite('sys_user', userOf(scenario, 'elise'), { name: nasty });
  const desk = environment.servicenow.records('sys_user_group', 'name=Service Desk')[0]?.sys_id ?? '';
  environment.servicenow.overwrite('sys_user_group', desk, { manager: userOf(scenario, 'james.bond') });
  const host = await scenario.startHost();
  await scenario.export(host);

  const users = await complete(scenario, 'sys_user');
  expect(users.manifest).toMatchObject({
    ...{ Mode: 'complete', Complete: true, Reasons: [], KeyColumns: ['sys_id'], Deleted: 0 },
    Columns: ['sys_id', 'user_name', 'name', 'email', 'active', 'sys_created_on'],
  });
  expect(users.rows.map(({ sys_id: sysId }) => sysId)).toEqual(sysIdsOf(scenario, 'sys_user'));
  expect(users.rows.find(({ user_name: name }) => name === 'elise')).toMatchObject({
    name: nasty,
    active: 'true',
    sys_created_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect(await textOf(scenario, `complete/${CONNECTION}_sys_user.csv`)).toBe(users.text);
  expect(users.text).toContain('"a ""quoted"", name\r\nwith = a line \u{1F3AB}"');
  const groups = await complete(scenario, 'sys_user_group');
  expect(groups.manifest.Columns).toEqual(['sys_id', 'name', 'manager']);
  expect(groups.rows.find(({ sys_id: sysId }) => sysId === desk)?.manager).toBe('James Bond');
  const members = await complete(scenario, 'sys_user_grmember');
  expect(members.rows).toEqual([{ sys_id: expect.any(String), user: userOf(scenario, 'beth.anglin'), group: desk }]);
  expect((await filesOf(scenario)).filter((path) => path.includes('AD_'))).toEqual([]);
  expectNoSecrets(environment, scenario.logs() + users.text);

  // Nothing has changed since.
  await scenario.export(host);
  expect(await incrementals(scenario, 'sys_user')).toMatchObject([{ manifest: { Deleted: 0 } }]);
});

test('incremental files have what changed, and what was deleted where that is audited', async () => {
  await using scenario = await startExports({
    EntityTypeMappings: { User: USERS },
    EntityAssociationMappings: { Member: MEMBERS },
    Exports: { CommandColumn: 'Action', CommandMerge: 'UPDATE', CommandDelete: 'DELETE' },
  });
  const { servicenow } = scenario.environment;
  letReadDeletions(scenario);
  const host = await startedHost(scenario);
  await scenario.export(host);
  const { manifest: first } = await complete(scenario, 'sys_user');
  const [member] = servicenow.records('sys_user_grmember');
  const elise = userOf(scenario, 'elise');
  servicenow.remove('sys_user', elise);
  servicenow.remove('sys_user_grmember', member?.sys_id ?? '');
  servicenow.update('sys_user', userOf(scenario, 'james.bond'), { email: 'bond@contoso.com' });
  servicenow.insert('sys_user', { user_name: 'new', first_name: 'New' });
  const calls = await callsOf(scenario, host);
  const [users] = await incrementals(scenario, 'sys_user');
  expect(users?.manifest).toMatchObject({ Mode: 'incremental', Deleted: 1, Complete: true, Since: expect.any(String) });
  expect(Date.parse(users?.manifest.Since ?? '')).toBe(Date.parse(first.Cookie) - 300_000);
  const byAction = (action: string) => users?.rows.filter(({ Action }) => Action === action) ?? [];
  expect(byAction('DELETE').map(({ sys_id: sysId }) => sysId)).toEqual([elise]);
  expect(byAction('UPDATE')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ user_name: 'james.bond', email: 'bond@contoso.com' }),
      expect.objectContaining({ user_name: 'new' }),
    ]),
  );
  const [members] = await incrementals(scenario, 'sys_user_grmember');
  expect(members?.rows.filter(({ Action }) => Action === 'DELETE')).toEqual([
    { Action: 'DELETE', sys_id: member?.sys_id, user: member?.user, group: member?.group },
  ]);
  expect(calls.filter(({ table }) => table === 'sys_user').length).toBeLessThanOrEqual(6);
});

test('deletions are found without the audit, and rows that leave the filter are gone too', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS }, EntityAssociationMappings: { Member: MEMBERS } },
    {
      servicenow: { users: 300 },
      connectionSettings: { 'Filter--0': 'sys_user#active=true^user_nameISNOTEMPTY', ResponseSizeLimit: '50' },
    },
  );
  const { servicenow } = scenario.environment;
  const host = await startedHost(scenario);
  await scenario.export(host);
  const { manifest } = await complete(scenario, 'sys_user');
  expect(manifest.Rows).toBe(sysIdsOf(scenario, 'sys_user', 'active=true').length);
  const [gone = '', left = '', moved = ''] = sysIdsOf(scenario, 'sys_user', 'user_nameSTARTSWITHuser.');
  servicenow.remove('sys_user', gone);
  servicenow.update('sys_user', left, { active: 'false' });
  servicenow.update('sys_user', moved, { title: 'Boss' });
  await scenario.export(host);
  const [file] = await incrementals(scenario, 'sys_user');
  const deleted = file?.rows.filter(({ Command }) => Command === 'delete').map(({ sys_id: sysId }) => sysId) ?? [];
  expect(deleted.sort()).toEqual([gone, left].sort());
  expect(file?.rows.filter(({ sys_id: sysId }) => sysId === moved)).toMatchObject([{ Command: 'merge' }]);
});

test('a mass deletion is not believed before the next complete export', async () => {
  await using scenario = await startExports({ EntityTypeMappings: { User: USERS } }, { servicenow: { users: 100 } });
  const { servicenow } = scenario.environment;
  letReadDeletions(scenario);
  const host = await startedHost(scenario);
  await scenario.export(host);
  const ids = sysIdsOf(scenario, 'sys_user', 'user_nameSTARTSWITHuser.').slice(0, 30);
  for (const sysId of ids) servicenow.remove('sys_user', sysId);
  for (let run = 0; run < 2; run += 1) await scenario.export(host);
  const files = await incrementals(scenario, 'sys_user');
  for (const { manifest } of files)
    expect(manifest).toMatchObject({ Complete: false, Deleted: 0, Reasons: [expect.stringContaining('30 of 1')] });
  expect(scenario.logs()).toContain('export.incomplete');
  await scenario.export(await startedHost(scenario, { EXPORT_SCHEDULE: '0 0 0 1 1 *' }, 25));
  const { manifest } = await complete(scenario, 'sys_user');
  expect(manifest).toMatchObject({ Complete: true, Rows: sysIdsOf(scenario, 'sys_user').length });
});

test('a file that lacks rows says so, and takes no place of one that does not', async () => {
  await using scenario = await startExports({ EntityTypeMappings: { User: USERS } }, { servicenow: { users: 40 } });
  const { servicenow } = scenario.environment;
  const host = await startedHost(scenario);
  const hidden = sysIdsOf(scenario, 'sys_user', 'user_nameSTARTSWITHuser.').slice(3, 9);
  for (const sysId of hidden) servicenow.hide('sys_user', sysId);
  await scenario.export(host);
  const { manifest, rows } = await complete(scenario, 'sys_user');
  expect(manifest).toMatchObject({
    Complete: false,
    Reasons: [expect.stringMatching(/^6 rows are hidden from the account/)],
  });
  expect(rows).toHaveLength(sysIdsOf(scenario, 'sys_user').length - 6);
  expect(await filesOf(scenario, `complete/${CONNECTION}_sys_user.csv`)).toEqual([]);
});

test('one table that fails stops no other, and its file stays as it was', async () => {
  const groups = { ...GROUPS, Properties: [...GROUPS.Properties, { ConnectionColumn: 'user_password' }] };
  await using scenario = await startExports({
    EntityTypeMappings: {
      Groups: groups,
      Nowhere: { ...GROUPS, ConnectionTable: `${CONNECTION}_u_nowhere` },
      User: USERS,
    },
  });
  const host = await startedHost(scenario);
  const { succeeded, error } = await host.runNow('exportEntities');
  expect(succeeded).toBe(false);
  expect(error).toMatch(/EntityTypeMapping Groups: ConnectionColumn user_password: expected no password/);
  expect(error).toMatch(/Invalid table u_nowhere/);
  const { text } = await complete(scenario, 'sys_user');
  const heal = scenario.environment.servicenow.addFault({
    match: { method: 'GET', table: 'sys_user' },
    action: { status: 403 },
  });
  expect((await host.runNow('exportEntities')).succeeded).toBe(false);
  heal();
  expect((await complete(scenario, 'sys_user')).text).toBe(text);
});

test('settings that can not be used are told of, and nothing is exported', async () => {
  await using scenario = await startExports({ EntityTypeMappings: { User: USERS }, Exports: { KeptCompletes: 0 } });
  const host = await startedHost(scenario);
  expect((await host.runNow('exportEntities')).error).toMatch(/KeptCompletes: expected a whole number/);
  expect(scenario.logs()).toMatch(/"event":"export\.failed"[^\n]*KeptCompletes/);
  expect(await filesOf(scenario)).toEqual([]);
});

test('what the instance says of its columns and its filter counts, and inactive users are missed aloud', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS, Group: GROUPS } },
    { connectionSettings: { 'Filter--0': 'sys_user_group#u_unknown=x' } },
  );
  const { servicenow } = scenario.environment;
  const host = await startedHost(scenario);
  const { error } = await host.runNow('exportEntities');
  expect(error).toMatch(
    /Table sys_user_group .* is not exported: its Filter names u_unknown, which ServiceNow does not give/,
  );
  expect(await filesOf(scenario, `complete/${CONNECTION}_sys_user_group`)).toEqual([]);
  // Nobody is inactive, or nobody may see them.
  expect(scenario.logs()).toMatch(/export\.warning.*no inactive user came/);

  servicenow.insert('sys_dictionary', { name: 'sys_user', element: 'email', internal_type: 'password2' });
  const later = await startedHost(scenario, {}, 25);
  expect((await later.runNow('exportEntities')).error).toMatch(
    /Column email of table sys_user .* holds password2 values, which are never exported/,
  );
  expect((await filesOf(scenario, 'complete/')).filter((path) => path.endsWith('.csv'))).toHaveLength(2);
});

test('where nothing has changed there is no file, and old files go', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS }, Exports: { KeptCompletes: 1, KeptIncrementalDays: 1 } },
    {
      servicenow: { users: 20 },
      connectionSettings: { 'Filter--0': 'sys_user#user_nameSTARTSWITHuser.' },
    },
  );
  const { servicenow } = scenario.environment;
  const host = await startedHost(scenario, { EXPORT_OVERLAP_SECONDS: '0.001' });
  for (let run = 0; run < 2; run += 1) await scenario.export(host);
  expect(await incrementals(scenario, 'sys_user')).toEqual([]);
  servicenow.update('sys_user', sysIdsOf(scenario, 'sys_user', 'user_nameSTARTSWITHuser.')[4] ?? '', { title: 'Boss' });
  await scenario.export(host);
  expect(await incrementals(scenario, 'sys_user')).toMatchObject([{ manifest: { Rows: 1 } }]);
  const before = await complete(scenario, 'sys_user');
  await scenario.export(await startedHost(scenario, {}, 49));
  expect(await incrementals(scenario, 'sys_user')).toEqual([]);
  const { manifest } = await complete(scenario, 'sys_user');
  expect(manifest.Run).not.toBe(before.manifest.Run);
  expect(await filesOf(scenario, `complete/${CONNECTION}_sys_user/`)).toEqual([
    manifest.File,
    manifest.File.replace('.csv', '.json'),
  ]);
});

test('a page that was cut, or does not come, is asked for again in smaller ones', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS } },
    { servicenow: { users: 400 }, connectionSettings: { ResponseSizeLimit: '100' } },
  );
  const { servicenow } = scenario.environment;
  const match = { method: 'GET', table: 'sys_user' };
  servicenow.addFault({ times: 1, match: { ...match, nth: 2 }, phase: 'after', action: { body: 'broken-json' } });
  servicenow.addFault({ times: 2, match: { ...match, nth: 3 }, action: { status: 504 } });
  servicenow.addFault({ times: 1, match: { ...match, nth: 5 }, action: { hang: true } });
  const host = await startedHost(scenario);
  await scenario.export(host);
  const { manifest, rows } = await complete(scenario, 'sys_user');
  expect(manifest.Complete).toBe(true);
  expect(rows.map(({ sys_id: sysId }) => sysId)).toEqual(sysIdsOf(scenario, 'sys_user'));
  const sizes = servicenow.requests.filter(({ table }) => table === 'sys_user').map(({ query }) => query.sysparm_limit);
  expect(sizes.filter((size) => Number(size) < 50 && Number(size) > 1)).not.toEqual([]);
});

test('a run that has no time left pauses, and goes on where it was', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS } },
    { servicenow: { users: 600, latencyInMs: 20 }, connectionSettings: { ResponseSizeLimit: '50' } },
  );
  const { servicenow } = scenario.environment;
  const host = await startedHost(scenario, { EXPORT_RUN_SECONDS: '0.1' });
  const pages = () => servicenow.requests.filter(({ table, status }) => table === 'sys_user' && status === 200).length;
  let runs = 0;
  do {
    expect(await filesOf(scenario, `complete/${CONNECTION}_sys_user.json`)).toEqual([]);
    await scenario.export(host);
    runs += 1;
  } while ((await filesOf(scenario, `complete/${CONNECTION}_sys_user.json`)).length === 0 && runs < 30);
  expect(runs).toBeGreaterThan(1);
  expect(scenario.logs()).toContain('export.paused');
  const { manifest, rows } = await complete(scenario, 'sys_user');
  expect(manifest.Complete).toBe(true);
  expect(rows.map(({ sys_id: sysId }) => sysId)).toEqual(sysIdsOf(scenario, 'sys_user'));
  // Not more calls at a time than the connection may make.
  expect(servicenow.maxInFlight).toBeLessThanOrEqual(2);
  // What was read ahead when the time was up is read again, and no more.
  expect(pages()).toBeLessThan(13 + 30 * runs);
});

test('a run whose process was killed goes on in another one, from what was put aside', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS } },
    { servicenow: { users: 600, latencyInMs: 20 }, connectionSettings: { ResponseSizeLimit: '50' } },
  );
  const { servicenow } = scenario.environment;
  const first = await startedHost(scenario, { EXPORT_RUN_SECONDS: '0.1' });
  await scenario.export(first);
  const state = async () =>
    JSON.parse(
      (
        await scenario.environment
          .container('connector-state')
          .getBlobClient(`exports/${CONNECTION}_sys_user.json`)
          .downloadToBuffer()
      ).toString(),
    );
  const { Unfinished: kept } = await state();
  expect(kept.Rows).toBeGreaterThan(0);

  const second = await startedHost(scenario, { REQUEST_TIMEOUT_SECONDS: '60' });
  const heal = servicenow.addFault({ match: { method: 'GET', table: 'sys_user', nth: 4 }, action: { hang: true } });
  const running = second.runNow('exportEntities').catch(() => undefined);
  await servicenow.waitForRequest(
    ({ query, table }) => table === 'sys_user' && !!query.sysparm_query?.includes(kept.From.value),
  );
  await second.kill();
  await running;
  heal();
  await scenario.export(await startedHost(scenario, { PERMIT_WAIT_SECONDS: '60' }));
  const { manifest, rows } = await complete(scenario, 'sys_user');
  expect(manifest).toMatchObject({ Complete: true, Run: kept.Run });
  expect(rows.map(({ sys_id: sysId }) => sysId)).toEqual(sysIdsOf(scenario, 'sys_user'));
});

test('of two processes that export one table at once, one does', async () => {
  await using scenario = await startExports(
    { EntityTypeMappings: { User: USERS } },
    { servicenow: { users: 300, latencyInMs: 20 }, connectionSettings: { ResponseSizeLimit: '50' } },
  );
  const hosts = [await startedHost(scenario), await startedHost(scenario)];
  const runs = await Promise.all(hosts.map((host) => host.runNow('exportEntities')));
  // One may also come when the other is done, and then makes an incremental one.
  const failed = runs.filter(({ succeeded }) => !succeeded);
  expect(failed.length).toBeLessThan(2);
  for (const { error } of failed) expect(error).toContain('Another process exports table sys_user');
  const { rows } = await complete(scenario, 'sys_user');
  expect(rows.map(({ sys_id: sysId }) => sysId)).toEqual(sysIdsOf(scenario, 'sys_user'));
});

/** A host whose clock is so many hours ahead. */
async function startedHost(scenario: Scenario, settings: Record<string, string> = {}, hoursAhead = 0) {
  return scenario.startHost({
    ...settings,
    ...(hoursAhead > 0 && {
      NODE_OPTIONS: `--import=${new URL('../../skewed-clock.ts', import.meta.url)}`,
      SKEW_SECONDS: String(hoursAhead * 3_600),
    }),
  });
}

async function callsOf(scenario: Scenario, host: FunctionsHost) {
  const before = scenario.environment.servicenow.requests.length;
  await scenario.export(host);
  return scenario.environment.servicenow.requests.slice(before);
}
