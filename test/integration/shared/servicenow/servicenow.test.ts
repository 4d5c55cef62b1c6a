import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../shared/clock.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { makePermits } from '../../../../shared/limits/permits.ts';
import { memoryTable } from '../../../unit/shared/limits/memory-table.ts';
import { counter } from './counter.ts';
import { everythingIn } from './everything-in.ts';
import { failureOf } from './failure-of.ts';
import { type ClientOptions, type StartedClient, startClient } from './start-client.ts';

/** How old settings may be when a stopped login is looked at again. */
const LOOKED_AT_AGAIN_AFTER_IN_MS = 10_000;

const bodyless = { status: 429, headers: {} } as const;
const post = { method: 'POST', table: 'incident' } as const;

describe('a 429', () => {
  it('is followed by the same POST, which was not carried out, up to three sends', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, times: 2, action: bodyless });
    const asked = counter();
    await started.post(asked.count);
    expect([asked.times(), started.sends.length, started.simulator.records('incident').length]).toEqual([3, 3, 1]);
  });

  it('at the third send is a failure after which nothing was done', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, action: bodyless });
    const asked = counter();
    const error = await failureOf(started.post(asked.count));
    expect([error.status, error.execution, error.failure]).toEqual([429, 'none', { class: 'transient' }]);
    expect([asked.times(), started.sends.length]).toEqual([3, 3]);
    const seen = everythingIn([error, started.log.events]);
    for (const secret of started.secrets()) expect(seen).not.toContain(secret);
  });

  it('without headers is waited out for longer each time', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, action: bodyless });
    const sentAt: number[] = [];
    await failureOf(started.post(() => void sentAt.push(started.clock.monotonicInMs())));
    expect(sentAt).toEqual([0, 500, 1500]);
  });

  it('is waited out as long as it says, up to five seconds', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, times: 1, action: { status: 429, headers: { 'Retry-After': '5' } } });
    const sentAt: number[] = [];
    await started.post(() => void sentAt.push(started.clock.monotonicInMs()));
    expect(sentAt).toEqual([0, 5_000]);
  });

  it('that asks for more is left to the queue, with the time it asks for', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, action: { status: 429, headers: { 'Retry-After': '6' } } });
    const error = await failureOf(started.post());
    expect([error.execution, error.failure]).toEqual(['none', { class: 'transient', retryAfterInSeconds: 6 }]);
    expect([started.sends.length, started.clock.monotonicInMs()]).toEqual([1, 0]);
  });

  it('counts the send that an expired token took', async () => {
    await using started = await startClient({ grant: 'password' });
    started.simulator.addFault({ match: post, times: 1, action: { status: 401 } });
    started.simulator.addFault({ match: post, action: bodyless });
    const asked = counter();
    await failureOf(started.post(asked.count));
    expect(asked.times()).toBe(3);
  });

  it('may come as a page too', async () => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, times: 1, action: { status: 429, body: '<h1>Too Many Requests</h1>' } });
    await started.post();
    expect(started.sends.length).toBe(2);
  });

  it.each([
    ['another case', (login: string) => login.toUpperCase()],
    ['the same case', (login: string) => login],
  ])('are one account to ServiceNow, and its failures one count, with its name in %s', async (_name, write) => {
    await using started = await startClient();
    const { login, server } = started.simulator;
    for (let round = 1; round <= 4; round += 1) {
      started.change({ Password: `wrong-${round}` });
      started.change({ Server: server, Login: write(login), Password: `wrong-too-${round}` }, 'Exports');
      started.clock.advance(300_000);
      for (const connection of ['Tickets', 'Exports']) {
        await started
          .open(connection)
          .then(({ tables }) => tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 }))
          .catch(() => {});
      }
    }
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([4, 4]);
  });
});

describe('orders that wait for a stopped login', () => {
  it('have its settings read once for all of them, and send nothing', async () => {
    await using started = await startClient({ settings: { Password: 'wrong' } });
    await failureOf(started.post());
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    const [reads, sends] = [started.reads(), started.sends.length];
    for (let order = 0; order < 200; order += 1) await holdOf(started.open());
    expect([started.reads() - reads, started.sends.length - sends]).toEqual([1, 0]);
  });

  it('are not tried after a release with what was read before it', async () => {
    await using started = await startClient({ settings: { Password: 'wrong' } });
    await failureOf(started.post());
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    await holdOf(started.open());
    started.change({ Password: started.simulator.password });
    await started.logins.release(`${started.simulator.url} ${started.simulator.login}`);
    expect((await holdOf(started.open())).failure).toMatchObject({ class: 'hold', retryAfterInSeconds: 5 });
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([1, 1]);
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    await started.post();
    expect(started.simulator.mostFailedLogins).toBe(1);
  });

  it('are told of an operator’s release, and then one try is made with what is there by then', async () => {
    await using started = await startClient({ settings: { Password: 'wrong-1' } });
    for (let version = 1; version <= 4; version += 1) {
      started.change({ Password: `wrong-${version}` });
      started.clock.advance(300_000);
      await failureOf(started.post()).catch(() => {});
    }
    started.change({ Password: started.simulator.password });
    started.clock.advance(300_000);
    expect((await holdOf(started.open())).message).toContain('4 times; one more locks the account');
    expect(started.simulator.mostFailedLogins).toBe(4);
    expect(await started.logins.release(`${started.simulator.url} ${started.simulator.login}`)).toBe(true);
    await started.post();
    expect([started.simulator.mostFailedLogins, started.simulator.failedLogins(started.simulator.login)]).toEqual([
      4, 0,
    ]);
  });
});

