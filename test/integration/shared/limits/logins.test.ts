import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import type { Logins } from '../../../../shared/limits/logins.ts';
import { startInstances } from './start-instances.ts';

const LOGIN = 'https://x.service-now.com api.user';

/** Looks again until `reached` holds for what an instance knows; what it knows may be as old as the test lets it. */
async function eventually<T>(look: () => Promise<T>, reached: (state: T) => boolean): Promise<T> {
  const until = performance.now() + 10_000;
  for (;;) {
    const state = await look();
    if (reached(state)) return state;
    if (performance.now() > until) throw new Error(`It did not come about: ${JSON.stringify(state)}`);
    await sleep(20);
  }
}

async function pair(options: Parameters<typeof startInstances>[1] = {}) {
  const started = await startInstances(2, options);
  const [one, other] = started.instances;
  if (!one || !other) throw new Error('Expected two instances');
  return { one, other, started, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

describe.concurrent('a refused login', () => {
  it('is stopped for every instance, with the version that was refused', async () => {
    await using both = await pair();
    expect(await both.other.stopped(LOGIN)).toBeUndefined();
    await both.one.refused(LOGIN, 'v1');
    const stop = await eventually(
      () => both.other.stopped(LOGIN),
      (known) => known !== undefined,
    );
    expect(stop).toMatchObject({ login: LOGIN, versions: ['v1'], failures: 1, isReleased: false });
    expect(await both.other.stopped('https://x.service-now.com other.user')).toBeUndefined();
  });

  it('is counted by all instances together, none of ten at once lost', async () => {
    await using started = await startInstances(5);
    const refusals = started.instances.map((logins, index) =>
      logins.refused(LOGIN, `v${index}`).catch(() => undefined),
    );
    await Promise.all(refusals);
    const counted = await started.instances[0]?.all();
    expect(counted?.map(({ failures, versions }) => [failures, versions.length])).toEqual([[5, 5]]);
  });

  it('is free again for every instance once one was accepted, and counted anew', async () => {
    await using both = await pair();
    await both.one.refused(LOGIN, 'v1');
    await both.one.refused(LOGIN, 'v2');
    const turn = await both.other.takeTurn(LOGIN, 'v3', 0);
    if (turn.kind === 'turn') await turn.accepted();
    await eventually(
      () => both.one.stopped(LOGIN),
      (stop) => stop === undefined,
    );
    expect((await both.one.refused(LOGIN, 'v4')).failures).toBe(1);
  });

  it('stays stopped for the instance that could not write it down, and counts when it can', async () => {
    await using both = await pair();
    const lonely = await both.started.unreachable();
    const stop = await lonely.refused(LOGIN, 'v1');
    expect(stop).toMatchObject({ versions: ['v1'], failures: 1 });
    await expect(lonely.stopped(LOGIN)).rejects.toBeInstanceOf(UnavailableError);
    await expect(lonely.takeTurn(LOGIN, 'v2', 0)).rejects.toBeInstanceOf(UnavailableError);
  });
});

describe.concurrent('the turn to try again', () => {
  it('is nobody’s while the login is not stopped', async () => {
    await using both = await pair();
    expect(await both.one.takeTurn(LOGIN, 'v1', 0)).toEqual({ kind: 'free' });
  });

  it('goes to one instance of many, and to the next when that one is done', async () => {
    await using started = await startInstances(6);
    await started.instances[0]?.refused(LOGIN, 'v1');
    const turns = await Promise.all(started.instances.map((logins) => logins.takeTurn(LOGIN, 'v2', 0)));
    expect(turns.map(({ kind }) => kind).toSorted()).toEqual(['busy', 'busy', 'busy', 'busy', 'busy', 'turn']);
    for (const turn of turns) if (turn.kind === 'turn') await turn.end();
    expect((await started.instances[1]?.takeTurn(LOGIN, 'v2', 0))?.kind).toBe('turn');
  });

  it('is not given after the fourth refusal, until an operator allows one more', async () => {
    await using both = await pair();
    for (const version of ['v1', 'v2', 'v3', 'v4']) await both.one.refused(LOGIN, version);
    expect(await both.other.takeTurn(LOGIN, 'v5', 0)).toMatchObject({ kind: 'exhausted', stop: { failures: 4 } });
    expect(await both.one.release(LOGIN)).toBe(true);
    expect(await both.other.takeTurn(LOGIN, 'v4', 0)).toMatchObject({ kind: 'turn', stop: { isReleased: true } });
    await both.other.refused(LOGIN, 'v4');
    expect(await both.one.takeTurn(LOGIN, 'v5', 0)).toMatchObject({ kind: 'exhausted', stop: { failures: 5 } });
  });

  it('ends with a refusal or a success, and ending it again changes nothing', async () => {
    await using both = await pair();
    await both.one.refused(LOGIN, 'v1');
    const turn = await both.one.takeTurn(LOGIN, 'v2', 0);
    await both.one.refused(LOGIN, 'v2');
    if (turn.kind === 'turn') await turn.end();
    expect(await both.other.takeTurn(LOGIN, 'v3', 0)).toMatchObject({ kind: 'turn', stop: { versions: ['v1', 'v2'] } });
  });

  it('is nothing to release where no login is stopped', async () => {
    await using both = await pair();
    expect(await both.one.release(LOGIN)).toBe(false);
  });
});

/** Uses the login's password as long as `uses` lasts, and notes how many did so at once. */
async function useAll(instances: readonly Logins[], limit: number, uses: number, holdInMs: number) {
  let left = uses;
  let inUse = 0;
  let most = 0;
  const worker = async (logins: Logins) => {
    while (left > 0) {
      left -= 1;
      const permit = await logins.acquire(LOGIN, limit, 20_000);
      if (!permit) throw new Error('Expected a permit in time');
      inUse += 1;
      most = Math.max(most, inUse);
      await sleep(holdInMs);
      inUse -= 1;
      permit.release();
    }
  };
  await Promise.all(instances.flatMap((logins) => [worker(logins), worker(logins), worker(logins)]));
  return most;
}

describe.concurrent('permits for a password', () => {
  it('are never more than three over four instances, and all are used', async () => {
    await using started = await startInstances(4);
    expect(await useAll(started.instances, 3, 60, 30)).toBe(3);
  });

  it('are one where a token is asked for', async () => {
    await using started = await startInstances(3);
    expect(await useAll(started.instances, 1, 12, 20)).toBe(1);
  });

  it('come to whoever waits although another instance is busy all the time', async () => {
    await using both = await pair();
    let isDone = false;
    const greedy = async () => {
      while (!isDone) {
        const permit = await both.one.acquire(LOGIN, 1, 20_000);
        await sleep(10);
        permit?.release();
      }
    };
    const working = [greedy(), greedy()];
    const permit = await both.other.acquire(LOGIN, 1, 20_000);
    isDone = true;
    permit?.release();
    await Promise.all(working);
    expect(permit).toBeDefined();
  });

  it('are not given in time where others keep theirs', async () => {
    await using both = await pair({ longestCallInMs: 10_000 });
    const kept = await both.one.acquire(LOGIN, 1, 5_000);
    expect(await both.other.acquire(LOGIN, 1, 600)).toBeUndefined();
    kept?.release();
    expect(await both.other.acquire(LOGIN, 1, 20_000)).toBeDefined();
  });

  it('of an instance that is gone come back by themselves, and not before its last call is over', async () => {
    await using both = await pair({ maxAgeInMs: 500, longestCallInMs: 1_500 });
    // Never released: as if the process had been killed.
    await both.one.acquire(LOGIN, 1, 5_000);
    const takenAt = performance.now();
    expect(await both.other.acquire(LOGIN, 1, 20_000)).toBeDefined();
    expect(performance.now() - takenAt).toBeGreaterThan(2_000);
  });

  it('stay taken for a while where that is asked for', async () => {
    await using both = await pair();
    const permit = await both.one.acquire(LOGIN, 1, 5_000);
    permit?.release(400);
    permit?.release();
    expect(await both.one.acquire(LOGIN, 1, 100)).toBeUndefined();
    expect(await both.one.acquire(LOGIN, 1, 5_000)).toBeDefined();
  });

  it('are refused to all who wait when the table can not be reached', async () => {
    await using both = await pair();
    const lonely = await both.started.unreachable();
    const asked = await Promise.allSettled([lonely.acquire(LOGIN, 3, 5_000), lonely.acquire(LOGIN, 3, 5_000)]);
    expect(asked.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof UnavailableError)).toEqual(
      [true, true],
    );
  });
});
