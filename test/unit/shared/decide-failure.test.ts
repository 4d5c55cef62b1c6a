import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideFailure, type FailedWork } from '../../../shared/decide-failure.ts';
import { type Failure, failureOf, HoldError, PermanentError, UnavailableError } from '../../../shared/errors.ts';

const config = {
  deferral: { firstInMs: 30_000, longestInMs: 3_600_000, limitInMs: 5 * 86_400_000 },
  holdInMs: 900_000,
};
const FIVE_DAYS_IN_SECONDS = 5 * 86_400;
/** `random: 0.5` spreads nothing. */
const fresh: FailedWork = {
  attempt: 0,
  waitedSeconds: 0,
  othersSucceed: true,
  sameRefusals: 0,
  isProbe: false,
  random: 0.5,
};

const decide = (error: unknown, work: Partial<FailedWork> = {}) =>
  decideFailure(error, failureOf(error), { ...fresh, ...work }, config);

describe('decideFailure, of a transient failure', () => {
  const error = new UnavailableError('Storage is away');

  it.each([
    [0, 30],
    [1, 60],
    [2, 120],
    [6, 1920],
    [7, 3600],
    [40, 3600],
    [5_000, 3600],
  ])('after %i attempts defers by %i seconds: doubled each time, up to an hour', (attempt, delayInSeconds) => {
    expect(decide(error, { attempt })).toEqual({ kind: 'defer', delayInSeconds, reason: 'Storage is away' });
  });

  it.each([
    [0, 22.5],
    [1, 37.5],
  ])('spreads the delay by a quarter to either side (random %f)', (random, delayInSeconds) => {
    expect(decide(error, { random })).toMatchObject({ delayInSeconds });
  });

  it('waits no less than the other side asks for, and no less than its own delay', () => {
    expect(decide(new UnavailableError('x', { retryAfterInSeconds: 3_000 }))).toMatchObject({ delayInSeconds: 3_000 });
    expect(decide(new UnavailableError('x', { retryAfterInSeconds: 1 }))).toMatchObject({ delayInSeconds: 30 });
  });

  it('waits an hour at most, however much longer the other side asks for', () => {
    for (const retryAfterInSeconds of [604_800, 99_999_999_999_999]) {
      expect(decide(new UnavailableError('x', { retryAfterInSeconds }))).toMatchObject({ delayInSeconds: 3_600 });
    }
  });

  it('goes on until the limit of days', () => {
    expect(decide(error, { waitedSeconds: FIVE_DAYS_IN_SECONDS - 1 })).toMatchObject({ kind: 'defer' });
  });

  it('at the limit gives up the order that alone keeps failing, and says after how long', () => {
    expect(decide(error, { waitedSeconds: FIVE_DAYS_IN_SECONDS })).toEqual({
      kind: 'reject',
      reason: 'Storage is away; given up after 120 hours of tries',
    });
  });

  it('at the limit holds it while the others fail too: an outage never poisons', () => {
    expect(decide(error, { waitedSeconds: FIVE_DAYS_IN_SECONDS, othersSucceed: false })).toEqual({
      kind: 'hold',
      delayInSeconds: 900,
      reason: 'Storage is away',
    });
  });

  it('is no refusal, however many refusals came before', () => {
    expect(decide(error, { sameRefusals: 9 })).toMatchObject({ kind: 'defer' });
  });
});

describe('decideFailure, of a hold', () => {
  const error = new HoldError('connection Help', 'Login refused');

  it('puts back for 15 minutes, whatever the age and the attempts', () => {
    const hold = { kind: 'hold', delayInSeconds: 900, reason: 'Login refused' };
    expect(decide(error)).toEqual(hold);
    expect(decide(error, { attempt: 99, waitedSeconds: 10 * FIVE_DAYS_IN_SECONDS })).toEqual(hold);
  });

  it.each([
    [5, 5],
    [0, 0],
    [86_400, 900],
  ])('asked to come back in %i seconds, comes back in %i', (retryAfterInSeconds, delayInSeconds) => {
    const failure: Failure = { class: 'hold', scope: 'connection Help', retryAfterInSeconds };
    expect(decideFailure(error, failure, fresh, config)).toMatchObject({ kind: 'hold', delayInSeconds });
  });
});

describe('decideFailure, of a permanent failure', () => {
  const error = new PermanentError('No mapping');

  it.each([0, 1, 4])('rejects at once with its reason (the same refusal %i times running)', (sameRefusals) => {
    expect(decide(error, { sameRefusals })).toEqual({ kind: 'reject', reason: 'No mapping' });
  });

  it.each([5, 6])('holds when the same refusal came %i times running: it is not the orders', (sameRefusals) => {
    expect(decide(error, { sameRefusals })).toEqual({ kind: 'hold', delayInSeconds: 900, reason: 'No mapping' });
  });
});

describe('decideFailure, of a bug', () => {
  it.each([new TypeError('x is undefined'), 'x', undefined])('leaves %s to the platform, however old it is', (bug) => {
    expect(decide(bug)).toEqual({ kind: 'throw' });
    expect(decide(bug, { waitedSeconds: 2 * FIVE_DAYS_IN_SECONDS, sameRefusals: 7 })).toEqual({ kind: 'throw' });
  });
});

it('decideFailure never delays by less than nothing, nor by what is no number', () => {
  const failure: fc.Arbitrary<Failure> = fc.oneof(
    fc.record(
      { class: fc.constant('transient' as const), retryAfterInSeconds: fc.nat() },
      { requiredKeys: ['class'], noNullPrototype: true },
    ),
    fc.constant<Failure>({ class: 'hold', scope: 'x' }),
    fc.constant<Failure>({ class: 'permanent' }),
  );
  const work: fc.Arbitrary<FailedWork> = fc.record({
    attempt: fc.nat(),
    waitedSeconds: fc.nat(),
    othersSucceed: fc.boolean(),
    sameRefusals: fc.nat(10),
    isProbe: fc.boolean(),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(failure, work, (of, what) => {
      const decision = decideFailure(new Error('x'), of, what, config);
      if (decision.kind === 'defer' || decision.kind === 'hold') {
        expect(Number.isFinite(decision.delayInSeconds)).toBe(true);
        expect(decision.delayInSeconds).toBeGreaterThan(0);
      }
      if (decision.kind === 'hold') expect(decision.delayInSeconds).toBeLessThanOrEqual(900);
    }),
  );
});
