import { expect, test } from 'vitest';
import { anOrder } from '../../../orders.ts';
import { startScenario } from '../../../scenario.ts';
import { BARE } from '../../functions/request-scenario.ts';
import { close, incidents, queueIsEmpty } from '../../functions/tickets-of.ts';
import { expectNoSecrets, runTool, settingsOf } from './run-tool.ts';

test('tickets are listed, counted, and their whole story told, by number and by assignment', {
  timeout: 120_000,
}, async () => {
  await using scenario = await startScenario();
  const { environment, results } = scenario;
  const run = async (...args: string[]) => {
    const ran = await runTool('tickets', args, settingsOf(environment));
    expectNoSecrets(environment, ran.stdout + ran.stderr);
    return ran;
  };
  expect(await run('list')).toMatchObject({ exitCode: 0, stdout: 'No ticket is unfinished.\n' });
  expect(await run('show')).toMatchObject({ exitCode: 2 });
  expect((await run('show', '=cmd()')).stderr).toContain('no order of that assignment');

  const host = await scenario.startHost();
  for (const id of ['1', '2']) await environment.sendOrder(anOrder({ AssignedResourceTypeId: id }));
  await scenario.until(() => results.length === 2);
  await scenario.until(() => queueIsEmpty(scenario));
  const [first, second] = ['1', '2'].map((id) =>
    incidents(scenario).find(({ correlation_id: key }) => key?.startsWith(`${id}.`)),
  );
  close(scenario, first);
  environment.servicenow.update('incident', second?.sys_id ?? '', {
    state: '6',
    close_code: 'Solution provided',
    close_notes: 'Done.',
  });
  await scenario.poll(host);

  const { stdout: list } = await run('list', '--json');
  expect(
    list
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { number: second?.number, assignment: '2', state: 'open', ticketState: 'Resolved', pending: false },
  ]);
  expect((await run('list', '--csv')).stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^connection,number,assignment,/),
    expect.stringMatching(new RegExp(`^ServiceNowFulfillManual,${second?.number},2,Added,`)),
  ]);
  expect((await run('list')).stdout).toMatch(new RegExp(`^${second?.number}  Resolved since .* \\(assignment 2\\)`));
  expect(JSON.parse((await run('stats', '--json')).stdout)).toMatchObject([{ open: 1, resolved: 1, creating: 0 }]);
  expect((await run('stats')).stdout).toContain('SAP_User_NominativeUser');

  const { stdout: story } = await run('show', first?.number ?? '', '--json');
  const [{ steps, assignment }] = JSON.parse(story);
  expect(assignment).toBe('1');
  expect(steps.map(({ What }: { What: string }) => What)).toEqual(['claimed', 'open', 'closed', 'sent']);
  expect(steps[2]).toMatchObject({ ProvisioningState: 'Executed', Sequence: 2, ClosedBy: expect.stringMatching(/./) });
  expect((await run('show', '1')).stdout).toMatch(
    /Assignment 1, .*\n.* being made\n.* is open\n.* has ended as Executed, .*closed by .*\n.* sent/,
  );
  expect((await run('show', '1', '--csv')).stdout.trimEnd().split('\n')).toHaveLength(1 + 4);
});

test('tickets made by mistake are cancelled with a comment, those that somebody works on only when asked to', {
  timeout: 120_000,
}, async () => {
  const mapping = { Connection: 'ServiceNowFulfillManual', TicketCallerId: 'ServiceNowUserName' };
  await using scenario = await startScenario({
    agentSettings: {
      ServiceNowResourceTypeMappings: { SAP_User_NominativeUser: mapping, Badge: { ...mapping, ...BARE } },
    },
  });
  const { environment, results } = scenario;
  const withdraw = async (resourceType: string, ...args: string[]) => {
    const given = ['withdraw', '--resource-type', resourceType, '--since', '2026-01-01', ...args];
    const ran = await runTool('tickets', given, settingsOf(environment));
    expectNoSecrets(environment, ran.stdout + ran.stderr);
    return ran;
  };
  const host = await scenario.startHost();
  for (const id of ['1', '2', '3']) await environment.sendOrder(anOrder({ AssignedResourceTypeId: id }));
  const badge = { Identifier: 'Badge', DisplayName: 'Badge' };
  await environment.sendOrder(anOrder({ AssignedResourceTypeId: '4', ResourceType: badge }));
  await scenario.until(() => results.length === 4);
  await scenario.until(() => queueIsEmpty(scenario));
  const incidentOf = (id: string) =>
    incidents(scenario).find(({ correlation_id: key }) => key?.startsWith(`${id}.`)) ?? {};
  const states = () => ['1', '2', '3'].map((id) => incidentOf(id).state);
  environment.servicenow.update('incident', incidentOf('2').sys_id ?? '', { state: '2' });
  close(scenario, incidentOf('3'));

  const type = 'SAP_User_NominativeUser';
  expect(await runTool('tickets', ['withdraw', '--resource-type', type, '--since', 'soon'])).toMatchObject({
    exitCode: 2,
  });
  expect((await withdraw(type, '--since', '2999-01-01')).stdout).toContain('0 cancelled, 0 left alone');
  expect((await withdraw(type, '--dry-run')).stdout).toContain(`Would be cancelled: ${incidentOf('1').number}`);
  expect(states()).toEqual(['1', '2', '7']);

  const first = await withdraw(type, '--comment', 'Wrong rule.\u001b[31m');
  expect(first).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(`Left alone: ${incidentOf('2').number}`),
  });
  expect(states()).toEqual(['8', '2', '7']);
  const comments = environment.servicenow.records('sys_journal_field', `element_id=${incidentOf('1').sys_id}`);
  expect(comments.map(({ element, value }) => [element, value])).toContainEqual([
    'comments',
    expect.stringMatching(/^Wrong rule\.[ -~]*$/),
  ]);
  expect(await withdraw(type, '--also-worked-on')).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await withdraw(type, '--also-worked-on')).stdout).toContain('0 cancelled, 0 left alone');
  expect(await withdraw('Badge')).toMatchObject({ exitCode: 0, stderr: '' });
  await scenario.poll(host);
  const ends = ['1', '2', '3', '4'].map((id) => results.filter(({ AssignmentId }) => AssignmentId === id).at(-1));
  expect(ends.map((end) => end?.ProvisioningState)).toEqual(['Errored', 'Errored', 'Executed', 'Errored']);
});
