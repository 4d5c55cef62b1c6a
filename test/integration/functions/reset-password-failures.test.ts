import { expect, test } from 'vitest';
import { anEnvelope } from '../../orders.ts';
import { type Scenario, startScenario } from '../../scenario.ts';
import { addControl, setProperty } from '../infra/local/servicenow/administer.ts';
import {
  aReset,
  isSet,
  noResetIsLeft,
  passwordsOf,
  resultsOf,
  storedText,
  userOf,
  waitForReset,
  writes,
} from './resets-of.ts';
import { count } from './tickets-of.ts';

const WRITE = { method: 'PATCH', table: 'sys_user' };

/** One password, known to the vault, with the flag; and nothing is left to do. */
async function expectOnePassword(scenario: Scenario, state: string): Promise<void> {
  await scenario.until(() => scenario.passwordResults.length > 0, 90_000);
  await scenario.until(() => noResetIsLeft(scenario), 90_000);
  expect(resultsOf(scenario)).toMatchObject([{ State: state }]);
  const { SecretName: name = '' } = resultsOf(scenario)[0] ?? {};
  expect(isSet(scenario, passwordsOf(scenario.environment).get(name) ?? '')).toBe(true);
}

const poisonOf = async ({ environment }: Scenario) => {
  const { peekedMessageItems } = await environment.queue('password-resets-poison').peekMessages();
  return peekedMessageItems.map(({ messageText }): unknown =>
    JSON.parse(Buffer.from(messageText, 'base64').toString()),
  );
};

test.concurrent('a host killed while the password is in the vault and not yet in ServiceNow: the next one sets the same', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({ match: WRITE, times: 1, action: { hang: true } });
  const host = await scenario.startHost();
  await scenario.environment.sendReset(aReset());
  await waitForReset(scenario, 'SecretName');
  await host.kill();
  const before = passwordsOf(scenario.environment);
  await scenario.startHost();
  await expectOnePassword(scenario, 'Executed');
  expect(passwordsOf(scenario.environment)).toEqual(before);
  expect(before.size).toBe(1);
});

test.concurrent('a host killed after it set the password, before it knew: the next one sets the same and does not claim more', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({ match: { ...WRITE, nth: 2 }, phase: 'after', times: 1, action: { hang: true } });
  const host = await scenario.startHost();
  await scenario.environment.sendReset(aReset());
  const isThere = () => isSet(scenario, [...passwordsOf(scenario.environment).values()][0] ?? '');
  while (!isThere()) await servicenow.waitForCommit();
  await host.kill();
  await scenario.startHost();
  await expectOnePassword(scenario, 'Unverified');
  expect(passwordsOf(scenario.environment).size).toBe(1);
  expect(scenario.passwordResults[0]?.Message).toContain(
    'it may have been set at an earlier try, and nothing shows it',
  );
});

test.concurrent('a host killed right after it sent the result: the same result comes at most once more', async () => {
  await using scenario = await startScenario();
  const host = await scenario.startHost();
  const sent = host.waitFor((event) => event.event === 'log' && event.message.includes('passwordResult.sent'));
  await scenario.environment.sendReset(aReset());
  await sent;
  await host.kill();
  await scenario.startHost();
  await expectOnePassword(scenario, 'Executed');
  expect(writes(scenario)).toHaveLength(2);
});

test.concurrent('an answer that got lost: the same password is set again', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  servicenow.addFault({ match: { ...WRITE, nth: 2 }, phase: 'after', times: 1, action: { cut: true } });
  await scenario.startHost();
  await scenario.environment.sendReset(aReset());
  await expectOnePassword(scenario, 'Unverified');
  expect(passwordsOf(scenario.environment).size).toBe(1);
});

test.concurrent('ServiceNow away, then back: the reset waits, its first password stays the one', async () => {
  await using scenario = await startScenario();
  const { servicenow } = scenario.environment;
  const restore = servicenow.addFault({ match: WRITE, action: { status: 503, body: 'maintenance' } });
  await scenario.startHost();
  await scenario.environment.sendReset(aReset());
  await scenario.until(() => count(scenario, 'reset.deferred') >= 2);
  restore();
  await expectOnePassword(scenario, 'Executed');
  expect(passwordsOf(scenario.environment).size).toBe(1);
});

