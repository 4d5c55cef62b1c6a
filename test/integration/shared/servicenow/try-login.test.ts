import { describe, expect, it } from 'vitest';
import { type ClientOptions, type StartedClient, startClient } from './start-client.ts';

type Grant = ClientOptions['grant'];

/** Settings of another version that the instance accepts or not; they are old enough to be read anew. */
function change(started: StartedClient, grant: Grant, secret: string): void {
  started.change(grant === 'client_credentials' ? { ClientSecret: secret } : { Password: secret });
  started.clock.advance(300_000);
}

function changeToRight(started: StartedClient, grant: Grant): void {
  change(started, grant, grant === 'client_credentials' ? started.simulator.clientSecret : started.simulator.password);
}

/** Tries four wrong versions, after which nobody may try any more. */
async function exhaust(started: StartedClient, grant: Grant): Promise<void> {
  for (let version = 1; version <= 4; version += 1) {
    change(started, grant, `wrong-${version}`);
    expect((await started.tryLogin()).kind).toBe('refused');
  }
}

describe.each([
  { way: 'Basic', options: {}, grant: undefined },
  { way: 'OAuth by password', options: { grant: 'password' }, grant: 'password' },
  { way: 'OAuth by client', options: { grant: 'client_credentials' }, grant: 'client_credentials' },
] as const)('a try to sign in with $way', ({ options, grant }) => {
  const callsToSignIn = grant === undefined ? 1 : 2;
  const stopsOf = async ({ logins }: StartedClient) => (await logins.all()).map(({ failures }) => failures);

  it('is one call, and stops nothing when it is accepted', async () => {
    await using started = await startClient(options);
    expect(await started.tryLogin()).toMatchObject({ kind: 'accepted', wasStopped: undefined });
    expect(started.sends).toHaveLength(callsToSignIn);
    expect(await stopsOf(started)).toEqual([]);
  });

  it('stops the login when it is refused, and is not made again with the same settings', async () => {
    await using started = await startClient(options);
    change(started, grant, 'wrong');
    const attempt = await started.tryLogin();
    expect(attempt).toMatchObject({
      kind: 'refused',
      answer: { status: 401 },
      withToken: false,
      stop: { failures: 1 },
    });
    expect(await started.tryLogin()).toMatchObject({ kind: 'stopped', stop: { failures: 1 } });
    await expect(started.open()).rejects.toThrow('ServiceNow refused the login');
    expect(started.sends).toHaveLength(1);
  });

  it('is made once with others, and ends the stop when they are accepted', async () => {
    await using started = await startClient(options);
    change(started, grant, 'wrong');
    await started.tryLogin();
    changeToRight(started, grant);
    expect(await started.tryLogin()).toMatchObject({ kind: 'accepted', wasStopped: { failures: 1 } });
    expect(started.sends).toHaveLength(1 + callsToSignIn);
    expect(await stopsOf(started)).toEqual([]);
    await started.get();
  });

  it('is not made after four refusals, with whatever settings, until an operator releases the login: then once', async () => {
    await using started = await startClient(options);
    await exhaust(started, grant);
    changeToRight(started, grant);
    expect(await started.tryLogin()).toMatchObject({ kind: 'exhausted', stop: { failures: 4 } });
    await expect(started.open()).rejects.toThrow('4 times; one more locks the account');
    expect(started.sends).toHaveLength(4);

    const [stop] = await started.logins.all();
    await started.logins.release(stop?.login ?? '');
    change(started, grant, 'wrong-5');
    expect((await started.tryLogin()).kind).toBe('refused');
    expect(await started.tryLogin()).toMatchObject({ kind: 'exhausted', stop: { failures: 5 } });
    expect(started.sends).toHaveLength(5);
  });

  it('is made with the refused settings too where an operator has released the login', async () => {
    await using started = await startClient(options);
    started.simulator.addFault({ times: 1, action: { status: 401 } });
    expect((await started.tryLogin()).kind).toBe('refused');
    const [stop] = await started.logins.all();
    await started.logins.release(stop?.login ?? '');
    expect((await started.tryLogin()).kind).toBe('accepted');
    expect(await stopsOf(started)).toEqual([]);
  });

  it('is not made while another instance is at it', async () => {
    await using started = await startClient(options);
    change(started, grant, 'wrong');
    await started.tryLogin();
    changeToRight(started, grant);
    const [stop] = await started.logins.all();
    const turn = await started.logins.takeTurn(stop?.login ?? '', 'another version', 0);
    expect(await started.tryLogin()).toEqual({ kind: 'busy' });
    expect(started.sends).toHaveLength(1);
    if (turn.kind === 'turn') await turn.end();
    expect((await started.tryLogin()).kind).toBe('accepted');
  });

  it('says nothing about the login where nobody could say, and may be made again', async () => {
    await using started = await startClient(options);
    change(started, grant, 'wrong');
    await started.tryLogin();
    changeToRight(started, grant);
    const back = started.simulator.addFault({ action: { status: 503 } });
    await expect(started.tryLogin()).rejects.toMatchObject({ status: 503, failure: { class: 'transient' } });
    expect(await stopsOf(started)).toEqual([1]);
    back();
    expect((await started.tryLogin()).kind).toBe('accepted');
  });
});

describe('a token that is given and then not taken', () => {
  it('is told from a login that is refused, and stops nothing', async () => {
    await using started = await startClient({ grant: 'password' });
    started.simulator.addFault({ match: { table: 'sys_user' }, action: { status: 401 } });
    expect(await started.tryLogin()).toMatchObject({ kind: 'refused', withToken: true, stop: undefined });
    expect(await started.logins.all()).toEqual([]);
  });
});