describe('who sends', () => {
  it.each([0, 1, 2])('may forbid it after %i sends, and its reason is what the caller gets', async (allowed) => {
    await using started = await startClient();
    started.simulator.addFault({ match: post, times: 2, action: bodyless });
    const reason = new HoldError('x', 'The claim ends too soon');
    let asked = 0;
    const call = started.post(() => {
      asked += 1;
      if (asked > allowed) throw reason;
    });
    await expect(call).rejects.toBe(reason);
    expect([started.sends.length, started.simulator.records('incident').length]).toEqual([allowed, 0]);
  });

  it('may forbid the send that would follow the renewal of a token', async () => {
    await using started = await startClient({ grant: 'client_credentials' });
    started.simulator.addFault({ match: post, action: { status: 401 } });
    let asked = 0;
    const call = started.post(() => {
      asked += 1;
      if (asked === 2) throw new HoldError('x', 'The claim ends too soon');
    });
    await expect(call).rejects.toThrow('The claim ends too soon');
    expect(started.sends.filter(({ path }) => path.includes('/incident')).length).toBe(1);
  });
});

describe('the number of calls at once', () => {
  const limitOf = async (options: ClientOptions) => {
    await using started = await startClient(options);
    const { concurrencyLimit } = await started.open();
    await started.open();
    return [concurrencyLimit, started.log.events.filter(({ event }) => event === 'settings.warning').length];
  };

  it.each([
    ['2', 2, 0],
    ['3', 3, 0],
    ['4', 3, 1],
    ['64', 3, 1],
  ])('is %s by settings and %i with Basic, with %i warnings', async (ConcurrencyLimit, limit, warnings) => {
    expect(await limitOf({ settings: { ConcurrencyLimit } })).toEqual([limit, warnings]);
  });

  it('is what settings say with OAuth', async () => {
    expect(await limitOf({ grant: 'password', settings: { ConcurrencyLimit: '16' } })).toEqual([16, 0]);
  });

  it.each([
    ['three with Basic, whoever makes them', {}, 3],
    ['sixteen and more with a token', { grant: 'password' }, 16],
  ] as const)('in flight is %s', async (_name, options, inFlight) => {
    await using started = await startClient({
      ...options,
      settings: { ConcurrencyLimit: '16' },
      simulator: { latencyInMs: 200 },
    });
    await Promise.all(Array.from({ length: 16 }, () => started.get()));
    expect(started.simulator.maxInFlight).toBe(inFlight);
  });

  it('is counted by the host and its port', async () => {
    await using started = await startClient();
    expect((await started.open()).host).toBe(new URL(started.simulator.url).host);
  });
});

/** Thirty workers at once, each with a permit for its call, as the use cases make theirs. */
async function thirtyCalls(started: StartedClient): Promise<PromiseSettledResult<unknown>[]> {
  const permits = makePermits({
    table: memoryTable(),
    clock: systemClock,
    random: Math.random,
    log: started.log,
    maxAgeInMs: 15_000,
    longestCallInMs: 1_000,
  });
  const one = async () => {
    const { host, concurrencyLimit, tables } = await started.open();
    const permit = await permits.acquire(host, concurrencyLimit, 10_000, 'order');
    try {
      return await tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 });
    } finally {
      permit?.release();
    }
  };
  return Promise.allSettled(Array.from({ length: 30 }, one));
}

const failuresOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.filter(({ status }) => status === 'rejected').length;

/** The failure of opening a connection whose login is stopped. */
async function holdOf(opening: Promise<unknown>): Promise<HoldError> {
  const outcome = await opening.then(
    () => 'a success',
    (error: unknown) => error,
  );
  if (outcome instanceof HoldError) return outcome;
  throw new Error('Expected a HoldError', { cause: outcome });
}

