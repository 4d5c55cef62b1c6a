import { expect, it } from 'vitest';
import { startScenario } from '../../../scenario.ts';
import { aReset, isSet, passwordsOf, userOf, writes } from '../../functions/resets-of.ts';
import { count } from '../../functions/tickets-of.ts';
import { setProperty } from '../local/servicenow/administer.ts';
import { runTool, settingsOf } from './run-tool.ts';

const LONG = { timeout: 120_000 };

it.concurrent(
  'password resets in poison are listed, shown, replayed and dropped like orders, without a password',
  LONG,
  async () => {
    await using scenario = await startScenario();
    const { environment } = scenario;
    const poison = async (...args: string[]) => runTool('poison', [...args, '--resets'], settingsOf(environment));
    setProperty(environment.servicenow, 'glide.enable.password_policy', 'true');
    environment.passwordVault.set('weak', 'canary-weak');
    await scenario.startHost();
    await environment.sendReset(aReset({ Password: { SecretName: 'weak' } }));
    await environment.sendReset(aReset({ User: 'beth.anglin', Password: 'canary-plain' }));
    const length = async () =>
      (await environment.queue('password-resets-poison').getProperties()).approximateMessagesCount;
    await scenario.until(async () => (await length()) === 2);

    const listed = await poison('list');
    expect(listed).toMatchObject({ exitCode: 0 });
    expect(listed.stdout).toMatch(
      /the password of james\.bond through connection ServiceNowFulfillManual[\s\S]*Password does not meet the password policy/,
    );
    expect(listed.stdout).toMatch(/a password reset that can not be read[\s\S]*No password may stand in a message/);
    const { messages } = JSON.parse((await poison('list', '--json')).stdout);
    const idOf = (text: string): string =>
      messages.find(({ summary }: { summary: string }) => summary.includes(text)).deliveryId;
    const shown = await poison('show', idOf('can not be read'));
    expect(shown.stdout).toContain('User: beth.anglin');
    expect(listed.stdout + shown.stdout).not.toContain('canary');
    expect(await poison('drop', idOf('can not be read'))).toMatchObject({ exitCode: 0 });

    environment.passwordVault.set('weak', 'Canary-now-str0ng');
    // It was sent once, and refused: nothing speaks against another try.
    expect(await poison('replay', '--all')).toMatchObject({ exitCode: 0 });
    await scenario.until(() => scenario.passwordResults.some(({ State }) => State === 'Executed'));
    expect(isSet(scenario, 'Canary-now-str0ng')).toBe(true);
    expect(await poison('list')).toMatchObject({ stdout: 'Poison is empty.\n' });
    expect(await runTool('poison', ['list'], settingsOf(environment))).toMatchObject({ stdout: 'Poison is empty.\n' });
  },
);

it.concurrent('password resets that wait are listed, released and dropped like orders', LONG, async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  const orders = async (...args: string[]) => runTool('orders', [...args, '--resets'], settingsOf(environment));
  const before = userOf(scenario, 'beth.anglin').user_password;
  environment.passwordVault.respondWith(503);
  const host = await scenario.startHost({ DEFERRAL_FIRST_SECONDS: '3000', DEFERRAL_LONGEST_SECONDS: '3000' });
  await environment.sendReset(aReset());
  await environment.sendReset(aReset({ User: 'beth.anglin' }));
  await scenario.until(() => count(scenario, 'reset.deferred') === 2, 90_000);
  await host.runNow('watchQueues');
  expect(scenario.logs()).toMatch(/"event":"resets.waiting","resets":2/);
  environment.passwordVault.respondWith(undefined);

  const waiting = await orders('waiting');
  expect(waiting.stdout).toMatch(
    /^the password of \S+ through connection ServiceNowFulfillManual\n {2}ordered .*, waits since/m,
  );
  const listed: { deliveryId: string; summary: string }[] = JSON.parse(
    (await orders('waiting', '--json')).stdout,
  ).orders;
  const idOf = (user: string) => listed.find(({ summary }) => summary.includes(user))?.deliveryId ?? '';
  expect(await orders('drop', idOf('beth.anglin'))).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Dropped, and kept in poison: the password of beth\.anglin/),
  });
  expect(await orders('release', '--all')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Comes back now: the password of james\.bond/),
  });
  await scenario.until(() => scenario.passwordResults.length === 2);
  expect(new Map(scenario.passwordResults.map(({ User, State }) => [User, State]))).toEqual(
    new Map([
      ['beth.anglin', 'Errored'],
      ['james.bond', 'Executed'],
    ]),
  );
  expect(isSet(scenario, [...passwordsOf(environment).values()][0] ?? '')).toBe(true);
  expect(userOf(scenario, 'beth.anglin').user_password).toBe(before);
  expect(writes(scenario)).toHaveLength(2);
  expect(await orders('waiting')).toMatchObject({ stdout: 'No password reset waits.\n' });
  expect(await orders('waiting', '--connection', 'A')).toMatchObject({ exitCode: 2 });
});
