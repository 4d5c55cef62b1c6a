import { expect, test } from 'vitest';
import { anOrder } from '../../../orders.ts';
import { startScenario } from '../../../scenario.ts';
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