describe.each([
  { way: 'Basic', options: {}, triesAtFirst: 3 },
  { way: 'OAuth by password', options: { grant: 'password' }, triesAtFirst: 1 },
] as const)('a password that is refused, with $way', ({ options, triesAtFirst }) => {
  const startRefused = async () => {
    const started = await startClient({
      ...options,
      simulator: { latencyInMs: 20 },
      settings: { ConcurrencyLimit: '30' },
    });
    started.simulator.setPassword(started.simulator.login, 'changed-by-a-person');
    // Long enough for others to be sent before the first is refused.
    started.simulator.addFault({ times: triesAtFirst, action: { delayInMs: 500 } });
    return started;
  };

  it('stops the login: nothing was done, and nothing more leaves, through what is open neither', async () => {
    await using started = await startRefused();
    const instance = await started.open();
    const error = await failureOf(started.post());
    expect([error.status, error.execution, error.failure]).toEqual([
      401,
      'none',
      { class: 'hold', scope: 'connection Tickets', retryAfterInSeconds: 5 },
    ]);
    const stopped = await failureOf(instance.tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 }));
    expect([stopped.execution, stopped.failure.class]).toEqual(['none', 'hold']);
    const hold = await holdOf(started.open());
    expect(hold.message).toContain('check user and password, and whether the account is locked');
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([1, 1]);
    const errors = started.log.events.filter(({ level }) => level === 'error');
    expect(errors.map(({ event }) => event)).toEqual(['login.refused']);
    const seen = everythingIn([error, stopped, hold, started.log.events]);
    for (const secret of started.secrets()) expect(seen).not.toContain(secret);
  });

  it('is in flight three times at most, however many workers there are', async () => {
    await using started = await startRefused();
    expect(failuresOf(await thirtyCalls(started))).toBe(30);
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([triesAtFirst, triesAtFirst]);
  });

  it('is never tried again while its version stays, and its source is not asked all the time', async () => {
    await using started = await startRefused();
    await thirtyCalls(started);
    const tries = started.sends.length;
    const reads = started.reads();
    expect(failuresOf(await thirtyCalls(started))).toBe(30);
    expect(started.reads()).toBe(reads);
    for (let round = 1; round <= 5; round += 1) {
      started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
      expect(failuresOf(await thirtyCalls(started))).toBe(30);
      expect(started.reads()).toBe(reads + round);
    }
    expect(started.sends.length).toBe(tries);
  });

  it('gets one try with another version, made by one for all, and four failures at most', async () => {
    await using started = await startRefused();
    await thirtyCalls(started);
    for (let version = 1; version <= 6; version += 1) {
      const tries = started.sends.length;
      started.change({ Password: `still-wrong-${version}` });
      started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
      expect(failuresOf(await thirtyCalls(started))).toBe(30);
      expect(started.sends.length).toBe(tries + (triesAtFirst + version <= 4 ? 1 : 0));
    }
    expect(started.simulator.mostFailedLogins).toBe(4);
    const hold = await holdOf(started.open());
    expect(hold.message).toContain('4 times; one more locks the account');
    const seen = everythingIn([hold, started.log.events]);
    for (const secret of started.secrets()) expect(seen).not.toContain(secret);
  });

  it('works again after its rotation: one try, then everybody', async () => {
    await using started = await startRefused();
    await thirtyCalls(started);
    const { sends, simulator } = started;
    const tries = sends.length;
    started.change({ Password: 'changed-by-a-person' });
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    expect(failuresOf(await thirtyCalls(started))).toBe(0);
    // One probe, before which nobody else sends; with OAuth, the token it took serves all.
    const probe = options.grant === undefined ? 1 : 2;
    expect(sends.length).toBe(tries + probe + 30);
    expect([simulator.failedLogins(simulator.login), simulator.mostFailedLogins]).toEqual([0, triesAtFirst]);
    const events = started.log.events.map(({ event }) => event);
    expect(events.filter((event) => event === 'login.restored')).toEqual(['login.restored']);
  });

  it('counts its failures anew after a success', async () => {
    await using started = await startRefused();
    for (const round of [1, 2, 3]) {
      started.simulator.setPassword(started.simulator.login, `right-${round}`);
      started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
      await thirtyCalls(started);
      started.change({ Password: `right-${round}` });
      started.clock.advance(300_000);
      expect(failuresOf(await thirtyCalls(started))).toBe(0);
    }
    expect(started.simulator.mostFailedLogins).toBeLessThanOrEqual(3);
  });

  it('stays stopped while the try finds nobody there, and is tried again after', async () => {
    await using started = await startRefused();
    await thirtyCalls(started);
    started.change({ Password: 'changed-by-a-person' });
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    const remove = started.simulator.addFault({ action: { status: 503 } });
    const failed = await failureOf(started.open());
    expect([failed.status, failed.failure.class]).toEqual([503, 'transient']);
    remove();
    await started.get();
  });

  it('is not sent through what was opened before, when the settings changed without a refusal', async () => {
    await using started = await startClient(options);
    await started.get();
    started.simulator.setPassword(started.simulator.login, 'rotated');
    started.change({ Password: 'rotated' });
    started.clock.advance(300_000);
    await started.get();
    await started.post();
    expect(started.simulator.mostFailedLogins).toBe(0);
  });
});