test.concurrent('the vault of passwords away, or closed to the app: nothing is set until the password is kept', async () => {
  await using scenario = await startScenario();
  const { passwordVault } = scenario.environment;
  passwordVault.respondWith(503);
  await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '1' });
  await scenario.environment.sendReset(aReset());
  await scenario.until(() => count(scenario, 'reset.deferred') >= 1);
  passwordVault.respondWith(undefined);
  passwordVault.refuse('ForbiddenByRbac');
  await scenario.until(() => count(scenario, 'reset.held') >= 1);
  expect(writes(scenario)).toEqual([]);
  expect(scenario.logs()).toContain(
    'a role with the data actions secrets/getSecret and secrets/setSecret on the vault of passwords',
  );
  passwordVault.refuse(undefined);
  await expectOnePassword(scenario, 'Executed');
});

test.concurrent("a password that the instance's policy does not take is given up with its reason, and without the password", async () => {
  await using scenario = await startScenario();
  const { servicenow, passwordVault } = scenario.environment;
  setProperty(servicenow, 'glide.enable.password_policy', 'true');
  passwordVault.set('chosen', 'canary-weak');
  const before = userOf(scenario).user_password;
  await scenario.startHost();
  await scenario.environment.sendReset(aReset({ Password: { SecretName: 'chosen' } }));
  await scenario.until(() => scenario.passwordResults.length === 1);
  await scenario.until(async () => (await poisonOf(scenario)).length === 1);
  expect(scenario.passwordResults).toMatchObject([{ State: 'Errored', User: 'james.bond' }]);
  expect(scenario.passwordResults[0]?.Message).toMatch(
    /^ServiceNow .* answered 403: .*Password does not meet the password policy: it needs an upper-case letter, a digit/,
  );
  expect(userOf(scenario).user_password).toBe(before);
  const said = JSON.stringify([scenario.passwordResults, await poisonOf(scenario), scenario.logs()]);
  expect(said).not.toContain('canary-weak');

  // What meets it is set, and one refusal holds nobody else.
  await scenario.environment.sendReset(aReset({ User: 'beth.anglin' }));
  await scenario.until(() => scenario.passwordResults.length === 2);
  expect(scenario.passwordResults[1]).toMatchObject({ State: 'Executed', User: 'beth.anglin' });
});

test.concurrent.for([
  ['password_needs_reset', 0],
  ['user_password', 1],
] as const)(
  'a write of %s that is dropped while the answer says success: the reset waits and says which right is missing',
  async ([field, flags]) => {
    await using scenario = await startScenario();
    const { servicenow } = scenario.environment;
    const control = addControl(servicenow, `sys_user.${field}`, 'write', 'admin');
    const before = userOf(scenario).user_password;
    await scenario.startHost();
    await scenario.environment.sendReset(aReset());
    await scenario.until(() => count(scenario, 'reset.held') >= 1);
    expect(scenario.logs()).toContain(
      `answered a write of sys_user.${field} with success and left the field as it was`,
    );
    // No password without the flag, and no flag is lost.
    expect(userOf(scenario)).toMatchObject({
      user_password: before,
      password_needs_reset: flags === 1 ? 'true' : 'false',
    });
    expect(scenario.passwordResults).toEqual([]);
    servicenow.remove('sys_security_acl', control);
    await expectOnePassword(scenario, 'Executed');
  },
);

test.concurrent('a user who is not there yet is waited for; after hours the reset is given up', async () => {
  await using scenario = await startScenario();
  const { servicenow, sendReset } = scenario.environment;
  await scenario.startHost();
  await sendReset(aReset({ User: 'new.joiner' }));
  await scenario.until(() => count(scenario, 'reset.held') >= 1);
  servicenow.insert('sys_user', { user_name: 'new.joiner', email: 'new.joiner@contoso.com' });
  await scenario.until(() => scenario.passwordResults.length === 1);
  expect(scenario.passwordResults).toMatchObject([{ State: 'Executed', User: 'new.joiner' }]);

  await sendReset(anEnvelope(aReset({ User: { email: 'nobody@contoso.com' } })));
  await scenario.until(() => scenario.passwordResults.length === 2);
  expect(scenario.passwordResults[1]).toMatchObject({ State: 'Errored', User: 'nobody@contoso.com' });
  expect(scenario.passwordResults[1]?.Message).toContain('found none: check how the message names the user');
});

