import { describe, expect, it } from 'vitest';
import { counter } from './counter.ts';
import { everythingIn } from './everything-in.ts';
import { failureOf } from './failure-of.ts';
import { type ClientOptions, type StartedClient, startClient } from './start-client.ts';

const START = Date.parse('2026-11-23T10:00:00Z');
const LIFE_IN_MS = 1_800_000;
const tokensAsked = ({ sends }: StartedClient) => sends.filter(({ path }) => path === '/oauth_token.do').length;
const callsMade = ({ sends }: StartedClient) => sends.filter(({ path }) => path !== '/oauth_token.do').length;
const fifty = <T>(call: () => Promise<T>) => Promise.all(Array.from({ length: 50 }, call));

/** A client whose instance has a clock of its own. */
async function startOAuth(options: ClientOptions = {}) {
  const time = { passedInMs: 0 };
  const started = await startClient({
    grant: 'password',
    ...options,
    simulator: { now: () => new Date(START + time.passedInMs), ...options.simulator },
  });
  return { started, time, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

describe.each(['password', 'client_credentials'] as const)('a token by the grant %s', (grant) => {
  it('is asked for once by fifty calls at once, and serves them all', async () => {
    await using opened = await startOAuth({ grant });
    const { started } = opened;
    await fifty(() => started.get());
    expect([tokensAsked(started), callsMade(started)]).toEqual([1, 50]);
    expect(started.sends.filter(({ authorization }) => authorization?.startsWith('Bearer ')).length).toBe(50);
    expect(started.simulator.requests.every(({ user }) => user === started.simulator.login)).toBe(true);
  });

  it('is kept until a minute before it expires', async () => {
    await using opened = await startOAuth({ grant });
    const { started } = opened;
    await started.get();
    started.clock.advance(LIFE_IN_MS - 60_001);
    await started.get();
    expect(tokensAsked(started)).toBe(1);
    started.clock.advance(1);
    await started.get();
    expect(tokensAsked(started)).toBe(2);
  });

  it('that has expired on the instance is renewed once for fifty calls, each sent twice', async () => {
    await using opened = await startOAuth({ grant });
    const { started, time } = opened;
    await started.get();
    time.passedInMs += LIFE_IN_MS;
    await fifty(() => started.get());
    expect([tokensAsked(started), callsMade(started)]).toEqual([2, 101]);
    expect(started.log.events.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('is asked for with nothing in the address and everything in a form', async () => {
    await using opened = await startOAuth({ grant, settings: { OAuth2Scope: 'useraccount' } });
    const { started } = opened;
    await started.get();
    expect(started.sends[0]).toMatchObject({ path: '/oauth_token.do', authorization: undefined });
    const body = started.simulator.requests[0]?.body;
    expect(body).toMatchObject({ grant_type: grant, client_id: started.simulator.clientId, scope: 'useraccount' });
    expect(everythingIn(body).includes('username')).toBe(grant === 'password');
  });
});

describe('a token', () => {
  it('of less than two minutes serves for half its life', async () => {
    await using opened = await startOAuth({ simulator: { accessTokenLifetimeInSeconds: 60 } });
    const { started } = opened;
    await started.get();
    started.clock.advance(29_999);
    await started.get();
    expect(tokensAsked(started)).toBe(1);
    started.clock.advance(1);
    await started.get();
    expect(tokensAsked(started)).toBe(2);
  });

  it('that was revoked is asked for anew, and the POST sent again, once', async () => {
    await using opened = await startOAuth();
    const { started } = opened;
    await started.get();
    started.simulator.addFault({ times: 1, match: { method: 'POST', table: 'incident' }, action: { status: 401 } });
    const asked = counter();
    await started.post(asked.count);
    expect([tokensAsked(started), asked.times(), started.simulator.records('incident').length]).toEqual([2, 2, 1]);
  });

  it('that is refused when it is new is an error: nothing was done, nothing is sent a third time', async () => {
    await using opened = await startOAuth();
    const { started } = opened;
    started.simulator.addFault({ match: { table: 'incident' }, action: { status: 401 } });
    const asked = counter();
    const error = await failureOf(started.post(asked.count));
    expect([error.status, error.execution, error.failure.class]).toEqual([401, 'none', 'hold']);
    expect([asked.times(), callsMade(started), tokensAsked(started)]).toEqual([2, 2, 2]);
    const seen = everythingIn([error, started.log.events]);
    for (const secret of started.secrets()) expect(seen).not.toContain(secret);
  });

  it('is no login to be stopped for: the next call is made', async () => {
    await using opened = await startOAuth();
    const { started } = opened;
    started.simulator.addFault({ times: 2, match: { table: 'sys_user' }, action: { status: 401 } });
    await failureOf(started.get());
    await started.get();
  });
});

describe('a token that could not be had', () => {
  it.concurrent.each([
    ['a reset', { cut: true }, undefined, 'transient'],
    ['silence', { hang: true }, undefined, 'transient'],
    ['hibernation', { body: 'hibernation' }, 200, 'transient'],
    ['maintenance', { body: 'maintenance' }, 503, 'transient'],
    ['too many requests', { status: 429 }, 429, 'transient'],
    ['a redirect', { status: 302, headers: { Location: '/' } }, 302, 'transient'],
    ['an answer without one', { body: {} }, 200, 'transient'],
    ['a page instead of a refusal', { status: 403, body: '<h1>Forbidden</h1>' }, 403, 'transient'],
    ['a refusal', { status: 401, body: { error: 'server_error', error_description: 'access_denied' } }, 401, 'hold'],
    ['a refusal of another release', { status: 400, body: { error: 'invalid_grant' } }, 401, 'hold'],
  ] as const)('%s: the POST it was for has not been made', async (_name, action, status, failureClass) => {
    await using started = await startClient({ grant: 'password', requestTimeoutInMs: 'hang' in action ? 300 : 10_000 });
    started.simulator.addFault({ match: { path: '/oauth_token.do' }, action });
    const error = await failureOf(started.post());
    expect([error.status, error.execution, error.failure.class]).toEqual([status, 'none', failureClass]);
    expect([tokensAsked(started), callsMade(started)]).toEqual([1, 0]);
    const { clientSecret, password } = started.simulator;
    const seen = everythingIn([error, started.log.events]);
    for (const secret of [clientSecret, password]) expect(seen).not.toContain(secret);
  });

  it('is asked for again by the next call', async () => {
    await using started = await startClient({ grant: 'password' });
    started.simulator.addFault({ times: 1, match: { path: '/oauth_token.do' }, action: { status: 503 } });
    await failureOf(started.get());
    await started.get();
    expect([tokensAsked(started), callsMade(started)]).toEqual([2, 1]);
  });

  it('when a token is to be renewed leaves the POST undone', async () => {
    await using started = await startClient({ grant: 'password' });
    await started.get();
    started.simulator.addFault({ match: { table: 'incident' }, action: { status: 401 } });
    started.simulator.addFault({ match: { path: '/oauth_token.do' }, action: { status: 503 } });
    const error = await failureOf(started.post());
    expect([error.status, error.execution, error.failure.class]).toEqual([503, 'none', 'transient']);
  });
});