describe('a client secret that is refused', () => {
  it('stops the client until it has another version', async () => {
    await using started = await startClient({
      grant: 'client_credentials',
      settings: { ClientSecret: 'wrong-client-secret' },
    });
    const error = await failureOf(started.post());
    expect([error.status, error.execution, error.failure.class]).toEqual([401, 'none', 'hold']);
    expect(failuresOf(await thirtyCalls(started))).toBe(30);
    expect(started.sends.length).toBe(1);
    started.change({ ClientSecret: started.simulator.clientSecret });
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    await started.post();
    const seen = everythingIn([error, started.log.events]);
    for (const secret of ['wrong-client-secret', ...started.secrets()]) expect(seen).not.toContain(secret);
  });
});

describe('two connections of one login', () => {
  it('try a refused password once each', async () => {
    await using started = await startClient();
    const { login, server, password } = started.simulator;
    started.change({ Server: server, Login: login, Password: password }, 'Exports');
    started.simulator.setPassword(login, 'changed-by-a-person');
    for (let round = 1; round <= 5; round += 1) {
      for (const connection of ['Tickets', 'Exports']) {
        await started
          .open(connection)
          .then(({ tables }) => tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 }))
          .catch(() => {});
      }
      started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    }
    expect(started.sends.length).toBe(2);
  });

  it.each([
    ['another case', (login: string) => login.toUpperCase()],
    ['the same case', (login: string) => login],
  ])('are one account to ServiceNow, and its failures one count, with its name in %s', async (_name, write) => {
    await using started = await startClient();
    const { login, server } = started.simulator;
    for (let round = 1; round <= 4; round += 1) {
      started.change({ Password: `wrong-${round}` });
      started.change({ Server: server, Login: write(login), Password: `wrong-too-${round}` }, 'Exports');
      started.clock.advance(300_000);
      for (const connection of ['Tickets', 'Exports']) {
        await started
          .open(connection)
          .then(({ tables }) => tables.list('sys_user', { where: [], fields: ['sys_id'], limit: 1 }))
          .catch(() => {});
      }
    }
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([4, 4]);
  });
});

describe('orders that wait for a stopped login', () => {
  it('have its settings read once for all of them, and send nothing', async () => {
    await using started = await startClient({ settings: { Password: 'wrong' } });
    await failureOf(started.post());
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    const [reads, sends] = [started.reads(), started.sends.length];
    for (let order = 0; order < 200; order += 1) await holdOf(started.open());
    expect([started.reads() - reads, started.sends.length - sends]).toEqual([1, 0]);
  });

  it('are not tried after a release with what was read before it', async () => {
    await using started = await startClient({ settings: { Password: 'wrong' } });
    await failureOf(started.post());
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    await holdOf(started.open());
    started.change({ Password: started.simulator.password });
    await started.logins.release(`${started.simulator.url} ${started.simulator.login}`);
    expect((await holdOf(started.open())).failure).toMatchObject({ class: 'hold', retryAfterInSeconds: 5 });
    expect([started.sends.length, started.simulator.mostFailedLogins]).toEqual([1, 1]);
    started.clock.advance(LOOKED_AT_AGAIN_AFTER_IN_MS);
    await started.post();
    expect(started.simulator.mostFailedLogins).toBe(1);
  });

  it('are told of an operator’s release, and then one try is made with what is there by then', async () => {
    await using started = await startClient({ settings: { Password: 'wrong-1' } });
    for (let version = 1; version <= 4; version += 1) {
      started.change({ Password: `wrong-${version}` });
      started.clock.advance(300_000);
      await failureOf(started.post()).catch(() => {});
    }
    started.change({ Password: started.simulator.password });
    started.clock.advance(300_000);
    expect((await holdOf(started.open())).message).toContain('4 times; one more locks the account');
    expect(started.simulator.mostFailedLogins).toBe(4);
    expect(await started.logins.release(`${started.simulator.url} ${started.simulator.login}`)).toBe(true);
    await started.post();
    expect([started.simulator.mostFailedLogins, started.simulator.failedLogins(started.simulator.login)]).toEqual([
      4, 0,
    ]);
  });
});