test.concurrent('accounts that programs use, the own one too, and a name that two have, are refused', async () => {
  await using scenario = await startScenario();
  const { servicenow, sendReset } = scenario.environment;
  const password = userOf(scenario, servicenow.login).user_password;
  servicenow.insert('sys_user', { user_name: 'robot', internal_integration_user: 'true' });
  for (const user_name of ['one', 'two']) servicenow.insert('sys_user', { user_name, email: 'shared@contoso.com' });
  await scenario.startHost();
  for (const User of [servicenow.login.toUpperCase(), 'robot', 'shared@contoso.com']) await sendReset(aReset({ User }));
  await scenario.until(() => scenario.passwordResults.length === 3);
  const messages = new Map(scenario.passwordResults.map(({ User, Message }) => [User, Message]));
  expect(messages.get(servicenow.login.toUpperCase())).toContain('signs in with');
  expect(messages.get('robot')).toContain('an account for programs (internal_integration_user)');
  expect(messages.get('shared@contoso.com')).toContain('found 2: name the user by what is unique');
  expect(userOf(scenario, servicenow.login).user_password).toBe(password);
  expect(writes(scenario)).toEqual([]);
});

test.concurrent('a connection that is not there holds its resets, and nobody else', async () => {
  await using scenario = await startScenario();
  const { sendReset } = scenario.environment;
  await scenario.startHost();
  await sendReset(aReset({ Connection: 'Elsewhere' }));
  await sendReset(aReset());
  await scenario.until(() => scenario.passwordResults.length === 1);
  await scenario.until(() => count(scenario, 'reset.held') >= 1);
  expect(scenario.passwordResults).toMatchObject([{ Connection: 'ServiceNowFulfillManual', State: 'Executed' }]);
});

test.concurrent('what the platform poisoned comes back without the password that it may hold', async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  const poison = environment.queue('password-resets-poison');
  const host = await scenario.startHost();
  const gaveUp = [
    aReset({ Password: 'canary-plain-1' }),
    aReset(),
    anEnvelope(aReset({ User: 'beth.anglin' }), {
      DeliveryId: 'known',
      OrderedAt: `${new Date().toISOString()}#000000`,
    }),
    anEnvelope(aReset({ Password: 'canary-plain-2' }), { DeliveryId: 'twice', PutBack: true }),
  ];
  for (const body of gaveUp)
    await poison.sendMessage(Buffer.from(JSON.stringify(body)).toString('base64'), { messageTimeToLive: 604_800 });
  expect(await host.runNow('watchQueues')).toMatchObject({ succeeded: true });
  // They come back a minute apart; the first at once.
  await scenario.until(() => scenario.passwordResults.length === 1);
  const kept = JSON.stringify(await storedText(environment));
  expect(kept).toContain('The platform gave it up again after it was put back');
  expect(kept + scenario.logs() + JSON.stringify(scenario.passwordResults)).not.toContain('canary-plain');
  expect(count(scenario, 'poison.found')).toBe(4);
  expect(writes(scenario)).toEqual([]);
});

test.concurrent('a reset that the platform gave up is not done over where its password may have been set', async () => {
  await using scenario = await startScenario();
  const { environment } = scenario;
  await scenario.startHost();
  await environment.sendReset(anEnvelope(aReset(), { PutBack: true, Unsure: true }));
  await scenario.until(() => scenario.passwordResults.length === 1);
  expect(scenario.passwordResults).toMatchObject([{ State: 'Errored' }]);
  expect(scenario.passwordResults[0]?.Message).toContain('whether its password was set by then can not be told');
  expect(writes(scenario)).toEqual([]);
});
