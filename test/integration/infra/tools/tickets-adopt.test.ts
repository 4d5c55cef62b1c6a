import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anOrder } from '../../../orders.ts';
import { startScenario } from '../../../scenario.ts';
import { close, incidents, queueIsEmpty } from '../../functions/tickets-of.ts';
import { expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

const HEADER = 'AssignmentId,ChangeType,ResourceType,OwnerId,OwnerType,TicketNumber';
const TYPE = 'SAP_User_NominativeUser';

test('tickets that another connector opened are taken over once, followed, and not opened again', {
  timeout: 180_000,
}, async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  const { servicenow } = environment;
  const directory = await mkdtemp(join(tmpdir(), 'adopt-'));
  await using _ = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const adopt = async (lines: readonly string[], ...args: string[]) => {
    const file = join(directory, 'open.csv');
    await writeFile(file, `\uFEFF${[HEADER, ...lines].join('\r\n')}\r\n`);
    const ran = await runTool('tickets', ['adopt', '--file', file, ...args], settingsOf(environment));
    expectNoSecrets(environment, ran.stdout + ran.stderr);
    return ran;
  };
  const made = (more: Record<string, string> = {}) =>
    servicenow.insert('incident', { short_description: 'Make an account', ...more }, servicenow.login);
  const [open, taken, ended] = [made(), made({ correlation_display: 'Monitoring', correlation_id: 'E-1' }), made()];
  close(scenario, ended);
  const line = (id: string, ticket: { number?: string }) => `${id},Added,${TYPE},21511,51,${ticket.number}`;
  const good = [line('1', open), line('2', taken), line('3', ended)];

  expect((await adopt(good, '--dry-run')).stdout).toContain(`${open.number} would be taken over`);
  expect(servicenow.records('incident', `number=${open.number}`)[0]?.correlation_id).toBe('');
  const bad = [`4,Added,${TYPE},21511,51,INC9999999`, `5,Renamed,${TYPE},21511,51,${open.number}`, line('6', open)];
  const first = await adopt([...good, ...bad, `7,Added,Unmapped,1,1,${open.number}`]);
  expect(first.exitCode).toBe(1);
  expect(first.stdout).toMatch(
    new RegExp(`Line 2: ${open.number} is taken over as 1\\.A\\.[0-9a-f]{32}\\.1: polls follow it`),
  );
  expect(first.stdout).toContain('it can not be marked');
  expect(first.stderr).toMatch(/Line 5: left alone: ServiceNow has no ticket INC9999999/);
  expect(first.stderr).toMatch(/Line 6: left alone: ChangeType/);
  expect(first.stderr).toMatch(/Line 7: left alone: INC\d+ is followed already/);
  expect(first.stderr).toMatch(/Line 8: left alone: .*mapping of resource type/);
  const again = await adopt(good, '--json');
  expect(again.exitCode).toBe(0);
  expect(
    again.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).came),
  ).toEqual(['marked', 'unmarked', 'unmarked']);
  expect(servicenow.records('incident', `number=${taken.number}`)[0]?.correlation_display).toBe('Monitoring');

  const host = await scenario.startHost();
  await environment.sendOrder(anOrder({ AssignedResourceTypeId: '1' }));
  await scenario.until(() => queueIsEmpty(scenario));
  await scenario.until(() => scenario.logs().includes('delivery.absorbed'));
  expect(incidents(scenario)).toHaveLength(3);
  close(scenario, open);
  await scenario.poll(host);
  close(scenario, taken);
  await scenario.reconcile(host);
  const states = ['1', '2', '3'].map((id) =>
    results.filter(({ AssignmentId }) => AssignmentId === id).map(({ ProvisioningState }) => ProvisioningState),
  );
  expect(states).toEqual([['Executed'], ['Executed'], ['Executed']]);
  expect(scenario.logs()).not.toContain('ticket.keyChanged');
  expect(await adopt(['x'])).toMatchObject({ exitCode: 2 });
});
